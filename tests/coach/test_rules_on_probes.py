"""Rules on what a probe and measures show: each on its disease, and silent on health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gan_lab.coach import Evidence, Probe, Rule
from gan_lab.coach.rules import (
    checkerboard,
    collapse,
    d_memorises,
    d_overfits,
    dead_units,
    memorises,
    partial_collapse,
    saturated,
)
from gan_lab.config import get, put
from gan_lab.data import Kind
from gan_lab.games import rehearse
from gan_lab.presets import presets
from tests.coach.evidence import KIND, evidence, healthy

HEALTHY: dict[str, Any] = {
    "spread": 0.95, "twins": 0.02, "blank": -0.1, "blank_real": 0.5, "checkers": 1.4,
    "dead": {"G": 0.1, "D": 0.0}, "right_train": 0.7, "right_held_out": 0.62, "right_fake": 0.7,
    "slope": 0.2, "copies": 0.01,
}  # fmt: skip
SICK: list[tuple[Rule, Mapping[str, Any]]] = [
    (collapse.RULE, {"spread": 0.16, "twins": 1.0}),
    (partial_collapse.RULE, {"spread": 0.65, "twins": 1.0}),
    (d_memorises.RULE, {"right_train": 0.98, "right_held_out": 0.5}),
    (memorises.RULE, {"copies": 0.4}),
    (checkerboard.RULE, {"checkers": 40.0}),
    (saturated.RULE, {"blank": 0.34}),
    (dead_units.RULE, {"dead": {"G": 0.8, "D": 0.0}}),
]
RULES = [rule for rule, _ in SICK]
names = [rule.name for rule in RULES]


def _seen(changes: Mapping[str, Any], **others: Any) -> Evidence:
    return evidence(steps=800, probe=Probe(800, 256, **{**HEALTHY, **changes}), **others)


@pytest.mark.parametrize(("rule", "changes"), SICK, ids=names)
def test_a_rule_sees_its_disease_and_no_other_does(rule: Rule, changes: Mapping[str, Any]) -> None:
    saying = [one.name for one in RULES if one.look(_seen(changes)) is not None]
    assert saying == [rule.name]
    sign = rule.look(_seen(changes))
    assert sign is not None and 0.5 <= sign.sure <= 0.95 and any(c.isdigit() for c in sign.seen)


@pytest.mark.parametrize("rule", RULES, ids=names)
def test_a_rule_is_silent_on_health_and_where_nothing_is_known(rule: Rule) -> None:
    assert rule.look(_seen({})) is None
    assert rule.look(healthy()) is None
    assert rule.look(evidence(steps=800, probe=Probe(800, 256))) is None
    assert rule.look(evidence(steps=800)) is None


@pytest.mark.parametrize("rule", RULES, ids=names)
def test_each_says_why_from_where_and_waits(rule: Rule) -> None:
    assert rule.source and rule.patience >= 100
    assert rule.why.count(". ") == 1 and rule.why.endswith(".")


def test_nothing_is_said_of_variety_at_the_beginning() -> None:
    early = evidence(steps=60, probe=Probe(60, 256, **{**HEALTHY, **SICK[0][1], "checkers": 90.0}))
    assert [rule.name for rule in RULES if rule.look(early)] == []


def test_points_collapse_without_twins() -> None:
    plane = Kind(2, 1, ())
    probe = Probe(800, 256, spread=0.02, twins=0.1)
    assert collapse.RULE.look(evidence("plane-ring", steps=800, probe=probe, kind=plane))


@pytest.mark.parametrize(
    ("measured", "floors"),
    [
        ({"modes": [8, 8, 8, 5, 5]}, {"modes": 8}),
        ({"recall-classifier": [0.9, 0.9, 0.9, 0.1, 0.1]}, {"recall-classifier": 0.9}),
        ({"coverage-pixels": [0.9, 0.9, 0.9, 0.15, 0.1]}, {"coverage-pixels": 0.95}),
        ({"classes-kl": [0.0, 0.0, 0.0, 0.9, 0.8]}, {"classes-kl": 0.01}),
    ],
)
def test_what_the_measures_miss_is_said(
    measured: dict[str, list[float]], floors: dict[str, float]
) -> None:
    sick = evidence(steps=800, measured=measured, floors=floors)
    assert partial_collapse.RULE.look(sick) is not None
    once = evidence(steps=800, measured={n: v[-1:] for n, v in measured.items()}, floors=floors)
    assert partial_collapse.RULE.look(once) is None


def test_found_modes_and_common_recall_are_no_loss() -> None:
    fine = {"modes": [8] * 5, "recall-points": [0.6] * 5, "classes-kl": [0.05] * 5}
    floors = {"modes": 8, "recall-points": 0.9, "classes-kl": 0.01}
    assert partial_collapse.RULE.look(evidence(steps=800, measured=fine, floors=floors)) is None


def test_measures_alone_tell_of_learning_by_heart() -> None:
    sick = evidence(steps=800, measured={"d-gap": [0.4] * 5, "memorised": [0.5] * 5})
    assert d_memorises.RULE.look(sick) and memorises.RULE.look(sick)


KNOWS = {"right_train": 0.98, "right_held_out": 0.5}


def test_few_held_out_images_prove_nothing() -> None:
    assert d_memorises.RULE.look(_seen(KNOWS | {"n_held_out": 60})) is not None
    assert d_memorises.RULE.look(_seen(KNOWS | {"n_held_out": 6})) is None
    none = {"right_train": 1.0, "right_held_out": 0.0, "n_held_out": 6}
    assert d_memorises.RULE.look(_seen(none)) is not None


@pytest.mark.parametrize(
    ("numbers", "floor", "harm"),
    [([130.0, 116.0, 128.0, 130.0, 132.0], None, False), ([200.0, 130.0, 120.0], None, False),
     ([130.0, 116.0, 128.0, 132.0, 160.0], None, False), ([130.0, 116.0, 140.0, 160.0, 158.0],
     None, True), ([130.0, 116.0, 140.0, 160.0, 158.0], 60.0, False)],
)  # fmt: skip
def test_a_d_that_memorises_is_trouble_once_the_fakes_have_got_worse_twice(
    numbers: list[float], floor: float | None, harm: bool
) -> None:
    floors = {} if floor is None else {"swd": floor}
    seen = _seen(KNOWS, measured={"swd": numbers}, floors=floors)
    sign = d_overfits.RULE.look(seen)
    assert (sign is not None) == harm
    assert d_overfits.RULE.look(_seen({}, measured={"swd": numbers})) is None
    if sign is not None:
        assert "distance was 116 at its best and is 158; D calls 98%" in sign.seen


@pytest.mark.parametrize("name", list(presets()))
def test_every_advice_is_possible_and_changes_something(name: str) -> None:
    config = presets()[name].config
    for rule in RULES:
        probe = Probe(800, 256, dead={"D": 0.9})
        for seen in (evidence(config), evidence(config, probe=probe)):
            given = rule.advice(seen)
            assert 1 <= len(given) <= 3
            for one in given:
                changed = put(config, dict(one.changes))
                for path, value in one.changes:
                    assert get(config, path) != value == get(changed, path)
                if one.changes and not one.live:
                    rehearse(changed, _kind(name))


def _kind(name: str) -> Kind:
    config = presets()[name].config
    if config.objective.game == "plane":
        return Kind(2, 1, ())
    return Kind(3 if config.data.colour == "rgb" else 1, config.data.size or 28, KIND.classes)


def test_what_cures_the_broken_presets_comes_first() -> None:
    first = collapse.RULE.advice(evidence("broken-collapse"))[0]
    paced = {"optim.g.steps": 1, "optim.d.lr": 2e-3, "optim.g.lr": 4e-3}
    assert dict(first.changes) == paced and first.live
    first = partial_collapse.RULE.advice(evidence("broken-tiny-latent"))[0]
    assert dict(first.changes) == {"latent.dim": 64} and not first.live


@pytest.mark.parametrize("name", ["collapse", "partial-collapse", "checkerboard"])
@pytest.mark.parametrize(
    ("side", "alpha", "speaks"), [(4, 1.0, False), (32, 0.5, False), (32, 1.0, True)]
)
def test_coarse_images_of_a_g_that_grows_are_not_compared(name, side, alpha, speaks):
    rule = next(rule for rule in RULES if rule.name == name)
    numbers = {"spread": 0.1} if name == "collapse" else {"spread": 0.8}
    probe = Probe(900, 256, twins=1.0, checkers=90.0, **numbers)
    curves = {"grow/side": side, "grow/alpha": alpha}
    growing = evidence(
        "progressive-small", curves, steps=900, kind=Kind(3, 32, ()), probe=probe,
        measured={"coverage-pixels": [0.0] * 9}, floors={"coverage-pixels": 0.9},
    )  # fmt: skip
    assert (rule.look(growing) is not None) == speaks
