"""A sample of the campaigns: ten kills, and some faults."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lab.runs.worker import Worker

ROOT = Path(__file__).parents[2] / "benchmarks"


def asked(code, where):
    """In a process of its own: one that has never computed may be forked."""
    head = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path\n"
    done = subprocess.run(
        [sys.executable, "-c", head + code, str(where)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ten_kills_lose_nothing(tmp_path):
    asked(
        "import kills\n"
        "for case in ('pictures', 'points'):\n"
        "    found = kills.piece(case, 5, Path(sys.argv[1]), 5)\n"
        "    assert not found['lost'] and found['clock'] + found['call'] >= 3, found\n",
        tmp_path,
    )


@pytest.fixture
def campaigns(monkeypatch):
    """The modules of the campaigns in this process, for what needs no fork."""
    monkeypatch.syspath_prepend(str(ROOT))
    yield
    for name in ("faults", "kills", "house", "states"):
        sys.modules.pop(name, None)


def test_what_is_damaged_is_noticed_and_gone_around(campaigns, monkeypatch, tmp_path):
    import faults

    monkeypatch.setattr(faults, "PLACES", 2)
    for name in ("checkpoints/000000012.pt", "history/readings.f32", "config.json"):
        found = faults.piece(name, tmp_path)
        assert not found["lost"] and found["went on"] == found["faults"], found


def test_a_wrong_resume_would_be_noticed(campaigns, monkeypatch, tmp_path):
    import kills

    monkeypatch.setattr(Worker, "_obey", Worker._obey)  # what is changed in it goes with the test
    a, b = tmp_path / "a", tmp_path / "b"
    assert kills.trained("points", a, 22) == 0
    shutil.copytree(a, b)
    kills.compared(a, b)
    file = b / "history" / "readings.f32"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(kills.Lost, match=r"readings\.f32"):
        kills.compared(a, b)
