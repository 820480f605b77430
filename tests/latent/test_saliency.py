"""Which pixels speak for real."""

import pytest
import torch

from gan_lab.config import ConfigError
from gan_lab.latent.saliency import saliency
from gan_lab.networks import Verdict
from gan_lab.training.trainer import Trainer


def test_a_known_slope_a_known_answer():
    weight = torch.tensor([[[[1.0, -2.0], [0.0, 0.5]]]])

    def look(x):
        return Verdict((x * weight).flatten(1).sum(1, keepdim=True), [x])

    x = torch.tensor([[[[1.0, 1.0], [1.0, -1.0]]]])
    found = saliency(look, x, "tanh")
    assert found.score == pytest.approx(-1.5)
    assert torch.equal(found.slope, 2 * weight[0]), "for the whole range, from -1 to 1"
    # white speaks for real where brighter is better, black where darker is; grey says nothing
    assert found.speaks.tolist() == [[1.0, -2.0], [0.0, -0.5]]
    assert torch.equal(saliency(look, x, "tanh", copies=5).slope.round(decimals=5), found.slope)
    quarter = saliency(look, torch.full((1, 1, 2, 2), 0.5), "sigmoid")
    assert torch.count_nonzero(quarter.speaks) == 0 and torch.equal(quarter.slope, weight[0])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"networks.labels": "concat"},
        {"networks.labels": "projection"},
        {"networks.labels": "auxiliary"},
        {"networks.d.spectral_norm": True},
        {"networks.d.minibatch": "stddev"},
        {"networks.d.family": "dense", "networks.g.family": "dense"},
        {"networks.d.family": "residual", "networks.g.family": "residual"},
        {"networks.d.family": "patch", "networks.d.blocks": 1},
    ],
    ids=lambda changes: ", ".join(map(str, changes.values())),
)
def test_the_slope_is_that_of_finite_differences(trainer, changes):
    t = trainer(changes)
    t.round()
    _differences(t)


def test_the_slope_is_that_of_finite_differences_for_players_that_grow(trainer):
    t = trainer(name="progressive-small")
    for _ in range(4):
        t.round()
    _differences(t)


def _differences(t: Trainer) -> None:
    judges = {name: network.double() for name, network in t.judges().items()}
    onlooker = type(t.game).onlooker(t.config, t.pictures.kind, t.shown() | judges)
    images = onlooker.known(t.pictures.images[: onlooker.company + 1]).double()
    x, company = images[:1], images[1 : onlooker.company] if onlooker.company > 1 else None
    labels = torch.tensor([3]) if t.config.networks.labels != "none" else None
    look = onlooker.look(labels)
    found = saliency(look, x, "tanh", company=company)
    assert len(found.features) == len(onlooker.stages)
    for stage, part in zip(onlooker.stages, found.features, strict=True):
        assert not stage.shape or tuple(part.shape[1:]) == stage.shape
    step = 1e-4
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        way = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        ends = []
        for sign in (1, -1):
            moved = x + sign * step * way
            shown = moved if company is None else torch.cat([moved, company])
            ends.append(float(look(shown).score[0].mean().detach()))
        expected = (ends[0] - ends[1]) / (2 * step)
        assert float((found.slope / 2 * way[0]).sum()) == pytest.approx(
            expected, rel=5e-2, abs=1e-4
        )


def test_one_picture_at_a_time():
    with pytest.raises(ConfigError, match="one picture"):
        saliency(lambda x: Verdict(x, []), torch.zeros(2, 1, 2, 2), "tanh")
