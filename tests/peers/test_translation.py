"""pix2pix and CycleGAN against plain loops, written from the papers, of the same networks."""

import copy
import random

import pytest
import torch
import torch.nn.functional as F

from gan_lab.config import RunConfig, put
from gan_lab.data import Batches, Pictures
from gan_lab.games.pool import Pool
from gan_lab.training.trainer import Trainer

ROUNDS, BATCH = 4, 3
SMALL = {
    "objective.share_fakes": True,
    "networks.g.width": 4,
    "networks.g.blocks": 1,
    "networks.g.norm": "instance",
    "networks.d.family": "patch",
    "networks.d.norm": "instance",
    "networks.d.width": 4,
    "training.batch": BATCH,
    "training.grid": 1,
    "training.threads": 1,
}


def trainer(changes):
    chance = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (16, 3, 32, 32), generator=chance, dtype=torch.uint8)
    pictures = Pictures("two", images, torch.tensor([0] * 8 + [1] * 8), ("a", "b"))
    t = Trainer(put(RunConfig(), {**SMALL, **changes}), pictures)
    pairs = Batches(pictures, BATCH, 0, "tanh", torch.device("cpu"), changes["data.pairs"])
    return t, pairs


def adam(*networks):
    return torch.optim.Adam([p for n in networks for p in n.parameters()], 2e-4, (0.5, 0.999))


def descend(optimiser, loss):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def same(t, networks):
    for name, plain in networks.items():
        mine = t.game.players[name].network.parameters()
        for a, b in zip(plain.parameters(), mine, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=2e-5)


def test_pix2pix_is_a_plain_loop():
    """Isola et al. 2017, eq. 1 to 4 and §3.3, with the non-saturating form of eq. 1."""
    t, pairs = trainer({
        "objective.game": "paired", "data.pairs": "classes", "objective.pixels": 100.0,
        "networks.g.family": "unet",
    })  # fmt: skip
    g, d = (copy.deepcopy(t.game.players[name].network) for name in "GD")
    for_g, for_d = adam(g), adam(d)
    bce = F.binary_cross_entropy_with_logits
    for _ in range(ROUNDS):
        a, b = pairs.draw_pair()
        fake = g(a)
        real_score, fake_score = d(torch.cat([a, b], 1)), d(torch.cat([a, fake.detach()], 1))
        says = bce(real_score, torch.ones_like(real_score))
        says = says + bce(fake_score, torch.zeros_like(fake_score))
        descend(for_d, 0.5 * says)

        score = d(torch.cat([a, fake], 1))
        descend(for_g, bce(score, torch.ones_like(score)) + 100.0 * (fake - b).abs().mean())
        t.round()
    same(t, {"G": g, "D": d})


@pytest.mark.parametrize("identity", [0.0, 5.0])
def test_cyclegan_is_a_plain_loop(identity):
    """Zhu et al. 2017, §4 (least squares), eq. 2 and 3, §5.2, §7.1; the pool is still filling."""
    t, pairs = trainer({
        "objective.game": "unpaired", "data.pairs": "unpaired", "objective.loss": "least-squares",
        "objective.pool": ROUNDS * BATCH, "networks.g.family": "translate",
        "objective.identity": identity,
        # the house's least squares are half of the paper's; D's scale is nothing to Adam
        "objective.adversarial": 2.0,
    })  # fmt: skip
    names = ("G_ab", "G_ba", "D_a", "D_b")
    players = {name: copy.deepcopy(t.game.players[name].network) for name in names}
    g_ab, g_ba, d_a, d_b = (players[name] for name in names)
    for_g, for_a, for_b = adam(g_ab, g_ba), adam(d_a), adam(d_b)
    for _ in range(ROUNDS):
        a, b = pairs.draw_pair()
        fake_b, fake_a = g_ab(a), g_ba(b)
        loss = ((d_b(fake_b) - 1) ** 2).mean() + ((d_a(fake_a) - 1) ** 2).mean()
        loss = loss + 10.0 * ((g_ba(fake_b) - a).abs().mean() + (g_ab(fake_a) - b).abs().mean())
        loss = loss + identity * ((g_ba(a) - a).abs().mean() + (g_ab(b) - b).abs().mean())
        descend(for_g, loss)
        for d, optimiser, real, fake in ((d_a, for_a, a, fake_a), (d_b, for_b, b, fake_b)):
            says = ((d(real) - 1) ** 2).mean() + (d(fake.detach()) ** 2).mean()
            descend(optimiser, 0.5 * says)
        t.round()
    same(t, players)


class _Reference:
    """The pool as its users' code has it: a list, one picture after the other."""

    def __init__(self, size, chance):
        self.size, self.chance, self.kept = size, chance, []

    def query(self, pictures):
        shown = []
        for picture in pictures:
            if len(self.kept) < self.size:
                self.kept.append(picture)
                shown.append(picture)
            elif self.chance.random() > 0.5:
                place = self.chance.randrange(self.size)
                shown.append(self.kept[place])
                self.kept[place] = picture
            else:
                shown.append(picture)
        return shown


def test_the_pool_s_fakes_are_as_old_as_those_of_a_list():
    """Chance differs, so ages are compared: how long ago a fake was made that is shown."""
    size, count = 20, 6000
    plain = _Reference(size, random.Random(0))
    ours = Pool(size, torch.Generator().manual_seed(0))
    ages = {"plain": [], "ours": []}
    for now in range(count):
        ages["plain"].append(now - plain.query([now])[0])
        shown = ours.exchange(torch.full((1, 1, 1, 1), float(now)))
        ages["ours"].append(now - int(shown.item()))
    late = {who: torch.tensor(one[500:]).float() for who, one in ages.items()}
    # a kept one stays for 2·size rounds on average; half of those shown are new: size on the whole
    for one in late.values():
        assert one.mean().item() == pytest.approx(size, rel=0.12)
        assert (one == 0).float().mean().item() == pytest.approx(0.5, abs=0.03)
