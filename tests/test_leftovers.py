"""Temporary folders of killed processes are removed, those of living ones are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lab.leftovers import Temporary, sweep, temporary_folder

PREFIX = "ganlab-test-"
_HOLD = """
import sys
from pathlib import Path
from gan_lab.leftovers import Temporary
folder = Temporary(sys.argv[1], Path(sys.argv[2]))
(folder.path / "half").write_bytes(bytes(10))
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path):
    """Another process that holds a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, PREFIX, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(other, tmp_path):
    path = Path(other.stdout.readline().strip())
    assert sweep(PREFIX, tmp_path, young=0.0) == 0 and (path / "half").exists()
    other.kill()
    other.wait()
    assert sweep(PREFIX, tmp_path) == 0, "it may have been made just now"
    assert sweep(PREFIX, tmp_path, young=0.0) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_leftover_stays(tmp_path):
    (tmp_path / f"{PREFIX}file").write_text("a file")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    (tmp_path / "other-x").mkdir()
    before = sorted(tmp_path.iterdir())
    assert sweep(PREFIX, tmp_path, young=0.0) == 0
    assert sorted(tmp_path.iterdir()) == before
    assert sweep(PREFIX, tmp_path / "nowhere", young=0.0) == 0


def test_a_folder_is_gone_at_its_end_and_stays_under_another_name(tmp_path):
    with temporary_folder(PREFIX, tmp_path) as folder:
        assert sweep(PREFIX, tmp_path, young=0.0) == 0
        (folder / "x").write_text("x")
    assert list(tmp_path.iterdir()) == []
    kept = Temporary(PREFIX, tmp_path)
    kept.path.rename(tmp_path / "run")
    kept.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
