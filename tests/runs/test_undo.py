"""Back to just before a change: everything, to the bit, in memory, on disk and for viewers."""

import copy

import numpy as np
import pytest
import torch

from gan_lab.runs import Budget, State, directory
from gan_lab.runs.messages import Checkpoint, Pause, Resume, Set, Step, Stop, Undo
from gan_lab.training import checkpoints
from tests.patience import WAIT


def ask(run, command):
    return run.send(command).result(WAIT)


@pytest.fixture
def paused(begin, small, until):
    """A run that stands still after some rounds, and its whole state there."""

    def make(changes=None, name=None):
        run = begin(small(changes, name))
        until(run, lambda m: m.counts.steps >= 3)
        ask(run, Pause())
        until(run, lambda m: m.state is State.PAUSED)
        return run

    return make


def state_of(run):
    """A copy of all that a checkpoint would hold, without the ledger."""
    state = copy.deepcopy(run._worker.trainer.state_dict())
    state.pop("ledger")
    return state


def played(run, count, until):
    before = run.latest().counts.steps
    ask(run, Step(count))
    until(run, lambda m: m.state is State.PAUSED and m.counts.steps == before + count)


CHANGES = [
    ("quick", "optim.g.lr", 0.05),
    ("quick", "optim.d.name", "rmsprop"),
    ("quick", "objective.loss", "hinge"),
    ("progressive-small", "regularisation.gp", 1.0),
    ("cyclegan-small", "objective.cycle", 1.0),
    ("srgan-small", "optim.g.lr", 0.01),
]


@pytest.mark.parametrize(("name", "path", "value"), CHANGES)
def test_undo_restores_everything_to_the_bit(paused, until, differences, name, path, value):
    run = paused(name=name)
    before, ledger = state_of(run), run.ledger()
    curves = run.curves().values
    assert ask(run, Set(path, value)).outcome == "applied"
    played(run, 5, until)
    later = state_of(run)
    assert differences(before["players"], later["players"])
    entry = ask(run, Undo(len(ledger)))
    assert entry.outcome == "applied" and path in entry.note and entry.step == before["steps"]
    assert differences(before, state_of(run)) == []
    for player, saved in before["players"].items():
        now = run._worker.trainer.game.players[player].network.state_dict()
        assert all(torch.equal(now[k], v) for k, v in saved["network"].items())
    assert run.ledger() == [*ledger, entry]
    np.testing.assert_array_equal(run.curves().values, curves)
    moment = run.latest()
    assert (moment.counts.steps, moment.take, moment.state) == (before["steps"], 1, State.PAUSED)
    assert moment.pictures_step == before["steps"]


def test_what_follows_is_what_would_have_followed(paused, trainer, until, differences):
    run = paused()
    played(run, 4, until)
    start = run.latest().counts.steps
    ask(run, Set("optim.g.lr", 0.05))
    played(run, 6, until)
    ask(run, Undo(len(run.ledger()) - 2))
    played(run, 6, until)
    never = trainer()
    for _ in range(start + 6):
        never.round()
    expected = never.state_dict()
    expected.pop("ledger")
    assert differences(expected, state_of(run)) == []


def test_one_may_go_back_several_changes_and_then_not_to_later_ones(paused, until):
    run = paused()
    first = len(run.ledger())
    for lr in (0.01, 0.02, 0.03):
        ask(run, Set("optim.g.lr", lr))
    assert run.directory.undoable() == [first, first + 1, first + 2]
    assert ask(run, Undo(first + 1)).outcome == "applied"
    assert run.latest().config.optim.g.lr == 0.01
    assert run.directory.undoable() == [first]
    for change in (first + 2, 999, -1):
        entry = ask(run, Undo(change))
        assert entry.outcome == "refused" and "is not kept" in entry.note
    assert run.latest().config.optim.g.lr == 0.01


def test_the_last_eight_changes_are_kept_and_a_refused_one_is_none(paused):
    run = paused()
    first = len(run.ledger())
    for index in range(10):
        ask(run, Set("optim.g.lr", 0.001 * (index + 1)))
    assert run.directory.undoable() == list(range(first + 2, first + 10))
    ask(run, Set("optim.g.lr", -1.0))
    assert run.directory.undoable() == list(range(first + 2, first + 10))


def test_undo_while_it_trains_and_then_it_goes_on(paused, until):
    run = paused()
    ask(run, Resume())
    entry = ask(run, Set("optim.g.lr", 0.05))
    until(run, lambda m: m.counts.steps > entry.step + 50)
    place = run.ledger().index(entry)
    assert ask(run, Undo(place)).step == entry.step
    assert run.latest().take == 1
    until(run, lambda m: m.state is State.RUNNING and m.counts.steps > entry.step + 5)


def test_the_folder_follows_so_that_resume_goes_on_from_there(paused, until, begin, small):
    run = paused()
    ask(run, Set("optim.g.lr", 0.05))
    played(run, 5, until)
    ask(run, Checkpoint())
    place = next(i for i, e in enumerate(run.ledger()) if e.path == "optim.g.lr")
    step = ask(run, Undo(place)).step
    assert int(run.directory.checkpoint_files()[-1].stem) == step
    assert run.directory.read_config().optim.g.lr == small().optim.g.lr
    ask(run, Stop())
    assert run.join(WAIT)
    again = begin(small(), budget=Budget(steps=step + 2), resume=True)
    assert again.join(WAIT)
    assert again.latest().state is State.FINISHED and again.curves().records == step + 2
    assert [e.path for e in again.ledger()].count("undo") == 1


def test_a_viewer_of_the_former_take_gets_a_fresh_whole(paused, until):
    run = paused()
    ask(run, Set("optim.g.lr", 0.05))
    played(run, 5, until)
    curves, _ = run.curves_and_ledger(-1, 0, 300, 0)
    place = next(i for i, e in enumerate(run.ledger()) if e.path == "optim.g.lr")
    ask(run, Undo(place))
    fresh, ledger = run.curves_and_ledger(curves.level, len(curves.values), 300, curves.take)
    assert (fresh.take, fresh.first) == (1, 0)
    assert len(fresh.values) == fresh.records == run.latest().counts.steps
    assert ledger[-1].path == "undo"


def test_a_full_disk_costs_the_way_back_and_not_the_run(paused, monkeypatch):
    run = paused()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(run.directory), "write_before", full)
    assert ask(run, Set("optim.g.lr", 0.05)).outcome == "applied"
    assert run.latest().state is State.PAUSED and run.directory.undoable() == []
    assert ask(run, Undo(len(run.ledger()) - 1)).outcome == "refused"


def test_a_disk_that_refuses_the_way_back_leaves_what_is_only_in_memory(
    paused, until, differences, monkeypatch
):
    run = paused()
    ask(run, Set("optim.g.lr", 0.05))
    place = next(i for i, e in enumerate(run.ledger()) if e.path == "optim.g.lr")

    def full(*_):
        raise OSError(28, "No space left on device")

    append = directory._append
    monkeypatch.setattr(
        directory,
        "_append",
        lambda path, *rest: (full if path.suffix == ".f32" else append)(path, *rest),
    )
    monkeypatch.setattr(checkpoints, "save", full)
    steps = run.latest().counts.steps
    ask(run, Step(4))
    stood = until(run, lambda m: m.refused and m.state is State.PAUSED and m.counts.steps > steps)
    before, curves = state_of(run), run.curves()
    answer = ask(run, Undo(place))
    assert answer.outcome == "refused" and "disk is full" in answer.note
    assert run.latest().state is State.PAUSED, run.latest().note
    assert not list(differences(state_of(run), before))
    again = run.curves()
    assert np.array_equal(again.values, curves.values, equal_nan=True) and again.take > curves.take
    monkeypatch.undo()
    ask(run, Resume())
    until(run, lambda m: not m.refused and m.counts.steps > stood.counts.steps)
    ask(run, Checkpoint())
    state = run.directory.read_checkpoint()
    assert not run.directory.history_lost(run.curves().columns, state["steps"])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("dies_in", ["write_config", "cut_history", "rewrite_ledger"])
def test_whoever_dies_while_going_back_can_be_resumed(
    paused, until, begin, small, monkeypatch, dies_in
):
    run = paused({"training.keep_checkpoints": 1})
    ask(run, Set("optim.g.lr", 0.05))
    played(run, 5, until)
    ask(run, Checkpoint())
    later = run.latest().counts.steps
    place = next(i for i, e in enumerate(run.ledger()) if e.path == "optim.g.lr")

    def dead(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(run.directory), dies_in, dead)
    run.send(Undo(place))
    assert run.join(WAIT)
    monkeypatch.undo()
    again = begin(small(), budget=Budget(steps=later + 2), resume=True)
    assert again.join(WAIT)
    assert again.latest().state is State.FINISHED and again.curves().records == later + 2
    assert again.latest().config.optim.g.lr != 0.05, "the way that was left is not gone on with"


def test_large_states_leave_fewer_ways_back(paused, monkeypatch):
    from gan_lab.runs import directory

    run = paused()
    ask(run, Set("optim.g.lr", 0.01))
    size = next((run.directory.path / "undo").glob("*.pt")).stat().st_size
    monkeypatch.setattr(directory, "_UNDO_BYTES", int(2.5 * size))
    for lr in (0.02, 0.03, 0.04):
        ask(run, Set("optim.g.lr", lr))
    assert len(run.directory.undoable()) == 2
    monkeypatch.setattr(directory, "_UNDO_BYTES", 1)
    ask(run, Set("optim.g.lr", 0.05))
    assert len(run.directory.undoable()) == 1
