"""What was seen becomes a finding if it lasts, and does not flip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gan_lab.coach import Advice, Coach, Condition, Evidence, Probe, Rule, Sign, Weight
from tests.coach.evidence import evidence, healthy

RULE = Rule(
    "ill", "Ill", Weight.TROUBLE, "So it is.", "nowhere",
    lambda e: Sign(0.9, "Ill.") if (e.mean("D(x)", 1) or 0.0) > 0.9 else None,
    lambda e: (Advice("Rest."),),
)  # fmt: skip


def ill(step: int, turned: tuple[int, ...] = ()):
    return evidence(curves={"D(x)": 0.99}, steps=step, turned=turned)


def well(step: int):
    return evidence(curves={"D(x)": 0.5}, steps=step)


def names(coach: Coach) -> list[tuple[int, str]]:
    return [(event.step, event.kind) for event in coach.events]


def test_a_sign_becomes_a_finding_once_it_has_lasted():
    coach = Coach([RULE])
    for step in range(25, 200, 25):
        assert coach.look(ill(step)).findings == ()  # warm-up, then patience
    assert coach.look(ill(200)).condition is Condition.TROUBLE
    assert names(coach) == [(200, "came")]
    assert coach.past == ()


def test_two_looks_at_least():
    coach = Coach([RULE])
    assert coach.look(ill(5000)).findings == ()
    assert len(coach.look(ill(5200)).findings) == 1


def test_it_goes_more_slowly_than_it_came():
    coach = Coach([RULE])
    for step in (100, 150, 200):
        coach.look(ill(step))
    for step in range(250, 450, 50):
        assert len(coach.look(well(step)).findings) == 1
    health = coach.look(well(450))
    assert health.findings == ()
    assert names(coach) == [(200, "came"), (450, "went")]
    assert coach.past[0].until == 450


def test_what_flickers_does_not_flip():
    coach = Coach([RULE])
    for index, step in enumerate(range(100, 3000, 25)):
        coach.look(ill(step) if index % 2 else well(step))
    assert len(coach.events) <= 1


def test_a_fast_run_does_not_hide_how_long_a_sign_has_been_seen():
    heard = []
    cause = replace(
        RULE, name="cause", cause=True, look=lambda e: heard.append(e.signs["ill"].since)
    )
    coach = Coach([replace(RULE, patience=10**6), cause])
    for step in range(1000, 3000, 300):  # more rounds between two looks than a gap may have
        coach.look(ill(step))
    assert set(heard) == {1000}


def test_a_turned_knob_begins_patience_anew():
    coach = Coach([RULE])
    coach.look(ill(100))
    coach.look(ill(150))
    assert coach.look(ill(200, turned=(190,))).findings == ()
    assert coach.look(ill(250, turned=(190,))).findings == ()
    assert len(coach.look(ill(300, turned=(190,))).findings) == 1


def test_going_back_forgets_what_is_later():
    coach = Coach([RULE])
    for step in (100, 200):
        coach.look(ill(step))
    for step in (300, 400, 500, 600):
        coach.look(well(step))
    assert [kind for _, kind in names(coach)] == ["came", "went"]
    assert len(coach.look(ill(250)).findings) == 1  # as it stood then
    assert names(coach) == [(200, "came")]
    assert coach.look(ill(150)).findings == ()
    assert coach.events == []


def test_a_plainly_wrong_setting_is_said_at_once_and_taken_back_at_once():
    coach = Coach()
    changes = {"objective.smooth_fake": 0.2}
    health = coach.look(evidence(steps=1, changes=changes))
    assert [f.rule.name for f in health.findings] == ["smoothing"]
    assert health.condition is Condition.CAUTION
    assert coach.look(evidence(steps=2, turned=(1,))).findings == ()


def test_nothing_else_is_said_in_the_first_steps():
    coach = Coach()
    lost = {"loss/D": 0.0, "D(x)": 1.0, "D(G(z))": 0.0, "loss/G": 20.0, "grad/G": 1e-9}
    for step in range(1, 100, 5):
        health = coach.look(evidence(curves=lost, steps=step))
        assert health.condition is Condition.STARTING
        assert health.findings == ()


def test_healthy_says_why():
    coach = Coach()
    health = [coach.look(healthy(steps=step)) for step in range(50, 1000, 50)][-1]
    assert health.condition is Condition.HEALTHY
    assert health.line.startswith("Healthy: D says 0.6")


def test_a_run_whose_fakes_are_bad_is_not_called_healthy():
    coach = Coach()
    for step in range(150, 1000, 50):
        health = coach.look(
            healthy(steps=step, measured={"swd": [400.0, 399.0, 401.0]}, floors={"swd": 25.0})
        )
    assert health.condition is Condition.WATCHING
    assert "swd" not in health.line and "still 401 (real images: 25.0)" in health.line


def test_a_sign_of_trouble_that_has_not_lasted_is_no_health():
    coach = Coach([RULE])
    assert coach.look(ill(110)).condition is Condition.WATCHING
    assert coach.look(well(120)).condition is Condition.WATCHING  # one look without it says little
    assert coach.look(well(130)).condition is Condition.HEALTHY


def test_no_praise_beside_trouble():
    praise = replace(RULE, name="praise", weight=Weight.NEWS, patience=0)
    coach = Coach([RULE, praise])
    assert [f.rule.name for f in coach.look(ill(110)).findings] == ["praise"]
    for step in (150, 200, 250, 300):
        health = coach.look(ill(step))
    assert [f.rule.name for f in health.findings] == [RULE.name]
    assert health.condition is Condition.TROUBLE


def test_advice_that_would_turn_no_knob_is_not_given():
    rate = evidence().config.optim.g.lr
    same, other = (
        Advice(w, (("optim.g.lr", v),)) for w, v in (("As is.", rate), ("Less.", rate / 2))
    )
    rule = replace(RULE, patience=0, warm_up=0, advice=lambda e: (same, other, Advice("Look.")))
    (finding,) = Coach([rule]).look(ill(50)).findings
    assert [one.text for one in finding.advice] == ["Less.", "Look."]


def test_advice_on_a_parameter_of_another_version_is_not_live() -> None:
    """A finding that a run's folder keeps may be of another version of this app."""
    assert not Advice("Turn it.", (("optim.d.renamed", 1.0),)).live
    assert Advice("Turn it.", (("optim.d.lr", 1e-4),)).live


def test_a_finding_goes_at_once_when_a_parameter_that_it_names_is_changed() -> None:
    def fast(step: int, rate: float, turned: tuple[int, ...] = ()) -> Evidence:
        rates = np.where(np.arange(step) < 400, 1.0, rate)
        changes = {"optim.d.lr": rate}
        return evidence(curves={"lr/D": rates}, steps=step, changes=changes, turned=turned)

    coach = Coach()
    for step in range(100, 401, 50):
        coach.look(fast(step, 1.0))
    assert "The learning rate of D is 1.00." in [f.sign.seen for f in coach.standing]
    coach.look(fast(401, 1.0, turned=(400,)))  # another parameter was changed
    assert "rate-high" in [f.rule.name for f in coach.standing]
    coach.look(fast(402, 0.002, turned=(400,)))
    assert "rate-high" not in [f.rule.name for f in coach.standing]


@pytest.mark.parametrize(
    ("probe", "said"),
    [({"spread": 0.3}, "the fakes are only 30% as varied as real images"),
     ({"right_train": 0.1, "right_fake": 0.08}, "10 of 100 real images and 8 of 100 fakes"),
     ({"right_train": 0.0, "right_fake": 1.0}, "0 of 100 real images and 100 of 100 fakes")],
)  # fmt: skip
def test_what_no_healthy_run_shows_is_watched(probe: dict[str, float], said: str) -> None:
    coach = Coach([])
    seen = healthy(steps=1000, preview=Probe(1000, 64, **probe))
    health = coach.look(seen)
    assert health.condition is Condition.WATCHING and said in health.line
    well = Probe(1000, 64, spread=0.9, right_train=0.6, right_fake=0.7)
    assert coach.look(healthy(steps=1000, preview=well)).condition is Condition.HEALTHY


def test_one_bad_metric_ends_praise() -> None:
    resting = {"loss/D": 1.386, "loss/G": 0.693, "D(x)": 0.5, "D(G(z))": 0.5, "grad/G": 1.0,
               "grad/D": 1.0}  # fmt: skip
    for last, names in ((6.0, ["equilibrium"]), (310.0, [])):
        coach = Coach()
        for step in range(500, 1400, 50):
            measured = {"swd": [6.0] * 7 + [last]}
            health = coach.look(
                evidence(curves=resting, steps=step, measured=measured, floors={"swd": 5.5})
            )
        assert [f.rule.name for f in health.findings] == names
        assert (health.condition is Condition.WATCHING) == (last > 100.0)


def test_a_resumed_run_keeps_its_findings() -> None:
    before = Coach([RULE])
    for step in (100, 150, 200):
        before.look(ill(step))
    after = Coach([RULE])
    after.resume(before.standing, 200)
    assert [f.since for f in after.look(ill(201)).findings] == [200]
    for step in (250, 300, 350, 400):
        assert len(after.look(well(step)).findings) == 1
    assert after.look(well(450)).findings == ()
    assert names(after) == [(200, "came"), (450, "went")]
