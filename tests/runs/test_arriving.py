"""Room for a run that is imported, while it is unpacked."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from gan_lab.runs import arriving
from gan_lab.runs.arriving import Room
from tests.patience import WAIT


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "EVERY", 0.0)


def until_short(room: Room) -> None:
    deadline = time.monotonic() + WAIT
    while not room.is_short():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_whoever_asks_does_not_wait_for_a_look_at_all_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Semaphore(0), threading.Event()
    room = Room(tmp_path, 0)
    looked = room._look

    def slow(due: int) -> None:
        begun.release()
        assert go.wait(WAIT)
        looked(due)

    monkeypatch.setattr(room, "_look", slow)
    asked = threading.Thread(target=room.is_short, daemon=True)
    asked.start()
    assert begun.acquire(timeout=WAIT)
    asked.join(WAIT / 4)
    waited = asked.is_alive()
    go.set()
    assert not waited
    assert not begun.acquire(blocking=False), "one look at a time"


def test_a_disk_that_fills_up_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(tmp_path, 0)
    assert not room.is_short()

    def full(*_: object) -> None:
        raise OSError(28, "the disk is nearly full")

    monkeypatch.setattr(arriving, "refuse_full", full)
    until_short(room)
    with pytest.raises(OSError, match="nearly full"):
        room.check()


def test_runs_that_take_too_much_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(tmp_path, 0)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_bytes(bytes(3 << 20))
    monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", "2")
    until_short(room)
