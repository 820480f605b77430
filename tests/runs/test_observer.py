"""Who looks after a run: what it finds, what it may cost, and that it changes nothing."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from dataclasses import replace

import pytest
import torch

from gan_lab.coach import Advice, Coach, Condition, Evidence, Finding, Health, Rule, Sign, Weight
from gan_lab.coach.findings import UndoTo
from gan_lab.measures import Measured, Value
from gan_lab.runs import Budget, State, fork, observer, pace
from gan_lab.runs.autopilot import REST, Autopilot
from gan_lab.runs.best_kept import BestKept
from gan_lab.runs.examiner import Examined, Examiner
from gan_lab.runs.journal import Journal
from gan_lab.runs.messages import Pause, Resume, Set, Step, Stop, Undo
from gan_lab.runs.purse import CREDIT, Purse
from tests.patience import WAIT


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """A last measurement is waited for, however slow the machine: a test of what was measured must
    not depend on the 1.5 s that the end of a run waits otherwise."""
    monkeypatch.setattr(observer, "PARTING", WAIT)


def ask(run, command):
    return run.send(command).result(WAIT)


def waited(what):
    deadline = time.monotonic() + WAIT
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def rule(name="sick", weight=Weight.TROUBLE, changes=(("optim.g.lr", 0.125),)):
    return Rule(
        name, name.title(), weight, "Why it happens.", "a paper", lambda _: None,
        lambda _: (Advice("Turn it down.", changes),),
    )  # fmt: skip


def finding(one, since=10, until=None):
    return Finding(one, Sign(0.9, "It is so.", ("loss/D",), 1, since), one.advice(None), since,
                   until)  # fmt: skip


class Scripted:
    """A coach who finds the same at every look from a step on."""

    def __init__(self, found=(), since=1):
        self.found, self.since = found, since

    def resume(self, standing: tuple[Finding, ...], step: int) -> None:
        """What stood is not remembered."""

    def look(self, evidence: Evidence) -> Health:
        there = tuple(finding(one, self.since) for one in self.found)
        if evidence.step < self.since:
            there = ()
        return Health(evidence.step, Condition.TROUBLE, "It goes badly.", there)


@pytest.fixture
def counted(monkeypatch):
    """Measuring is one number, which counts down with the steps; gives the steps measured."""
    steps = []

    def examine(self, shown):
        self._go_on()
        steps.append(shown.step)
        value = {"swd": Value(1000.0 - shown.step, 8, 0.5)}
        return Examined((Measured(shown.step, "averaged", value),), ("swd", "less"))

    monkeypatch.setattr(Examiner, "examine", examine)
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    return steps


def state_at(run, step):
    return torch.load(run.directory.path / "checkpoints" / f"{step:09d}.pt", weights_only=True)


def test_an_observed_run_equals_an_unobserved_one_to_the_bit(begin, small, differences):
    ends = [played(begin(small({"training.measuring": x}), f"run-{x}", budget=Budget(steps=200)))
            for x in (0.0, 0.5)]  # fmt: skip
    assert [bool(run.checkup().measured) for run in ends] == [False, True]
    plain, observed = (state_at(run, 200) for run in ends)
    for state in (plain, observed):  # the setting itself, the time it took, and the pause
        for name in ("config", "seconds", "ledger"):
            del state[name]
    assert not differences(plain, observed)


def played(run):
    """To its end, with a rest on the way in which it is measured if it ever is."""
    ask(run, Pause())
    if run.latest().config.training.measuring:
        waited(lambda: run.checkup().measured)
    ask(run, Resume())
    assert run.join(WAIT)
    return run


def test_measures_of_both_kinds_of_weights_stay_with_the_run(begin, small):
    run = begin(small({"training.measuring": 0.5}), budget=Budget(steps=40))
    assert run.join(WAIT)
    lines = Journal(run.directory.path).measured()
    assert lines
    assert {one.weights for one in lines} >= {"averaged"}
    assert all(value.n > 0 for one in lines for value in one.values.values())
    assert list(run.checkup().measured) == lines
    summary = json.loads((run.directory.path / "summary.json").read_text())
    newest = [one for one in lines if one.weights == "averaged"][-1]
    assert newest.values.keys() <= summary["metrics"].keys()
    assert {"condition", "line", "findings"} == set(summary["coach"])
    assert "loss/D" in summary["metrics"]


def test_without_a_share_of_the_time_nothing_is_measured_but_the_coach_looks(begin, small, counted):
    run = begin(small({"training.measuring": 0.0}))
    waited(lambda: run.checkup().health)
    ask(run, Pause())
    assert not counted
    assert not run.checkup().measured


def test_measuring_waits_until_training_has_earned_it():
    now = [100.0]
    purse = Purse(lambda: now[0])
    purse.earn()  # loading took 100 s, which earn nothing
    assert purse.left(0.05) == CREDIT
    purse.spend(2.0)
    assert purse.left(0.05) == CREDIT - 2.0
    now[0] += 40.0
    purse.earn()
    assert purse.left(0.05) == pytest.approx(CREDIT - 2.0 + 2.0)
    assert purse.left(0.0) < 0


def test_a_run_that_stands_still_is_measured_once(begin, small, counted):
    run = begin(small({"training.measuring": 0.05}))
    ask(run, Pause())
    step = waited(lambda: run.latest().state is State.PAUSED and run.latest()).counts.steps
    waited(lambda: counted and counted[-1] == step)
    known = len(counted)
    time.sleep(0.2)
    assert len(counted) == known
    ask(run, Step(1))
    waited(lambda: counted[-1] == step + 1)


def test_what_fails_costs_measures_alone(begin, small, monkeypatch, caplog):
    def broken(self, shown):
        raise RuntimeError("no such luck")

    monkeypatch.setattr(Examiner, "examine", broken)
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(observer.Coach, "look", broken)
    run = begin(small({"training.measuring": 0.5}))
    waited(lambda: sum("given up" in r.getMessage() for r in caplog.records) == 2)
    ask(run, Pause())
    ask(run, Resume())
    ask(run, Stop())
    assert run.join(WAIT)
    assert run.latest().state is State.STOPPED
    assert sum("given up" in r.getMessage() for r in caplog.records) == 2
    assert not run.checkup().measured


def test_the_end_of_a_run_does_not_wait_for_a_long_measurement(begin, small, monkeypatch):
    monkeypatch.setattr(observer, "PARTING", 0.2)
    ended = []

    def slow(self, shown):
        while True:
            time.sleep(0.01)
            try:
                self._go_on()
            except BaseException:
                ended.append(shown.step)
                raise

    monkeypatch.setattr(Examiner, "examine", slow)
    run = begin(small({"training.measuring": 0.5}), budget=Budget(steps=5))
    assert run.join(WAIT)
    assert run.latest().state is State.FINISHED
    waited(lambda: ended)
    assert not (run.directory.path / "measures.jsonl").exists()


def test_undo_takes_back_what_was_measured_later(begin, small, counted):
    run = begin(small({"training.measuring": 0.5}))
    ask(run, Pause())
    step = waited(lambda: run.latest().state is State.PAUSED and run.latest()).counts.steps
    assert ask(run, Set("optim.g.lr", 0.01)).outcome == "applied"
    ask(run, Step(5))
    waited(lambda: any(m.step == step + 5 for m in run.checkup().measured))
    assert ask(run, Undo(_place(run, "optim.g.lr"))).outcome == ("applied")
    after = waited(lambda: run.checkup().take == 1 and run.checkup())
    assert all(m.step <= step for m in after.measured)
    assert all(m.step <= step for m in Journal(run.directory.path).measured())
    assert after.best is None or after.best.step <= step


def _place(run, path):
    return next(i for i, entry in enumerate(run.ledger()) if entry.path == path)


def test_a_resumed_run_finds_what_was_measured_up_to_its_checkpoint(begin, small, counted):
    run = begin(small({"training.measuring": 0.5}), budget=Budget(steps=6))
    assert run.join(WAIT)
    journal = Journal(run.directory.path)
    journal.note_measured(Measured(999, "averaged", {"swd": Value(0.0, 8)}))
    with (run.directory.path / "measures.jsonl").open("a") as file:
        file.write('{"step": 3, "values": "damaged"}\n{"step": 4, "wei')
    before = [m for m in journal.measured() if m.step <= 6]
    again = begin(run.directory.read_config(), resume=True)
    ask(again, Pause())
    assert again.checkup().measured[: len(before)] == tuple(before)
    assert all(m.step != 999 for m in journal.measured())


def test_a_fork_takes_along_what_was_measured_up_to_there(begin, small, counted, tmp_path):
    run = begin(small({"training.measuring": 0.5}), budget=Budget(steps=6))
    assert run.join(WAIT)
    known = Journal(run.directory.path).measured()
    Journal(run.directory.path).note_measured(Measured(7, "averaged", {"swd": Value(0.0, 8)}))
    child = fork(run.directory, tmp_path / "child")
    assert known and Journal(child.path).measured() == known


def test_the_best_state_is_kept_and_outlives_its_checkpoint(begin, small, tmp_path):
    changes = {"training.checkpoint_steps": 2, "training.keep_checkpoints": 1,
               "training.keep_states": 0}  # fmt: skip
    run = begin(small(changes), budget=Budget(steps=4))
    assert run.join(WAIT)
    directory = run.directory

    def told(step, number, name="swd"):
        return Measured(step, "averaged", {name: Value(number, 8)})

    kept = BestKept(directory)
    kept.settle([told(0, 3.0), told(3, 0.5), told(4, 1.0)], ("swd", "less"))  # 3 has no state
    assert directory.best() == kept.best == (4, "swd", 1.0, 8)
    (directory.path / "checkpoints" / "000000004.pt").unlink()
    kept.settle([told(0, 2.0), told(4, 1.0)], ("swd", "less"))
    assert directory.best().step == 4
    state = torch.load(directory.best().file(directory.path), weights_only=True)
    assert state["steps"] == 4
    kept.settle([told(0, 0.5), told(4, 1.0)], ("swd", "less"))
    assert directory.best().step == 0
    assert [p.name for p in (directory.path / "best").iterdir()] == ["000000000.pt"]
    kept.settle([told(0, 0.5)], ("coverage-pixels", "more"))  # nothing by that name yet
    assert directory.best() is None
    kept.settle([told(0, 0.5, "coverage-pixels")], ("coverage-pixels", "more"))
    assert BestKept(directory).best == (0, "coverage-pixels", 0.5, 8)
    kept.settle([], None)
    assert directory.best() is None and not list((directory.path / "best").iterdir())


def test_a_best_state_of_later_than_where_the_run_went_back_to_is_gone(begin, small):
    run = begin(small(), budget=Budget(steps=4))
    assert run.join(WAIT)
    kept = BestKept(run.directory)
    measured = [Measured(4, "averaged", {"swd": Value(1.0, 8)})]
    kept.settle(measured, ("swd", "less"))
    kept.cut(4)
    assert run.directory.best().step == 4
    kept.cut(3)
    assert run.directory.best() is None


def test_a_run_keeps_its_best_measured_state(begin, small, counted):
    run = begin(small({"training.measuring": 0.5}), budget=Budget(steps=8))
    assert run.join(WAIT)
    assert counted[-1] == 8
    best = run.directory.best()
    assert best == run.checkup().best
    assert (best.step, best.measure) == (8, "swd")  # the number falls with the steps


def test_findings_that_come_and_go_are_in_the_journal(begin, small, monkeypatch):
    sick = rule("sick")
    scripted = Scripted([sick])
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(observer, "Coach", lambda: scripted)
    monkeypatch.setattr("gan_lab.runs.journal.every_rule", lambda: {sick.name: sick})
    run = begin(small())
    waited(lambda: run.checkup().health and run.checkup().health.findings)
    scripted.found = []
    past = waited(lambda: run.checkup().past)
    assert [one.rule.name for one in past] == ["sick"]
    assert past[0].until is not None
    ask(run, Stop())
    assert run.join(WAIT)
    lines = (run.directory.path / "findings.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["came", "went"]
    assert json.loads(lines[0])["seen"] == "It is so."
    assert Journal(run.directory.path).past()[0].rule is sick
    assert run.summary()["coach"] == {
        "condition": "trouble", "line": "It goes badly.", "findings": [],
    }  # fmt: skip


def test_a_resumed_run_keeps_the_findings_that_stood(begin, small, monkeypatch):
    sick = dataclasses.replace(rule("sick"), patience=0, look=lambda _: Sign(0.9, "It is so."))
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(observer, "Coach", lambda: Coach([sick]))
    monkeypatch.setattr("gan_lab.runs.journal.every_rule", lambda: {sick.name: sick})
    run = begin(small())
    waited(lambda: run.checkup().health and run.checkup().health.findings)
    ask(run, Stop())
    assert run.join(WAIT)
    (before,) = run.checkup().health.findings
    well = dataclasses.replace(sick, patience=10**6, look=lambda _: None)
    monkeypatch.setattr(observer, "Coach", lambda: Coach([well]))
    again = begin(run.directory.read_config(), resume=True)
    (after,) = waited(lambda: again.checkup().health and again.checkup().health.findings)
    assert (after.rule.name, after.since, after.until) == ("sick", before.since, None)
    ask(again, Stop())
    assert again.join(WAIT)
    lines = (run.directory.path / "findings.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["came"]


@pytest.mark.parametrize("on", [True, False])
def test_the_autopilot_applies_first_advice_once_with_its_reason(begin, small, monkeypatch, on):
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(observer, "Coach", lambda: Scripted([rule("sick")]))
    run = begin(small({"training.autopilot": on}))
    waited(lambda: run.checkup().health and run.checkup().health.findings)
    if on:
        waited(lambda: run.ledger())
    time.sleep(0.2)
    ask(run, Stop())
    assert run.join(WAIT)
    turned = [(e.path, e.new, e.note) for e in run.ledger() if e.turned]
    assert turned == ([("optim.g.lr", 0.125, "coach: Sick - Turn it down.")] if on else [])
    lines = (run.directory.path / "findings.jsonl").read_text()
    assert ('"applied"' in lines) == on


def test_the_autopilot_gives_each_change_time_and_leaves_cautions_alone():
    sent = []

    class Answer:
        def add_done_callback(self, _):
            pass

    pilot = Autopilot(lambda command: sent.append(command) or Answer())
    careful = rule("careful", Weight.CAUTION)
    rebuild = rule("rebuild", changes=(("networks.g.width", 64),))
    first, second = rule("first"), rule("second")

    def health(step, *rules):
        return Health(step, Condition.TROUBLE, "", tuple(finding(one) for one in rules))

    assert pilot.mind(health(20, careful, rebuild)) is None
    assert pilot.mind(health(20, rebuild, first, second))[0].rule is first
    assert pilot.mind(health(21, first, second)) is None
    assert pilot.mind(health(20 + REST, first, second))[0].rule is second
    assert pilot.mind(health(20 + 2 * REST, first, second)) is None
    assert [one.note for one in sent] == [
        "coach: First - Turn it down.", "coach: Second - Turn it down.",
    ]  # fmt: skip


def test_the_autopilot_turns_knobs_and_never_undoes():
    sent = []

    class Answer:
        def add_done_callback(self, _):
            pass

    pilot = Autopilot(lambda command: sent.append(command) or Answer())
    undo, back = Advice("Undo it.", undo=UndoTo(0, 5)), Advice("Back.", (("optim.g.lr", 0.125),))
    both = replace(finding(rule()), advice=(undo, back))
    assert pilot.mind(Health(20, Condition.TROUBLE, "", (both,))) == (both, back)
    assert [(one.path, one.value) for one in sent] == [("optim.g.lr", 0.125)]


def test_the_coach_hears_which_changes_can_be_undone(begin, small, monkeypatch):
    heard = []
    look = Scripted.look
    monkeypatch.setattr(Scripted, "look", lambda *a: heard.append(a[1]) or look(*a))
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(observer, "Coach", Scripted)
    run = begin(small())
    ask(run, Pause())
    ask(run, Set("optim.g.lr", 0.01))
    place = len(run.ledger()) - 1
    ask(run, Resume())
    evidence = waited(lambda: next((one for one in heard if one.undoable), None))
    assert evidence.undoable == {place}
    assert evidence.ledger[place].path == "optim.g.lr"


def test_a_full_disk_costs_lines_alone(tmp_path, caplog):
    journal = Journal(tmp_path / "gone")
    journal.note_measured(Measured(1, "averaged", {"swd": Value(0.0, 8)}))
    journal.cut(0)
    assert journal.measured() == [] and "could not be written" in caplog.text


def test_a_watched_run_is_looked_at_whatever_measuring_costs(begin, small, monkeypatch):
    """The images on the page cost nothing: neither an empty budget nor a metric that never ends
    keeps the coach from looking at them."""
    stuck = threading.Event()

    def endless(self, shown):
        stuck.set()
        while True:
            self._go_on()
            time.sleep(0.01)

    monkeypatch.setattr(Examiner, "examine", endless)
    monkeypatch.setattr(Examiner, "probe", endless)
    monkeypatch.setattr(observer, "PARTING", 0.1)
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    run = begin(small({"training.measuring": 0.05}))
    with run.subscribed(lambda _: None):
        assert stuck.wait(WAIT)
        waited(lambda: (health := run.checkup().health) and "D recognises" in health.line)
        first = run.checkup().health.step
        waited(lambda: run.checkup().health.step > 2 * first)
    assert not run.checkup().measured


def test_a_look_comes_at_least_every_twenty_seconds():
    assert pace.LONGEST + observer.LOOK_EVERY <= 20.0
    slow = pace.Pace()
    slow.published(1000.0)  # whatever the page costs
    assert slow._interval <= pace.LONGEST


def test_the_last_look_at_a_run_that_broke_names_the_change(begin, small, monkeypatch):
    monkeypatch.setattr(observer, "LOOK_EVERY", 0.02)
    run = begin(small({"optim.g.name": "sgd", "optim.d.name": "sgd", "training.measuring": 0.0}))
    ask(run, Pause())
    assert ask(run, Set("optim.d.lr", 1.0)).outcome == "applied"
    assert ask(run, Set("regularisation.gp", 1000.0)).outcome == "applied"
    ask(run, Resume())
    assert run.join(WAIT)
    assert run.latest().state is State.FAILED
    first = run.checkup().health.findings[0]
    assert first.rule.name == "far-change"
    assert "the run broke" in first.sign.seen
    summary = json.loads((run.directory.path / "summary.json").read_text("utf-8"))
    assert summary["coach"]["findings"][0] == "far-change"
    assert first.advice[0].changes in ((("optim.d.lr", 2e-4),), (("regularisation.gp", 0.0),))
