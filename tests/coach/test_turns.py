"""Knobs that the coach turns, worked out from the configuration."""

from __future__ import annotations

import pytest

from gan_lab.coach.turns import calmer, held, paced
from gan_lab.config import put
from gan_lab.presets import preset

QUICK = preset("quick").config


def rates(g: float, d: float, **others):
    more = {path.replace("__", "."): value for path, value in others.items()}
    return put(QUICK, {"optim.g.lr": g, "optim.d.lr": d, **more})


@pytest.mark.parametrize(
    ("config", "fast", "wanted"),
    [
        (rates(2e-5, 2e-3), "d", {"optim.g.lr": 1e-3}),  # the fast one is brisk, the slow one joins
        (rates(1e-2, 1e-4), "g", {"optim.d.lr": 2e-3, "optim.g.lr": 4e-3}),  # out of reach
        (rates(2e-4, 1e-5, optim__g__steps=5), "g", {"optim.g.steps": 1, "optim.d.lr": 1e-4}),
        (rates(1e-2, 3e-3), "g", {}),  # the slow one is brisker than it would be made
        (rates(2e-4, 1e-2, optim__d__name="sgd"), "d", {}),  # rates of two kinds
    ],
)
def test_the_slower_player_is_brought_near_the_faster_one(config, fast, wanted):
    assert dict(paced(config, fast)) == wanted


def test_a_calmer_rate_is_never_one_at_which_nothing_is_learned():
    assert dict(calmer(rates(4e-3, 3e-4)).changes) == {"optim.g.lr": 4e-4, "optim.d.lr": 1e-4}
    assert dict(calmer(rates(1e-5, 1e-3)).changes)["optim.g.lr"] == 1e-5


def test_points_are_held_more_loosely_than_pictures():
    (pictures,) = held(put(QUICK, {"networks.d.batch_norm": "nowhere"}))
    (points,) = held(preset("plane-ring").config)
    assert pictures.changes == (("regularisation.gp", 10.0),)
    assert points.changes == (("regularisation.gp", 0.1),)
