"""A disk that is full or read-only in the midst of a run: a real one, where we may mount it."""

import os
import subprocess
import sys

import pytest

from gan_lab.runs import Budget, Registry, Run, RunDirectory, State
from gan_lab.runs.messages import Checkpoint, Pause, Resume, Set, Stop
from tests.patience import WAIT

FULL = (
    "The disk is full; free some space, then press Resume. Nothing is lost as long as the app runs."
)


@pytest.fixture
def disk(tmp_path):
    """A file system of 2 MB."""
    where = tmp_path / "disk"
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(where)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


def fill(disk):
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass


@pytest.fixture
def on(disk, small):
    """A run on that disk, endless if no budget is given."""
    runs = []

    def start(budget=None, resume=False, **changes):
        path = disk / "run"
        directory = RunDirectory(path) if resume else RunDirectory.create(path)
        config = small({"training.checkpoint_steps": 40, "training.keep_states": 0, **changes})
        runs.append(Run(config, directory, budget=budget, resume=resume).start())
        return runs[-1]

    yield start
    for run in runs:
        run.send(Stop())
        assert run.join(WAIT)


def test_a_full_disk_pauses_the_run_and_nothing_is_lost(disk, on, begin, small, until, differences):
    run = on(Budget(steps=400))
    until(run, lambda m: m.counts.steps > 0)
    fill(disk)
    moment = until(run, lambda m: m.state is State.PAUSED)
    assert moment.note == FULL and moment.refused
    stood = moment.counts.steps
    before = run.directory.read_checkpoint()["steps"]
    assert before <= stood < 400, "the last checkpoint is whole"
    assert run.send(Resume()).result(WAIT).outcome == "applied"
    until(run, lambda m: m.state is State.PAUSED and m.number > moment.number)
    (disk / "filler").unlink()
    run.send(Resume()).result(WAIT)
    assert run.join(WAIT) and run.latest().state is State.FINISHED and not run.latest().refused
    other = begin(
        small({"training.checkpoint_steps": 40, "training.keep_states": 0}),
        budget=Budget(steps=400),
    )
    assert other.join(WAIT)
    ours, theirs = (r.directory.read_checkpoint() for r in (run, other))
    for state in (ours, theirs):
        state.pop("ledger"), state.pop("seconds")
    assert differences(ours, theirs) == []
    readings = [(r.directory.path / "history" / "readings.f32").read_bytes() for r in (run, other)]
    assert readings[0] == readings[1]
    lines = (run.directory.path / "ledger.jsonl").read_text().splitlines()
    assert lines == [e.to_json() for e in run.ledger()]


def test_what_is_to_be_saved_now_and_cannot_is_told(disk, on, until):
    run = on(**{"training.checkpoint_steps": 0})
    until(run, lambda m: m.counts.steps > 0)
    run.send(Pause()).result(WAIT)
    fill(disk)
    refused = run.send(Checkpoint()).result(WAIT)
    assert refused.outcome == "refused" and refused.note == "The disk is full; free some space"
    assert until(run, lambda m: m.refused).note == FULL
    (disk / "filler").unlink()
    saved = run.send(Checkpoint()).result(WAIT)
    assert saved.outcome == "applied" and saved.step == run.directory.read_checkpoint()["steps"] > 0
    assert until(run, lambda m: not m.refused).note == ""


def test_a_full_disk_of_one_run_is_nothing_to_others(disk, small, until, differences, begin):
    """Those of the server go on, may begin, and are looked after; to the bit as if alone."""
    config = small({"training.checkpoint_steps": 40, "training.keep_states": 0})
    registry = Registry()
    hers = registry.start(config, "ann")
    until(hers.run, lambda m: m.counts.steps > 0)
    his = Run(config, RunDirectory.create(disk / "run")).start()
    until(his, lambda m: m.counts.steps > 0)
    fill(disk)
    assert until(his, lambda m: m.state is State.PAUSED).note == FULL
    stood = hers.run.latest().counts.steps
    assert registry.start(config, "ben").run.latest().state is not State.FAILED
    registry.reap()
    moment = until(hers.run, lambda m: m.counts.steps > stood + 100)
    assert moment.state is State.RUNNING and not moment.refused and moment.note == ""
    registry.close()
    his.send(Stop())
    assert his.join(WAIT)
    assert hers.run.latest().state is State.STOPPED
    last = hers.directory.read_checkpoint()
    alone = begin(config, budget=Budget(steps=last["steps"]))
    assert alone.join(WAIT)
    assert differences(last["players"], alone.directory.read_checkpoint()["players"]) == []


def test_a_disk_that_becomes_read_only_pauses_the_run(disk, on, until):
    run = on()
    until(run, lambda m: m.counts.steps > 0)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    moment = until(run, lambda m: m.state is State.PAUSED)
    assert moment.note.startswith("The run's folder cannot be written to; make it writable, then")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    run.send(Resume()).result(WAIT)
    assert run.latest().refused == "" or until(run, lambda m: not m.refused)
    assert run.send(Set("optim.g.lr", 1e-3)).result(WAIT).outcome == "applied"


def test_a_run_that_cannot_be_kept_when_it_goes_on_is_refused(disk, on):
    assert on(Budget(steps=3)).join(WAIT)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    run = on(Budget(steps=6), resume=True)
    assert run.join(WAIT) and run.latest().state is State.FAILED
    assert run.latest().note.startswith("The run's folder cannot be written to; make it writable")


def test_the_command_line_ends_in_one_line(disk):
    """Nobody is there to press Resume."""
    tiny = [
        part
        for one in ("data.name=digits", "data.size=0", "training.checkpoint_steps=5")
        for part in ("--set", one)
    ]
    done = subprocess.run(
        [sys.executable, "-m", "gan_lab", "train", "--preset", "quick", *tiny,
         "--steps", "2000", "--out", str(disk / "run")],
        capture_output=True, text=True, check=False, env=os.environ, timeout=WAIT,
    )  # fmt: skip
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and lines[0].startswith("error: The disk is full; free some space, then")
    assert "Traceback" not in done.stderr
