"""A parameter that somebody changed far is named first, if trouble began after that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gan_lab.coach import Coach, Evidence, Probe
from gan_lab.coach.rules import far_change
from gan_lab.training.ledger import Entry
from tests.coach.evidence import evidence

AT = 300
WELL = {"loss/D": 1.3, "loss/G": 0.8, "D(x)": 0.55, "D(G(z))": 0.45, "grad/G": 0.5, "grad/D": 0.5}
BLIND = {"loss/D": 6.0, "loss/G": 2.0, "D(x)": 0.49, "D(G(z))": 0.49, "grad/G": 0.005}
WON = {"loss/D": 0.01, "loss/G": 9.0, "D(x)": 0.995, "D(G(z))": 0.004}
FOOLED = {"loss/D": 3.0, "D(x)": 0.3, "D(G(z))": 0.7}


def run(
    since: dict[str, float], *ledger: Entry, steps: int = AT + 60, ill_from: int = AT, **others: Any
) -> Evidence:
    """Curves that are well until step 300, and others from then on."""
    then = np.arange(steps) < ill_from
    curves = {n: np.where(then, well, since.get(n, well)) for n, well in WELL.items()}
    changes = {entry.path: entry.new for entry in ledger if entry.turned}
    return evidence(curves=curves, steps=steps, changes=changes, ledger=ledger, **others)


D_RATE = Entry(AT, "optim.d.lr", 0.002, 1.0)
G_RATE = Entry(AT, "optim.g.lr", 0.004, 0.4)


@pytest.mark.parametrize("since", [BLIND, WON, FOOLED, {"grad/D": 500.0}])
def test_trouble_that_began_after_a_far_change_is_put_down_to_it(since: dict[str, float]) -> None:
    sick = run(since, D_RATE)
    sign = far_change.RULE.look(sick)
    assert sign is not None and sign.first == AT
    start = "D's learning rate was set to 1 at step 300 (it was 0.002); since then "
    assert sign.seen.startswith(start) and len(sign.seen) > len(start) + 10
    first = far_change.RULE.advice(sick)[0]
    assert first.changes == (("optim.d.lr", 0.002),) and first.live


PAUSED = Entry(AT - 40, "pause")


def test_undo_comes_first_where_the_state_before_the_change_is_kept() -> None:
    undo, back = far_change.RULE.advice(run(BLIND, PAUSED, D_RATE, undoable=(1,)))
    assert undo.undo == (1, AT) and not undo.changes
    assert undo.text.endswith("the training since step 300 is lost.")
    assert back.changes == (("optim.d.lr", 0.002),) and back.undo is None


@pytest.mark.parametrize("others", [{"undoable": ()}, {"undoable": (1,), "broken": True}])
def test_undo_is_not_offered_where_it_is_not_possible(others: dict[str, Any]) -> None:
    found = far_change.RULE.advice(run(BLIND, PAUSED, D_RATE, **others))
    assert [one.undo for one in found] == [None, None]
    assert found[0].changes == (("optim.d.lr", 0.002),)
    assert "time machine to before step 300" in found[1].text


def test_undo_goes_back_to_before_the_first_of_several_changes_that_went_far() -> None:
    way = (Entry(AT - 10, "optim.d.lr", 0.002, 0.05), Entry(AT, "optim.d.lr", 0.05, 1.0))
    first = far_change.RULE.advice(run(BLIND, *way, undoable=(0, 1)))[0]
    assert first.undo == (0, AT - 10)


@pytest.mark.parametrize(
    "entry",
    [Entry(AT, "optim.d.lr", 0.002, 0.015),
     Entry(AT, "objective.instance_noise", 0.0, 2.0), Entry(AT, "objective.label_flip", 0.0, 0.5),
     Entry(AT, "objective.augment", "none", "geometry"), Entry(AT, "optim.d.steps", 1, 20)],
)  # fmt: skip
def test_a_run_that_stays_well_after_a_far_change_is_left_alone(entry: Entry) -> None:
    for steps in range(AT + 10, AT + 200, 10):
        assert far_change.RULE.look(run({}, entry, steps=steps)) is None


@pytest.mark.parametrize(
    "entry",
    [Entry(AT, "optim.d.lr", 0.002, 0.004), Entry(AT, "objective.instance_noise", 0.0, 0.1),
     Entry(AT, "optim.g.beta1", 0.5, 0.4), Entry(AT, "training.measuring", 0.05, 0.5)],
)  # fmt: skip
def test_a_small_change_is_no_cause(entry: Entry) -> None:
    assert far_change.RULE.look(run(BLIND, entry)) is None


def test_fakes_that_get_worse_are_a_consequence_of_it() -> None:
    noise = Entry(AT, "objective.instance_noise", 0.0, 2.0)
    for newest, worse in (([10.0] * 9 + [16.0] * 3, True), ([10.0] * 9 + [12.0] * 3, False),
                          ([10.0] * 11 + [16.0], False)):  # fmt: skip
        sign = far_change.RULE.look(run({}, noise, steps=400, measured={"swd": newest}))
        assert (sign is not None) == worse
    # the ninth of twelve numbers is that of step 300
    sign = far_change.RULE.look(
        run({}, noise, steps=400, measured={"swd": [10.0] * 9 + [16.0] * 3})
    )
    assert sign is not None and sign.measured == 400
    assert "the sliced Wasserstein distance went from 10.0 to 16.0" in sign.seen


def test_trouble_from_before_a_change_is_no_consequence_of_it() -> None:
    always = {name: WON.get(name, well) for name, well in WELL.items()}
    coach = Coach()
    for steps in range(100, AT + 10, 25):
        coach.look(evidence(curves=always, steps=steps))
    for steps in range(AT + 10, AT + 200, 25):
        changed = {"optim.d.lr": 0.015}
        health = coach.look(
            evidence(curves=always, steps=steps, changes=changed,
                     ledger=(Entry(AT, "optim.d.lr", 0.002, 0.015),))
        )  # fmt: skip
        assert "far-change" not in [finding.rule.name for finding in health.findings]


def test_the_cause_is_named_before_its_symptoms_and_soon() -> None:
    coach = Coach()
    named = None
    for steps in range(100, AT + 400, 10):
        ledger = (D_RATE,) if steps > AT else ()
        preview = Probe(steps, 64, spread=0.9 if steps <= AT else 0.1, twins=1.0)
        health = coach.look(run(WON, *ledger, steps=steps, preview=preview))
        if health.findings and named is None:
            named = steps
        if named:
            assert health.findings[0].rule.name == "far-change"
            assert health.line.startswith("Trouble: changed too far. D's learning rate was set")
    assert named is not None and named <= AT + 50
    assert {f.rule.name for f in health.findings} >= {"far-change", "collapse", "d-wins"}


BACK = (D_RATE, Entry(AT + 100, "optim.d.lr", 1.0, 0.002))


def set_back(well_from: int, until: int) -> Coach:
    """What a coach saw of a run whose parameter was set back at step 400."""
    coach = Coach()
    for steps in range(100, until, 10):
        ledger = () if steps <= AT else BACK if steps > AT + 100 else (D_RATE,)
        at = np.arange(steps)
        curves = {
            n: np.where((at < AT) | (at >= well_from), well, BLIND.get(n, well))
            for n, well in WELL.items()
        }
        changes = {entry.path: entry.new for entry in ledger}
        coach.look(evidence(curves=curves, steps=steps, changes=changes, ledger=ledger))
        if steps == AT + 100:
            assert coach.standing[0].rule.name == "far-change"
    return coach


def test_a_run_that_recovers_once_the_parameter_is_set_back_loses_the_finding() -> None:
    coach = set_back(AT + 100, AT + 200)
    assert "far-change" not in [finding.rule.name for finding in coach.standing]


@pytest.mark.parametrize("until", [AT + 200, AT + 4000])
def test_setting_it_back_is_not_enough_while_the_run_has_not_recovered(until: int) -> None:
    first = set_back(10**6, until).standing[0]
    assert first.rule.name == "far-change"
    words = "was set to 1 at step 300 (it was 0.002), and back at step 400, but the run has not"
    assert f"{words} recovered: " in first.sign.seen
    assert [advice.changes for advice in first.advice] == [()]  # Undo alone brings the weights back


def test_undo_goes_back_to_before_the_far_change_and_no_later_one() -> None:
    later = Entry(AT + 150, "optim.d.lr", 0.002, 0.003)  # from the same value, and not far
    sick = run(BLIND, *BACK, later, steps=AT + 200, undoable=(0, 1, 2))
    (undo,) = far_change.RULE.advice(sick)
    assert undo.undo == (0, AT)


def test_trouble_that_comes_long_after_the_parameter_was_set_back_has_another_cause() -> None:
    for ill_from, cause in ((AT + 150, True), (AT + 400, False)):
        late = run(BLIND, *BACK, steps=AT + 900, ill_from=ill_from)
        assert (far_change.RULE.look(late) is not None) == cause


def test_metrics_from_before_it_was_set_back_say_nothing_of_the_time_after() -> None:
    noise = (Entry(AT, "objective.instance_noise", 0.0, 2.0),
             Entry(AT + 60, "objective.instance_noise", 2.0, 0.0))  # fmt: skip
    numbers = [10.0] * 6 + [16.0] * 2  # at steps 50 to 400
    assert far_change.RULE.look(run({}, *noise, steps=400, measured={"swd": numbers})) is None
    assert far_change.RULE.look(run({}, noise[0], steps=400, measured={"swd": numbers})) is not None


def test_it_goes_back_to_where_several_steps_away_began() -> None:
    way = (Entry(AT - 10, "optim.d.lr", 0.002, 0.05), Entry(AT, "optim.d.lr", 0.05, 1.0))
    assert far_change.RULE.advice(run(BLIND, *way))[0].changes == (("optim.d.lr", 0.002),)
    deliberate = (Entry(AT - 10, "optim.d.lr", 0.002, 0.004), Entry(AT, "optim.d.lr", 0.004, 1.0))
    assert far_change.RULE.advice(run(BLIND, *deliberate))[0].changes == (("optim.d.lr", 0.004),)


def test_a_run_that_broke_at_once_is_put_down_to_the_change() -> None:
    coach = Coach()
    coach.look(run({}, steps=AT))
    health = coach.look(run({}, G_RATE, steps=AT + 2, broken=True))
    assert health.findings[0].rule.name == "far-change"
    assert "the run broke" in health.line
    unturned = Coach().look(run({}, steps=AT, broken=True))
    assert unturned.findings == ()


def test_a_rate_that_no_game_survives_is_enough() -> None:
    coach = Coach()
    for steps in range(100, AT + 60, 10):
        health = coach.look(run({}, *((D_RATE,) if steps > AT else ()), steps=steps))
    assert [finding.rule.name for finding in health.findings] == ["far-change"]


@pytest.mark.parametrize("since", [BLIND, WON, FOOLED, {"grad/D": 500.0}])
def test_trouble_that_began_much_later_is_not_put_down_to_it(since: dict[str, float]) -> None:
    for steps in (2600, 4500):
        late = run(since, D_RATE, steps=steps, ill_from=2500)
        assert far_change.RULE.look(late) is None
        assert far_change.RULE.look(run(since, D_RATE, steps=steps, ill_from=900)) is not None


@pytest.mark.parametrize("since", [BLIND, WON, FOOLED, {"grad/D": 500.0}])
def test_trouble_that_lasts_is_put_down_to_it_for_as_long(since: dict[str, float]) -> None:
    for steps in (3_000, 9_000, 40_000):  # a bucket of the thinned curve has 8, 32, 128 readings
        assert far_change.RULE.look(run(since, D_RATE, steps=steps)) is not None


def test_a_change_that_the_coach_advised_is_not_suspected() -> None:
    note = "coach: The learning rate is too high - Lower the learning rate of D."
    assert far_change.suspects(run(WON, Entry(AT, "optim.d.lr", 1.0, 0.002))) != []
    advised = Entry(AT, "optim.d.lr", 1.0, 0.002, note=note)
    assert far_change.suspects(run(WON, advised)) == []
    nearby = Entry(AT + 20, "optim.d.lr", 0.002, 0.003)  # near where the advice led to
    assert far_change.suspects(run(WON, advised, nearby)) == []
    away = Entry(AT + 20, "optim.d.lr", 0.002, 0.1)
    (suspect,) = far_change.suspects(run(WON, advised, away))
    assert suspect.entry.old == 0.002


def test_a_change_that_still_holds_is_suspected_before_one_that_was_set_back() -> None:
    here = (*BACK, Entry(AT - 50, "optim.g.lr", 0.004, 0.4))
    found = far_change.suspects(run(BLIND, *here))
    assert [one.entry.path for one in found] == ["optim.g.lr", "optim.d.lr"]


@pytest.mark.parametrize(
    "old", ["a", None, [1], {"b": 1}, pytest.param(10**400, id="huge"), np.nan, np.inf]
)
def test_a_former_value_that_is_no_number_is_not_compared(old: Any) -> None:
    assert far_change.RULE.look(run(WON, Entry(AT, "optim.d.lr", old, 1.0))) is None


def test_fakes_within_the_distance_of_real_images_are_not_worse() -> None:
    numbers, noise = [10.0] * 9 + [16.0] * 3, Entry(AT, "objective.instance_noise", 0.0, 2.0)
    for floor, worse in ((2.0, True), (8.0, False)):
        sick = run({}, noise, steps=400, measured={"swd": numbers}, floors={"swd": floor})
        assert (far_change.RULE.look(sick) is not None) == worse


def test_what_another_rule_sees_is_dated_once() -> None:
    coach = Coach()
    for steps in range(100, AT + 160, 10):
        ledger = (D_RATE,) if steps > AT else ()
        preview = Probe(min(steps, AT + 50), 64, spread=0.9 if steps <= AT else 0.1, twins=1.0)
        health = coach.look(run({}, *ledger, steps=steps, preview=preview))
    first = health.findings[0]
    assert first.rule.name == "far-change"
    assert "measured at step" not in first.sign.seen or first.sign.seen.count("measured at") == 1


def test_large_whole_numbers_are_told_with_separators() -> None:
    entry = Entry(AT, "optim.d.beta2_images", 100_000, 2_000_000)
    sign = far_change.RULE.look(run(WON, entry))
    assert sign is not None and "to 2,000,000 at step 300 (it was 100,000)" in sign.seen


@pytest.mark.parametrize(
    ("entry", "words"),
    [(Entry(AT, "regularisation.r1", 0.0, 10_000.0), "The R1 penalty was set to 10,000 at"),
     (Entry(AT, "regularisation.gp", 0.0, 500.0), "The gradient penalty was set to 500 at"),
     (Entry(AT, "objective.label_flip", 0.0, 0.5), "The share of flipped labels was set to 0.5"),
     (Entry(AT, "objective.joined_batch", False, True), "The joined batch was set to on at")],
)  # fmt: skip
def test_a_parameter_has_the_name_that_people_use(entry: Entry, words: str) -> None:
    sign = far_change.RULE.look(run(WON, entry))
    assert sign is not None and sign.seen.startswith(words)
