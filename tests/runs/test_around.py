"""What curves did around a change: means against the file, read in another way."""

from __future__ import annotations

import json
import time
from concurrent.futures import wait
from pathlib import Path

import numpy as np
import pytest

from gan_lab.runs import Run, RunDirectory, State, wire
from gan_lab.runs.around import SPAN, around
from gan_lab.runs.messages import Budget, Pause, Set, Step, Undo
from gan_lab.training.ledger import Entry
from tests.patience import WAIT

COLUMNS = ("a", "b")


def rows_of(first: int, last: int) -> np.ndarray:
    """Records of the steps from ``first`` to ``last``: a is the step, b is read at even ones."""
    steps = np.arange(first, last + 1, dtype=np.float32)
    return np.stack([steps, np.where(steps % 2 == 0, 1.0, np.nan)], axis=1)


def test_means_by_hand() -> None:
    ledger = [
        Entry(150, "optim.g.lr", 1.0, 2.0),
        Entry(300, "pause"),
        Entry(300, "objective.loss", "hinge", "minimax"),
        Entry(300, "optim.d.lr", 1.0, 9.0, outcome="refused"),
        Entry(360, "optim.d.lr", 1.0, 3.0),
        Entry(399, "stop"),
        Entry(500, "optim.d.lr", 3.0, 4.0),
    ]
    one = around(300, rows_of(201, 400), COLUMNS, ledger, frozenset({2}), take=1)
    assert one.means.tolist() == [[250.5, 1.0], [350.5, 1.0]]
    assert one.steps == (SPAN, SPAN) and (one.step, one.take) == (300, 1)
    assert [(place, entry.path) for place, entry in one.done] == [
        (1, "pause"),
        (2, "objective.loss"),
    ]
    assert one.others == (360,), "no button, not itself, not so far away"
    assert (one.earlier, one.later) == (150, 360)


def test_near_both_ends_there_are_fewer_steps() -> None:
    one = around(3, rows_of(1, 4), COLUMNS, [])
    assert one.steps == (3, 1)
    assert one.means.tolist() == [[2.0, 1.0], [4.0, 1.0]]
    assert (one.done, one.earlier, one.later) == ((), None, None)
    begin = around(0, rows_of(1, 1), COLUMNS, [])
    assert begin.steps == (0, 1)
    assert np.isnan(begin.means[0]).all() and np.isnan(begin.means[1, 1])


def test_a_span_of_the_file_is_what_was_written(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path / "run")
    assert directory.read_span(COLUMNS, 0, 5).shape == (0, 2)
    for first in (1, 51, 2001):
        directory.append_history(COLUMNS, rows_of(first, first + 49 if first < 2000 else 5000))
    whole = np.concatenate([rows_of(1, 100), rows_of(2001, 5000)])
    for first, count in ((0, 10), (95, 10), (3000, 100), (3095, 100), (9999, 5)):
        np.testing.assert_array_equal(
            directory.read_span(COLUMNS, first, count), whole[first : first + count]
        )
    with (directory.path / "history" / "readings.f32").open("ab") as file:
        file.write(b"12345")  # a record that is being written
    np.testing.assert_array_equal(directory.read_span(COLUMNS, 3095, 100), whole[3095:])
    with pytest.raises(ValueError, match="does not belong"):
        directory.read_span(("a",), 0, 1)


def read_by_hand(directory: RunDirectory) -> tuple[list[str], np.ndarray]:
    data = (directory.path / "history" / "readings.f32").read_bytes()
    head, _, body = data.partition(b"\n")
    columns = json.loads(head)["columns"]
    return columns, np.frombuffer(body, "<f4").reshape(-1, len(columns))


def test_of_a_real_run_and_of_changes_long_ago(tmp_path: Path, small) -> None:
    """And after the run went back."""
    config = small({"optim.g.lr": 1e-3})
    run = Run(config, RunDirectory.create(tmp_path / "run"), budget=Budget(steps=600)).start()

    def step(count: int) -> None:
        wanted = run.latest().counts.steps + count
        wait([run.send(Step(count))], 60)
        deadline = time.monotonic() + WAIT
        while run.latest().counts.steps < wanted or run.latest().state is State.RUNNING:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    wait([run.send(Pause())], 60)
    step(150 - run.latest().counts.steps)
    assert run.send(Set("optim.g.lr", 2e-3)).result(WAIT).outcome == "applied"
    one = run.around(150)
    assert one.steps == (100, 0) and np.isnan(one.means[1]).all()
    place = len(run.ledger()) - 1
    assert (place, "optim.g.lr") in [(p, entry.path) for p, entry in one.done]
    assert place in one.undoable
    with pytest.raises(ValueError, match="no step 151; the run is at step 150"):
        run.around(151)
    step(200)
    columns, written = read_by_hand(run.directory)
    one = run.around(150)
    assert one.columns == tuple(columns) and one.steps == (100, 100)
    parts = (written[50:150], written[150:250])
    expected = [np.ma.masked_invalid(part).mean(axis=0).filled(np.nan) for part in parts]
    np.testing.assert_allclose(one.means, expected, rtol=1e-5)
    rate = columns.index("lr/G")
    np.testing.assert_allclose(one.means[:, rate], [1e-3, 2e-3], rtol=1e-6)
    header, payload = wire.decode(wire.around_frame(one))
    assert header["kind"] == "around" and header["span"] == SPAN and header["steps"] == [100, 100]
    change = next(mark for mark in header["done"] if mark["path"] == "optim.g.lr")
    assert (change["old"], change["new"], change["undoable"]) == (1e-3, 2e-3, True)
    np.testing.assert_array_equal(np.frombuffer(payload, "<f4").reshape(2, -1), one.means)
    assert run.send(Undo(place)).result(WAIT).outcome == "applied"
    assert run.around(150).take == 1 and run.around(150).steps == (100, 0)
    with pytest.raises(ValueError, match="no step 151"):
        run.around(151)
