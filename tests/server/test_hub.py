"""What the server removes from the disk at its start and from time to time."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from gan_lab.export import tensorboard
from gan_lab.export.script import write
from gan_lab.leftovers import YOUNG, Temporary
from gan_lab.runs.library import ARRIVING
from gan_lab.server import hub, making, takeout


def aged(path: Path) -> Path:
    then = time.time() - 2 * YOUNG
    os.utime(path, (then, then))
    return path


def test_tidying_removes_what_killed_servers_left_and_nothing_that_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, system = tmp_path / "runs", tmp_path / "tmp"
    runs.mkdir()
    system.mkdir()
    monkeypatch.setenv("GANLAB_RUNS", str(runs))
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(tempfile, "tempdir", str(system))
    prefixes = (takeout.BROUGHT, making.PREFIX, tensorboard.PREFIX, write.PREFIX)
    for parent, prefix in [(runs, ARRIVING), *((system, prefix) for prefix in prefixes)]:
        left = Temporary(prefix, parent)
        (left.path / "half.zip").write_bytes(b"half")
        left.release()  # as the system does for a killed process
        aged(left.path)
    used = [Temporary(prefix) for prefix in prefixes]
    for one in used:
        aged(one.path)
    (runs / "mine").mkdir()
    hub.tidy()
    assert [path.name for path in runs.iterdir()] == ["mine"]
    assert sorted(system.iterdir()) == sorted(one.path for one in used)
    for one in used:
        one.remove()
    assert list(system.iterdir()) == []
