"""The trainer against a plain loop, written as in the tutorials, of the same networks."""

import copy

import pytest
import torch
import torch.nn.functional as F

from gan_lab.data import Batches

BATCH, DIM, ROUNDS = 8, 6, 4


def bce(scores, label):
    return F.binary_cross_entropy(torch.sigmoid(scores), torch.full_like(scores, label))


LOSSES = {
    "non-saturating": (
        lambda real, fake: bce(real, 1.0) + bce(fake, 0.0),
        lambda fake: bce(fake, 1.0),
    ),
    "least-squares": (
        lambda r, f: F.mse_loss(r, torch.ones_like(r)) / 2 + F.mse_loss(f, torch.zeros_like(f)) / 2,
        lambda f: F.mse_loss(f, torch.ones_like(f)) / 2,
    ),
    "hinge": (
        lambda r, f: (
            -torch.min(r - 1, torch.tensor(0.0)).mean()
            - torch.min(-f - 1, torch.tensor(0.0)).mean()
        ),
        lambda f: -f.mean(),
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_same_weights_as_a_plain_loop(trainer, digits, loss):
    ours = trainer({
        "objective.loss": loss, "optim.g.lr": 1e-3, "optim.d.lr": 2e-3,
        "regularisation.ema_images": 40, "regularisation.ema_rampup": 1.0,
    })  # fmt: skip
    g, d = (copy.deepcopy(ours.game.players[name].network) for name in "GD")
    average = copy.deepcopy(g)
    chance = torch.Generator()
    chance.set_state(ours.streams["z"].get_state())
    real = Batches(digits, BATCH, 0, "tanh", torch.device("cpu"))
    for_g = torch.optim.Adam(g.parameters(), 1e-3, (0.5, 0.999))
    for_d = torch.optim.Adam(d.parameters(), 2e-3, (0.5, 0.999))
    d_loss, g_loss = LOSSES[loss]
    losses = []
    for step in range(1, ROUNDS + 1):
        fake = g(torch.randn(BATCH, DIM, generator=chance))
        value_d = d_loss(d(real.draw().x), d(fake.detach()))
        for_d.zero_grad()
        value_d.backward()
        for_d.step()

        value_g = g_loss(d(g(torch.randn(BATCH, DIM, generator=chance))))
        for_g.zero_grad()
        value_g.backward()
        for_g.step()
        losses.append((value_d.item(), value_g.item()))

        half_life = min(40, step * BATCH)
        kept = 2.0 ** (-BATCH / half_life)
        pairs = zip(average.state_dict().values(), g.state_dict().values(), strict=True)
        for shown, now in pairs:
            if shown.is_floating_point():
                shown.copy_(kept * shown + (1 - kept) * now)
        ours.round()

    rows = ours.flush()[:, :2]
    torch.testing.assert_close(torch.tensor(losses), torch.from_numpy(rows), rtol=1e-4, atol=1e-5)
    for plain, player in ((g, ours.game.players["G"]), (d, ours.game.players["D"])):
        for a, b in zip(plain.parameters(), player.network.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=2e-5)
    shown = ours.game.players["G"].shown
    for a, b in zip(average.parameters(), shown.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=2e-5)
