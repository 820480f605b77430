"""Evidence has an age: no rule gets what is older than the newest third of a run, nor what is of
its first fifty steps."""

from __future__ import annotations

import pytest

from gan_lab.coach import Coach, Condition, Probe, Weight
from gan_lab.coach.evidence import FIRST_STEPS
from gan_lab.coach.meaning import meaning
from gan_lab.coach.quality import far, trend
from gan_lab.coach.rules import RULES
from gan_lab.training.ledger import Entry
from tests.coach.evidence import at, columns_of, evidence

BAD = {"spread": 0.1, "twins": 1.0, "blank": 0.9, "blank_real": 0.0, "checkers": 90.0,
       "dead": {"G": 0.9}, "right_train": 1.0, "right_held_out": 0.1, "right_fake": 1.0,
       "copies": 0.9}  # fmt: skip
ROWS = {"loss/D": 1.2, "loss/G": 0.9, "D(x)": 0.6, "D(G(z))": 0.4, "grad/G": 1.0, "grad/D": 1.0}


def probed(step: int, of: int):
    return evidence(curves=ROWS, steps=step, probe=Probe(of, 256, **BAD))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("step", "of", "fresh"),
    [(900, 900, True), (900, 600, True), (900, 599, False), (60, 50, False), (60, 51, True),
     (30, 30, False), (3000, 10, False)],
)  # fmt: skip
def test_fresh_is_the_newest_third_without_the_first_steps(step: int, of: int, fresh: bool) -> None:
    seen = probed(step, of)
    assert seen.is_fresh(of) == fresh
    assert (seen.probe is not None) == (seen.probed("spread") is not None) == fresh


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize(("step", "of"), [(2500, 8), (2500, 1600), (120, 50), (49, 49)])
def test_no_rule_gives_a_verdict_on_a_stale_probe(rule, step: int, of: int) -> None:
    assert rule.look(probed(step, of)) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_rule_gives_a_verdict_on_stale_measurements(rule) -> None:
    bad = {"swd": 900.0, "d-gap": 0.9, "memorised": 0.9, "coverage-pixels": 0.0}
    config = evidence().config
    young = evidence(curves=ROWS, steps=600, measured={n: [v] * 20 for n, v in bad.items()})
    assert {r.name for r in RULES if r.look(young)} >= {"d-memorises", "memorises"}
    columns = columns_of(config)
    rows = evidence(curves=ROWS, steps=4000).recent[-1:].repeat(4000, 0)
    old = at(config, columns, rows, measured=young.measured)
    assert old.measured == () and trend(old) is None and rule.look(old) is None


def test_the_first_steps_belong_to_no_course() -> None:
    seen = evidence(steps=400, measured={"swd": [900.0] + [10.0] * 15})  # the first at step 25
    course = trend(seen)
    assert course is not None and course.steps[0] > FIRST_STEPS
    assert set(course.numbers) == {10.0}


def test_the_newest_probe_that_has_a_number_counts() -> None:
    whole = Probe(700, 256, spread=0.1, dead={"G": 0.9})
    seen = evidence(steps=800, probe=whole, preview=Probe(790, 64, spread=0.9))
    fresh, units = seen.probed("spread"), seen.probed("dead")
    assert fresh is not None and fresh.step == 790
    assert units is not None and units.step == 700
    assert seen.probed("copies") is None


def test_a_finding_is_taken_back_once_what_it_rests_on_is_old() -> None:
    coach = Coach()
    for step in range(300, 601, 50):
        coach.look(probed(step, step))
    every = coach.standing
    stood = {finding.rule.name for finding in every if finding.rule.weight is not Weight.NEWS}
    assert {"collapse", "saturated"} <= stood
    health = coach.look(probed(900, 600))
    assert {finding.rule.name for finding in health.findings} == stood
    health = coach.look(probed(901, 600))  # nothing newer says the opposite, and yet
    assert health.findings == () and health.condition is not Condition.TROUBLE


def test_a_number_that_is_not_of_now_says_of_which_step_it_is() -> None:
    coach = Coach()
    for step in (300, 400, 500):
        health = coach.look(probed(step, step))
    assert "measured at" not in health.line
    health = coach.look(probed(600, 500))
    assert "(measured at step 500)" in health.line
    for finding in health.findings:
        assert finding.sign.measured == 500
        assert finding.sign.seen.endswith("(measured at step 500).")


def test_a_finding_whose_sign_is_gone_says_of_which_step_its_number_is() -> None:
    coach = Coach()
    for step in (300, 400, 500):
        coach.look(probed(step, step))
    well = Probe(520, 256, spread=0.9, twins=0.0, blank=0.0, blank_real=0.0)
    health = coach.look(evidence(curves=ROWS, steps=520, probe=well))
    (seen,) = (f.sign.seen for f in health.findings if f.rule.name == "saturated")
    assert seen.endswith("(measured at step 500).")


def test_an_old_number_does_not_say_how_far_the_fakes_are_now() -> None:
    course = trend(evidence(steps=900, measured={"swd": [900.0, 12.0]}, floors={"swd": 10.0}))
    assert course is not None and course.steps == (450, 900)
    assert far(course) is False


def test_a_line_without_findings_says_it_too() -> None:
    right = Probe(1000, 64, right_train=0.7, right_fake=0.7)
    measured = {"swd": [12.0] * 4}
    seen = evidence(curves=ROWS, steps=1200, preview=right, measured=measured)
    line = Coach([]).look(seen).line
    assert "D recognises 70 of 100 real images and 70 of 100 fakes (measured at step 1,000)" in line
    assert line.endswith("distance is 12.0.")  # that is of now
    stale = evidence(
        curves=ROWS, steps=1200, preview=Probe(10, 64, right_train=1.0, right_fake=1.0)
    )
    assert "D says 0.60 to real images" in Coach([]).look(stale).line


def test_what_a_metric_means_tells_an_old_number_with_its_step() -> None:
    config = evidence().config
    young = evidence(steps=10, measured={"swd": [900.0]})
    assert meaning(config, "swd", young).endswith("It is 900 now.")
    rows = evidence(curves=ROWS, steps=3000).recent[-1:].repeat(3000, 0)
    old = at(config, columns_of(config), rows, measured=young._every)
    assert "It was 900 at step 10" in meaning(config, "swd", old)


def test_a_setting_that_does_not_act_on_training_is_no_change() -> None:
    ledger = (
        Entry(100, "training.measuring", 0.05, 0.1), Entry(150, "optim.g.lr", 1e-4, 2e-4),
        Entry(180, "optim.d.lr", 1e-4, 7.0, "refused"), Entry(190, "pause"),
    )  # fmt: skip
    assert evidence(steps=200, ledger=ledger).turned == (150,)
