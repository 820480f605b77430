"""A run takes no more of the disk than it may; the newest checkpoint and the best always stay."""

import pytest

from gan_lab.runs import Budget, RunDirectory, State
from gan_lab.runs.best import Best
from gan_lab.runs.film import Film
from gan_lab.runs.messages import Pause, Resume, Set
from gan_lab.runs.ration import MEGABYTE, Ration
from gan_lab.runs.states import States
from tests.patience import WAIT


@pytest.fixture
def full(begin, small):
    """A run of which much is kept, and what keeps it within bounds."""
    run = begin(
        small({"training.checkpoint_steps": 3, "training.keep_checkpoints": 4}),
        budget=Budget(steps=40),
    )
    run.send(Pause())
    run.send(Set("optim.g.lr", 0.001)).result(WAIT)
    run.send(Set("optim.g.lr", 0.002)).result(WAIT)
    run.send(Resume())
    assert run.join(WAIT) and run.latest().state is State.FINISHED
    directory = run.directory
    return directory, Ration(directory, States(directory), Film(directory.path / "film").open())


def test_what_has_two_names_counts_once(full):
    directory, ration = full
    every = [p for p in directory.path.rglob("*") if p.suffix in (".pt", ".film")]
    assert ration.size() == sum({p.stat().st_ino: p.stat().st_size for p in every}.values())
    assert ration.size() < sum(p.stat().st_size for p in every)


def test_where_there_is_room_nothing_goes(full):
    directory, ration = full
    before = sorted(directory.path.rglob("*"))
    ration.keep_within(ration.size())
    assert sorted(directory.path.rglob("*")) == before


def test_what_is_missed_least_goes_first(full):
    directory, ration = full
    checkpoints, shots = directory.checkpoint_files(), sorted((directory.path / "film").iterdir())
    ration.keep_within(sum(path.stat().st_size for path in (*checkpoints, *shots)))
    assert directory.checkpoint_files() == checkpoints, "the last ones, while anything else can go"
    assert sorted((directory.path / "film").iterdir()) == shots


@pytest.mark.parametrize("share", [0.9, 0.6, 0.3])
def test_it_is_kept_within_bounds_and_can_go_on(full, share):
    directory, ration = full
    room = int(share * ration.size())
    newest = directory.checkpoint_files()[-1]
    ration.keep_within(room)
    assert ration.size() <= room
    assert newest.exists() and directory.read_checkpoint()["steps"] == 40


def test_the_newest_checkpoint_the_best_and_both_ends_of_the_film_stay(full):
    directory, ration = full
    best = Best(39, "swd", 0.5, 64)
    best.file(directory.path).parent.mkdir(exist_ok=True)
    best.file(directory.path).write_bytes(b"x" * 5000)
    ration.keep_within(0)
    assert [int(p.stem) for p in directory.checkpoint_files()] == [40]
    assert best.file(directory.path).exists()
    shots = Film(directory.path / "film").open().shots
    assert (shots[0].step, shots[-1].step) == (0, 40)
    assert directory.undoable() == [] and States(directory).files() == []


def test_a_run_that_trains_keeps_to_it(begin, small):
    run = begin(
        small({"training.checkpoint_steps": 2, "training.keep_checkpoints": 100,
               "training.keep_megabytes": 1, "networks.g.max_width": 64,
               "networks.g.width": 32}),
        budget=Budget(steps=60),
    )  # fmt: skip
    assert run.join(WAIT)
    directory = RunDirectory(run.directory.path)
    ration = Ration(directory, States(directory), Film(directory.path / "film").open())
    newest = directory.checkpoint_files()[-1].stat().st_size
    assert newest < MEGABYTE / 3, "this test must have room for some"
    assert ration.size() <= MEGABYTE + 200_000, "but for the last shot"
    assert len(directory.checkpoint_files()) < 30
    assert [s.step for s in run.film.shots] == [
        s.step for s in Film(directory.path / "film").open().shots
    ], "memory and disk agree"
