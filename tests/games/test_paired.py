"""pix2pix's round: D sees both pictures, G answers to D and to the pixels."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import Kind, Pictures, domains
from gan_lab.games import Now, Player, apply, game_of, rehearse
from gan_lab.networks import Verdict
from gan_lab.training import checkpoints
from gan_lab.training.trainer import Trainer, config_of

BOTH = frozenset({"D", "G"})
SMALL = {
    "objective.game": "paired",
    "data.pairs": "classes",
    "objective.pixels": 100.0,
    "objective.share_fakes": True,
    "networks.g.family": "unet",
    "networks.g.width": 4,
    "networks.g.norm": "instance",
    "networks.g.dropout": 0.5,
    "networks.d.family": "patch",
    "networks.d.width": 4,
    "networks.d.blocks": 2,
    "training.batch": 4,
    "training.grid": 3,
    "training.checkpoint_seconds": 0.0,
    "training.threads": 1,
}


class Leave(nn.Module):
    """G that leaves pictures as they are."""

    def __init__(self):
        super().__init__()
        self.more = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.more


class Compare(nn.Module):
    """D whose score is how much brighter the second picture is; remembers what it was shown."""

    def __init__(self):
        super().__init__()
        self.more = nn.Parameter(torch.zeros(1))
        self.shown = []

    def judge(self, x, labels=None):
        self.shown.append(x.detach().clone())
        a, b = x.chunk(2, 1)
        score = (b - a).mean((1, 2, 3)) + self.more
        return Verdict(score, [score], None)


def two_kinds(count=10, seed=0):
    """Noise, and the same noise at half its brightness."""
    chance = torch.Generator().manual_seed(seed)
    a = torch.randint(0, 256, (count, 3, 16, 16), generator=chance, dtype=torch.uint8)
    labels = torch.tensor([0] * count + [1] * count)
    return Pictures("two", torch.cat([a, a // 2]), labels, ("bright", "dark"))


def make(changes=None):
    config = put(RunConfig(), {**SMALL, **(changes or {})})
    return Trainer(config, two_kinds(), two_kinds(5, seed=1))


def bare(changes=None):
    """A trainer whose players are the simplest there are."""
    t = make(changes)
    t.game.players["G"] = Player("g", Leave(), Leave())
    t.game.players["D"] = Player("d", Compare())
    return t


def drawn(t):
    before = t.batches.state_dict()
    pair = t.batches.draw_pair()
    t.batches.load_state_dict(before)
    return pair


def weights(t):
    """All weights of each player in one row."""
    return {
        name: torch.cat([w.detach().flatten() for w in player.network.parameters()])
        for name, player in t.game.players.items()
    }


def moves(t, movers=BOTH, steps=0):
    return list(t.game.round(t.batches, Now(steps, 0), movers))


def test_d_sees_both_pictures_and_g_answers_for_what_d_judged():
    t = bare()
    a, b = drawn(t)
    moves(t)
    real, fake, again = t.game.players["D"].network.shown
    assert torch.equal(real, torch.cat([a, b], 1))
    assert torch.equal(fake, torch.cat([a, a], 1)) and torch.equal(again, fake)


def test_colours_of_both_pictures_change_alike_and_each_keeps_its_own_mean():
    t = bare({"objective.augment": "colour", "objective.augment_share": 1.0})
    a, b = drawn(t)
    moves(t)
    shown_a, shown_b = t.game.players["D"].network.shown[0].chunk(2, 1)
    assert not torch.equal(shown_a, a)
    brighter = [(x - y).mean((1, 2, 3)) for x, y in ((shown_a, a), (shown_b, b))]
    torch.testing.assert_close(*brighter)  # saturation and contrast move no mean


def test_losses_are_those_of_the_paper():
    t = bare()
    a, b = drawn(t)
    d, g = moves(t)
    real, fake = (b - a).mean((1, 2, 3)), torch.zeros(4)
    ones, zeros = torch.ones(4), torch.zeros(4)
    bce = F.binary_cross_entropy_with_logits
    torch.testing.assert_close(d.loss, (bce(real, ones) + bce(fake, zeros)) / 2)
    torch.testing.assert_close(g.loss, bce(fake, ones) + 100 * (a - b).abs().mean())
    torch.testing.assert_close(g.readings["pixels"], (a - b).abs().mean())
    torch.testing.assert_close(g.readings["loss/G"], bce(fake, ones))
    assert (d.images, g.images) == (4, 0)


def test_squared_pixels_and_other_weights():
    t = bare({
        "objective.pixel_norm": "squared", "objective.pixels": 3.0, "objective.adversarial": 0.0,
    })  # fmt: skip
    a, b = drawn(t)
    torch.testing.assert_close(moves(t)[1].loss, 3 * (a - b).square().mean())


def test_features_are_matched_picture_by_picture():
    t = bare({"objective.features": 2.0, "objective.adversarial": 0.0, "objective.pixels": 0.0})
    a, b = drawn(t)
    gap = (b - a).mean((1, 2, 3)).abs().mean()
    torch.testing.assert_close(moves(t)[1].loss, 2 * gap)


def test_pretraining_is_for_the_pixels_alone_and_counts_its_pictures():
    t = bare({"training.g_pretrain": 2})
    (move,) = moves(t, frozenset({"G"}), steps=1)
    assert set(move.readings) == {"pixels"} and move.images == 4
    assert t.game.players["D"].network.shown == []
    (move,) = moves(t, frozenset({"G"}), steps=2)
    assert set(move.readings) == {"pixels", "loss/G"} and move.images == 0


@pytest.mark.parametrize("mover", ["D", "G"])
def test_only_those_who_take_part_move(mover):
    t = make()
    before = weights(t)
    t.round(only=mover)
    after = weights(t)
    assert {name for name in "DG" if not torch.equal(before[name], after[name])} == {mover}


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize(("d", "g"), [(1, 1), (3, 1), (1, 2)])
def test_a_round_is_all_moves_of_d_then_all_of_g(d, g, share):
    t = make({"optim.d.steps": d, "optim.g.steps": g, "objective.share_fakes": share})
    assert [m.players for m in moves(t)] == [("D",)] * d + [("G",)] * g


def test_a_pool_keeps_past_pairs():
    t = bare({"objective.pool": 4})
    first = drawn(t)[0]
    moves(t)
    kept = t.game.state_dict()["pool"]["kept"]
    assert torch.equal(kept, torch.cat([first, first], 1))


def test_a_run_saved_and_loaded_goes_on_bit_for_bit(differences, tmp_path):
    changes = {"objective.pool": 6, "objective.instance_noise": 0.1}
    straight, first = make(changes), make(changes)
    for t, rounds in ((straight, 7), (first, 4)):
        for _ in range(rounds):
            t.round()
    checkpoints.save(first.state_dict(), tmp_path / "half.pt")
    state = checkpoints.load(tmp_path / "half.pt")
    second = Trainer(config_of(state), two_kinds(), two_kinds(5, seed=1))
    second.round()  # what it did before must not matter
    second.load_state_dict(state)
    for _ in range(3):
        second.round()
    assert differences(straight.state_dict(), second.state_dict()) == []


@pytest.mark.parametrize("pairs", ["classes", "edges", "grey"])
def test_previews_are_rows_of_held_out_pictures(pairs, snapshot, differences):
    t = make({"data.pairs": pairs})
    t.round()
    before = snapshot(t)
    preview = t.preview()["comparison"]
    assert differences(before, t.state_dict()) == []
    assert preview.heads == ("given", "generated", "true") and preview.columns == 3
    assert preview.images.shape == (9, 3, 16, 16) and preview.caption.endswith(".")
    a, b = domains(two_kinds(5, seed=1), pairs)
    for given, true in zip(preview.images[::3], preview.images[2::3], strict=True):
        place = [torch.equal(given, x) for x in a].index(True)
        assert torch.equal(true, b[place]), "pairs stay together"


def test_copies_that_people_look_at_never_drop_anything():
    t = make()
    assert torch.equal(t.preview()["comparison"].images, t.preview()["comparison"].images)


def test_pictures_in_pictures_out():
    t = bare()
    images = two_kinds().images
    shown = {"G": t.game.players["G"].shown}
    assert torch.equal(apply(t.config, shown, images), images)
    assert torch.equal(game_of(t.config).given(t.config, two_kinds()), images[:10])
    with pytest.raises(ConfigError, match="1×16×16"):
        apply(t.config, {"G": make().game.players["G"].shown}, images[:, :1])


@pytest.mark.parametrize("pairs", ["none", "unpaired"])
def test_other_pairs_are_refused_in_plain_words(pairs):
    config = put(RunConfig(), {**SMALL, "data.pairs": pairs})
    with pytest.raises(ConfigError, match="needs classes or edges or grey or side-by-side$"):
        rehearse(config, Kind(3, 16, ("a", "b")))


def test_what_it_cannot_be_played_with_is_refused():
    config = put(RunConfig(), SMALL)
    kind = Kind(3, 16, ("a", "b"))
    rehearse(config, kind)
    for changes in ({"networks.g.family": "dcgan"}, {"networks.labels": "concat"}):
        with pytest.raises(ConfigError) as caught:
            rehearse(put(config, changes), kind)
        assert "\n" not in str(caught.value)


def test_figures_show_what_is_read():
    t = make()
    read = {}
    for move in moves(t):
        read |= move.readings
    shown = {c.column for f in t.game.figures(t.config) for c in f.curves}
    assert shown == set(read) <= set(t.game.readings)
    assert not any(value.requires_grad for value in read.values())
