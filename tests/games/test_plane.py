"""What the page shows of a game with points, against what the players say of the same places."""

import math

import pytest
import torch
from torch import nn

from gan_lab.config import ConfigError
from gan_lab.data import PLANES, load
from gan_lab.games import Sheet
from gan_lab.games.plane import MEASURED
from gan_lab.objectives import LOSSES
from gan_lab.training.trainer import Trainer

RING = PLANES["ring"]


class Slope(nn.Module):
    """A critic whose score is x + 2y + 3 in the plane's own units; it takes one-pixel pictures."""

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        points = x.flatten(1) * RING.reach
        return points[:, :1] + 2 * points[:, 1:] + 3

    def judge(self, x: torch.Tensor, labels: torch.Tensor | None = None):
        from gan_lab.networks import Verdict

        return Verdict(self(x), [], None)


@pytest.fixture
def played(trainer):
    def make(changes=None, rounds=3):
        t = trainer(changes, "plane-ring")
        for _ in range(rounds):
            t.round()
        return t

    return make


def sheet(t: Trainer) -> Sheet:
    (view,) = [one for one in t.preview().values() if isinstance(one, Sheet)]
    return view


def with_slope(t: Trainer) -> Trainer:
    """The same with a D of which everything is known."""
    players = dict(t.game.players)
    players["D"] = type(players["D"])("d", Slope())
    t.game.players = players
    return t


def test_real_points_and_fakes_are_in_the_plane_s_units(played):
    t = played()
    seen = sheet(t)
    real = t.pictures.images.flatten(1) * RING.reach
    assert torch.allclose(seen.real, real[: len(seen.real)], atol=1e-6)
    g, z = t.shown()["G"], t.controls["z"].cpu()
    expected = g(z[: len(seen.fake)]).flatten(1) * RING.reach  # G of this preset ends linear
    assert torch.allclose(seen.fake, expected, atol=1e-5)
    assert len(t.controls["z"]) == MEASURED and seen.reach == RING.reach


def test_the_measures_are_those_of_all_fakes(played):
    t = played()
    g = t.shown()["G"]
    fakes = g(t.controls["z"].cpu()).flatten(1).double() * RING.reach
    near = (torch.cdist(fakes, RING.places).min(1).values <= 0.3).double().mean()
    measured = sheet(t).measures
    assert measured["near"] == pytest.approx(float(near)) and measured["of"] == 8
    assert 0 <= measured["js"] <= math.log(2) and measured["kl"] >= 0


@pytest.mark.parametrize("loss", ["non-saturating", "hinge", "wasserstein", "least-squares"])
def test_d_s_opinion_of_every_place(played, loss):
    t = with_slope(played({"objective.loss": loss}))
    opinion = sheet(t).opinion
    side = len(opinion)
    at = (torch.arange(side) + 0.5) * (2 * RING.reach / side) - RING.reach
    score = at[None, :] + 2 * at[:, None] + 3  # row by row from below
    _, says = LOSSES[loss].opinions(score, score)
    assert torch.allclose(opinion, says, atol=1e-4)
    assert opinion[-1, -1] >= opinion[0, 0]


def test_pushes_lead_to_where_d_is_pleased(played):
    t = with_slope(played({"objective.loss": "wasserstein"}))
    pushes = sheet(t).pushes
    directions = pushes / pushes.norm(dim=1, keepdim=True)
    uphill = torch.tensor([1.0, 2.0]) / math.sqrt(5)
    assert torch.allclose(directions, uphill.expand_as(directions), atol=1e-4)


def test_a_push_is_the_slope_of_g_s_loss(played):
    t = played({"objective.loss": "non-saturating"})
    seen, d = sheet(t), t.game.players["D"].network
    at = seen.fake[: len(seen.pushes)] / RING.reach
    step, moved = 1e-3, []
    for i in range(2):
        ahead, behind = at.clone(), at.clone()
        ahead[:, i] += step
        behind[:, i] -= step
        loss = [nn.functional.softplus(-d(x[:, :, None, None])) for x in (ahead, behind)]
        moved.append((loss[1] - loss[0]).flatten() / (2 * step))
    expected = torch.stack(moved, 1).detach() * RING.reach
    assert torch.allclose(seen.pushes, expected, atol=2e-2 * float(expected.abs().max()))


@pytest.mark.parametrize(("dim", "rows"), [(1, 1), (2, 21), (5, 21)])
@pytest.mark.parametrize("noise", ["gaussian", "uniform"])
def test_the_fabric_is_a_straight_grid_of_z(played, dim, rows, noise):
    t = played({"latent.dim": dim, "latent.noise": noise})
    far = 1.0 if noise == "uniform" else 2.0
    z, lattice = t.controls["lattice"].cpu(), sheet(t).lattice
    assert lattice.shape == (rows, 21 if rows > 1 else 441, 2)
    assert float(z[:, :2].abs().max()) == pytest.approx(far)
    assert dim < 3 or not z[:, 2:].any()
    expected = t.shown()["G"](z).flatten(1) * RING.reach
    assert torch.allclose(lattice.reshape(-1, 2), expected, atol=1e-5)


@pytest.mark.parametrize("labels", ["concat", "projection", "auxiliary"])
def test_heaps_can_be_asked_for_by_their_class(played, labels):
    t = played({"networks.labels": labels})
    assert t.controls["labels"].unique().tolist() == list(range(8))
    assert torch.isfinite(sheet(t).opinion).all()


def test_looking_moves_nothing(played, snapshot, differences):
    t = played({"networks.d.dropout": 0.3, "networks.d.batch_norm": "everywhere"})
    before = snapshot(t)
    sheet(t)
    assert differences(before, t.state_dict()) == []
    assert t.game.players["D"].network.training


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"data.name": "digits"}, "plane-ring", "digits are pictures"),
        ({"data.name": "ring"}, "quick", "ring are points"),
    ],
)
def test_points_and_pictures_each_have_their_game(small, changes, name, words):
    config = small(changes, name)
    with pytest.raises(ConfigError, match=words):
        Trainer(config, load(config.data))


def test_a_ring_is_found_within_seconds(trainer):
    """A dozen seconds of one core find most heaps: the whole is benchmarks/time_to_modes.py."""
    from gan_lab.presets import preset

    config = preset("plane-ring").config
    t = Trainer(config, load(config.data))
    for _ in range(1500):
        t.round()
    t.flush()
    measured = sheet(t).measures
    assert measured["modes"] >= 7 and measured["near"] > 0.5
