"""A run that goes on from another one's state: the same to the bit, and the other left alone."""

import hashlib
import json
import os
import shutil

import numpy as np
import pytest

from gan_lab.config import ConfigError
from gan_lab.runs import Budget, DirectoryError, Parent, Registry, Run, State, fork, parent_of
from gan_lab.runs.film import Film
from gan_lab.runs.messages import Checkpoint, Pause, Set, Step, Undo
from gan_lab.runs.states import kept_states
from gan_lab.training import checkpoints
from gan_lab.training.trainer import config_of
from tests.patience import WAIT


def ask(run, command):
    return run.send(command).result(WAIT)


def files(folder):
    """Every file of a run, by name: a digest of its bytes."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def came_from(directory):
    """Step at which a fork left its parent."""
    parent = parent_of(directory)
    assert parent is not None
    return parent.step


def state_of(run):
    state = run._worker.trainer.state_dict()
    state.pop("ledger")
    return state


@pytest.fixture
def finished(begin, small):
    """A run of 12 steps with states of steps 0, 4, 8 and 12."""

    def make(changes=None, name=None):
        every = {"training.checkpoint_steps": 4, "training.keep_checkpoints": 9}
        run = begin(small(every | (changes or {}), name), budget=Budget(steps=12))
        assert run.join(WAIT) and run.latest().state is State.FINISHED, run.latest().note
        return run

    return make


@pytest.fixture
def forked(begin, small, tmp_path):
    """``forked(run, step, changes)``: played to step 12."""

    def make(run, step, changes=None, name="child", steps=12):
        directory = fork(run.directory, tmp_path / name, step, changes or {})
        child = begin(
            directory.read_config(), name, budget=Budget(steps=steps), resume=True,
            changes=changes or {},
        )  # fmt: skip
        assert child.join(WAIT) and child.latest().state is State.FINISHED, child.latest().note
        return child

    return make


@pytest.mark.parametrize("name", ["quick", "progressive-small", "cyclegan-small"])
@pytest.mark.parametrize("step", [0, 8])
def test_forked_and_continued_is_the_parent_continued(finished, forked, differences, name, step):
    parent = finished(name=name)
    before = files(parent.directory.path)
    child = forked(parent, step)
    assert differences(state_of(parent), state_of(child)) == []
    np.testing.assert_array_equal(parent.curves().values, child.curves().values)
    assert child.curves().records == 12
    assert files(parent.directory.path) == before


def test_a_fork_names_its_parent(finished, forked):
    parent = finished()
    child = forked(parent, 8)
    assert parent_of(child.directory) == Parent(parent.directory.path.name, 8)
    assert parent_of(parent.directory) is None
    (entry,) = [e for e in child.ledger() if e.path == "fork"]
    assert (entry.step, entry.new) == (8, parent.directory.path.name)
    summary = json.loads((child.directory.path / "summary.json").read_text())
    assert summary["parent"] == {"run": parent.directory.path.name, "step": 8}
    assert "parent" not in parent.summary()


@pytest.mark.parametrize(
    ("asked", "taken"), [(0, 0), (3, 0), (4, 4), (11, 8), (99, 12), (None, 12)]
)
def test_the_newest_kept_state_at_or_before_the_step_is_taken(finished, tmp_path, asked, taken):
    directory = fork(finished().directory, tmp_path / "child", asked)
    assert came_from(directory) == taken
    assert list(kept_states(directory)) == list(range(0, taken + 1, 4))
    assert [s.step for s in Film(directory.path / "film").open().shots] == list(
        kept_states(directory)
    )
    assert directory.checkpoint_files()[-1].stem == f"{taken:09d}"


def test_a_fork_with_one_knob_changed_equals_a_run_that_took_the_change_there(
    finished, forked, trainer, differences
):
    child = forked(finished(), 4, {"optim.g.lr": 0.05})
    alone = trainer({"training.checkpoint_steps": 4, "training.keep_checkpoints": 9})
    for _ in range(4):
        alone.round()
    alone.set("optim.g.lr", 0.05)
    for _ in range(8):
        alone.round()
    expected = alone.state_dict()
    expected.pop("ledger")
    assert differences(expected, state_of(child)) == []
    assert [(e.step, e.path, e.new) for e in child.ledger()][1:] == [(4, "optim.g.lr", 0.05)]
    assert child.directory.read_config().optim.g.lr == 0.05


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fork_killed_in_its_first_rounds_keeps_its_change(
    finished, forked, begin, small, tmp_path, monkeypatch
):
    from gan_lab.training.trainer import Trainer

    parent = finished()
    directory = fork(parent.directory, tmp_path / "child", 4, {"optim.g.lr": 0.05})
    with monkeypatch.context() as patch:

        def dead(*_):
            raise KeyboardInterrupt

        patch.setattr(Trainer, "round", dead)
        child = begin(small(), "child", resume=True, changes={"optim.g.lr": 0.05})
        assert child.join(WAIT)
    again = begin(small(), "child", budget=Budget(steps=6), resume=True)
    assert again.join(WAIT)
    assert again.latest().config.optim.g.lr == 0.05
    assert [e.path for e in again.ledger()] == ["fork", "optim.g.lr"]
    assert directory.read_config().optim.g.lr == 0.05


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"latent.dim": 3}, "fixed when a run begins"), ({"optim.g.lr": -1.0}, "optim.g.lr"),
     ({"nothing": 1}, "no parameter"), ({"optim.players.X.lr": 0.1}, "players")],
)  # fmt: skip
def test_a_change_that_cannot_be_taken_leaves_no_folder(finished, tmp_path, changes, words):
    with pytest.raises(ConfigError, match=words):
        fork(finished().directory, tmp_path / "child", 4, changes)
    assert not (tmp_path / "child").exists()


def test_what_cannot_be_read_gives_way_to_what_is_before(finished, tmp_path):
    parent = finished()
    for folder in ("checkpoints", "states"):
        (parent.directory.path / folder / "000000008.pt").unlink()
        (parent.directory.path / folder / "000000008.pt").write_bytes(b"broken")
    assert came_from(fork(parent.directory, tmp_path / "child", 9)) == 4
    history = parent.directory.path / "history" / "readings.f32"
    history.write_bytes(history.read_bytes()[:-200])
    with pytest.raises(DirectoryError, match="has lost readings"):
        fork(parent.directory, tmp_path / "other", 12)
    for folder in ("checkpoints", "states"):
        shutil.rmtree(parent.directory.path / folder)
    with pytest.raises(DirectoryError, match="no state at step 9 or before"):
        fork(parent.directory, tmp_path / "other", 9)
    assert not (tmp_path / "other").exists()


def test_the_ledger_and_the_curves_are_cut_to_the_state(begin, small, until, tmp_path):
    run = begin(small({"training.keep_checkpoints": 9}))
    until(run, lambda m: m.counts.steps >= 3)
    ask(run, Pause())
    first = ask(run, Checkpoint()).step
    ask(run, Set("optim.g.lr", 0.01))
    ask(run, Step(5))
    until(run, lambda m: m.counts.steps == first + 5)
    child = Run(
        small(), fork(run.directory, tmp_path / "child", first), budget=Budget(steps=first),
        resume=True,
    ).start()  # fmt: skip
    assert child.join(WAIT)
    curves = child.curves()
    assert curves is not None and curves.records == first
    assert [e.path for e in child.ledger()] == ["pause", "checkpoint", "fork"]


def test_the_parent_may_train_and_go_back_meanwhile(begin, small, until, tmp_path, monkeypatch):
    """The state that was taken is dropped while the rest is copied: another one is taken."""
    from gan_lab.runs import forking as module

    run = begin(small({"training.keep_checkpoints": 9}))
    until(run, lambda m: m.counts.steps >= 3)
    ask(run, Pause())
    ask(run, Set("optim.g.lr", 0.01))
    place = len(run.ledger()) - 1
    ask(run, Step(5))
    until(run, lambda m: m.state is State.PAUSED)
    later = ask(run, Checkpoint()).step
    copy_history, went_back = module._copy_history, []

    def meanwhile(*arguments):
        if not went_back:
            went_back.append(ask(run, Undo(place)).step)
        return copy_history(*arguments)

    monkeypatch.setattr(module, "_copy_history", meanwhile)
    directory = fork(run.directory, tmp_path / "child", later)
    assert came_from(directory) == went_back[0] < later


def test_a_registry_forks_a_run_that_goes_on_training(small, until, differences):
    registry = Registry()
    try:
        parent = registry.start(small({"training.checkpoint_steps": 5}), "ann", "quick")
        until(parent.run, lambda m: m.counts.steps > 10)
        child = registry.fork(parent, 5, "bob", {"optim.g.lr": 0.05})
        assert child.view_id != parent.view_id and child.preset == "quick"
        assert child.may_control("bob") and not child.may_control("ann")
        assert child.parent is not None
        at = child.parent.step
        assert child.parent.run == parent.run.directory.path.name
        assert child.run.latest().config.optim.g.lr == 0.05
        until(child.run, lambda m: m.counts.steps > at + 3)
        before = parent.run.latest().counts.steps
        until(parent.run, lambda m: m.counts.steps > before)
        assert parent.run.latest().config.optim.g.lr != 0.05
        assert (
            registry.parent_of(child, "bob") is parent and registry.parent_of(child, "eve") is None
        )
        child.left = ""  # as after a new start of the server: only a file names the parent
        assert (
            registry.parent_of(child, "ann") is parent and registry.parent_of(child, "bob") is None
        )
        assert child.run.threads == parent.run.threads
    finally:
        registry.close(WAIT)


def test_a_fork_of_a_fork_and_the_end_of_its_parent(finished, forked, differences):
    parent = finished()
    child = forked(parent, 8, name="child")
    grandchild = forked(child, 12, name="grandchild", steps=16)
    shutil.rmtree(parent.directory.path)
    shutil.rmtree(child.directory.path)
    again = Run(
        grandchild.latest().config, grandchild.directory, budget=Budget(steps=18), resume=True
    ).start()
    assert again.join(WAIT)
    assert [e.new for e in again.ledger() if e.path == "fork"] == ["run", "child"]


def test_what_was_taken_back_is_in_no_fork(begin, small, until, tmp_path):
    """A checkpoint made after a change and before its undo knows of the change."""
    run = begin(small({"training.keep_checkpoints": 1}))
    ask(run, Pause())
    ask(run, Step(20))
    until(run, lambda moment: moment.counts.steps >= 20 and moment.state is State.PAUSED)
    at, before = run.latest().counts.steps, run.latest().config.optim.g.lr
    ask(run, Set("optim.g.lr", 0.01))
    ask(run, Checkpoint())
    (place,) = [i for i, entry in enumerate(run.ledger()) if entry.turned]
    ask(run, Undo(place))
    child = fork(run.directory, tmp_path / "child", at)
    assert came_from(child) == at
    assert child.read_config().optim.g.lr == before != 0.01
    for path in kept_states(run.directory).values():
        assert config_of(checkpoints.load(path)).optim.g.lr == before


def test_few_states_are_kept_if_few_are_wanted(begin, small, until):
    run = begin(small({"training.checkpoint_steps": 2}))
    until(run, lambda moment: moment.counts.steps >= 8)
    for most in (1, 0, 2):
        assert ask(run, Set("training.keep_states", most)).outcome == "applied"
        now = run.latest().counts.steps
        until(run, lambda moment, now=now: moment.counts.steps >= now + 8)
    assert run.latest().state is State.RUNNING


def test_a_state_that_was_written_anew_meanwhile_is_not_mixed_with_older_readings(
    finished, tmp_path, monkeypatch
):
    from gan_lab.runs import forking as module

    copy_history, times = module._copy_history, []

    def meanwhile(parent, child, records):
        source = kept_states(parent)[records]
        if len(times) < 2:
            times.append(source.stat().st_mtime_ns)
            os.utime(source, ns=(1, len(times)))  # the same file, in place
        return copy_history(parent, child, records)

    monkeypatch.setattr(module, "_copy_history", meanwhile)
    directory = fork(finished().directory, tmp_path / "child")
    assert len(times) == 2 and times[1] == 1, "it was begun again, twice"
    assert (directory.path / "config.json").exists()
