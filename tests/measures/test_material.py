"""Fakes are drawn for a measurement in every game, and nothing of the run moves."""

from __future__ import annotations

import copy

import pytest
import torch

from gan_lab.config import Data, RunConfig
from gan_lab.data import load
from gan_lab.games import game_of
from gan_lab.games.super_resolution import shrunk
from gan_lab.measures import MEASURES, Reference, drawn, live_names, suitable, take
from gan_lab.measures.material import stand_in


def players(trainer) -> tuple[dict, dict]:
    """Copies of the averaged generators and of the discriminators, at rest."""
    found: tuple[dict, dict] = ({}, {})
    for name, player in trainer.game.players.items():
        network = copy.deepcopy(player.shown or player.network).eval().requires_grad_(False)
        found[player.role == "d"][name] = network
    return found


@pytest.fixture
def measured(trainer):
    """A small game after a few rounds: what is real, its config, its players."""

    def make(
        name: str, changes: dict | None = None, rounds: int = 2
    ) -> tuple[Reference, RunConfig, dict, dict]:
        one = trainer(changes, name)
        for _ in range(rounds):
            one.round()
        config = one.config
        reference = Reference(config, load(config.data), load(config.data, train=False))
        return reference, config, *players(one)

    return make


@pytest.mark.parametrize(
    "name",
    ["quick", "cgan", "cgan-projection", "acgan", "ragan", "minibatch-discrimination", "wgan-gp",
     "progressive-small", "srgan-small", "pix2pix-small", "cyclegan-small", "plane-ring"],
)  # fmt: skip
def test_every_game_can_be_measured(measured, name: str) -> None:
    reference, config, generators, judges = measured(name)
    material = drawn(reference, config, generators, judges, 150)
    assert 20 < len(material) <= reference.enough(150) <= 150
    assert material.fakes.shape[1:] == reference.real.shape[1:]
    assert material.fakes.dtype == reference.real.dtype
    kind = reference.kind
    values = take(material, suitable(config, kind, have_judge=False))
    assert set(live_names(config, kind, have_judge=False)) <= set(values)
    for one, value in values.items():
        assert 0 < value.n <= len(material)
        told = MEASURES[one].floored and value.n <= len(reference.spare)
        assert (value.floor is not None) == told, one


@pytest.mark.parametrize("name", ["quick", "plane-ring", "progressive-small"])
def test_a_measurement_moves_nothing(measured, differences, name: str) -> None:
    reference, config, generators, judges = measured(name)
    everyone = {**generators, **judges}
    before = {who: copy.deepcopy(one.state_dict()) for who, one in everyone.items()}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    material = drawn(reference, config, generators, judges, 120)
    take(material, live_names(config, reference.kind, have_judge=False))
    assert torch.equal(torch.rand(3), expected), "the global generator was used"
    assert not differences(before, {who: one.state_dict() for who, one in everyone.items()})


def test_the_same_seed_gives_the_same_fakes(measured) -> None:
    reference, config, generators, judges = measured("quick")
    first, again, other = (
        drawn(reference, config, generators, judges, 100, seed).fakes for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_classes_are_asked_for_as_often_as_they_are_real(measured) -> None:
    reference, config, generators, judges = measured("cgan", {"data.name": "digits:3,8,9"})
    material = drawn(reference, config, generators, judges, 100)
    assert material.labels is not None and reference.train.labels is not None
    shares, wanted = (
        torch.bincount(x, minlength=3) / len(x) for x in (material.labels, reference.train.labels)
    )
    assert torch.allclose(shares, wanted, atol=0.15)


def test_right_answers_belong_to_what_was_made(measured) -> None:
    reference, config, generators, judges = measured("srgan-small")
    material = drawn(reference, config, generators, judges, 60)
    assert material.answers is not None
    game, aside = game_of(config), reference.held_out or reference.train
    assert any(torch.equal(material.answers[0], x) for x in game.wanted(config, aside))
    small = game.given(config, aside)
    place = next(i for i, x in enumerate(aside.images) if torch.equal(material.answers[0], x))
    assert torch.equal(small[place], shrunk(material.answers[:1], config.objective.scale)[0])


def test_there_are_no_more_fakes_than_real_ones_to_stand_in_for_them() -> None:
    data = Data(name="digits")
    reference = Reference(RunConfig(data=data), load(data), load(data, train=False))
    assert reference.enough(5000) == 359 == len(load(data, train=False))
    assert len(stand_in(reference, 359)) == 359


def test_without_held_out_pictures_the_other_half_stands_in() -> None:
    data = Data(name="digits")
    train = load(data)
    reference = Reference(RunConfig(data=data), train, train)
    assert reference.held_out is None
    assert len(reference.real) == len(reference.spare) == len(train) // 2
    both = torch.cat([reference.real, reference.spare])
    assert torch.equal(both.flatten(1).unique(dim=0), train.images.flatten(1).unique(dim=0))


def test_points_that_are_no_numbers_are_refused(measured) -> None:
    reference, config, generators, judges = measured("plane-ring", rounds=0)
    with torch.no_grad():
        next(generators["G"].parameters()).fill_(torch.nan)
    with pytest.raises(ValueError, match="no numbers"):
        drawn(reference, config, generators, judges, 50)
