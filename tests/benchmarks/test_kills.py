"""A sample of the campaigns: ten kills, and some faults."""

import subprocess
import sys
from pathlib import Path

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


def test_what_is_damaged_is_noticed_and_gone_around(tmp_path):
    asked(
        "import faults\n"
        "faults.PLACES = 2\n"
        "for name in ('checkpoints/000000012.pt', 'history/readings.f32', 'config.json'):\n"
        "    found = faults.piece(name, Path(sys.argv[1]))\n"
        "    assert not found['lost'] and found['went on'] == found['faults'], found\n",
        tmp_path,
    )


def test_a_wrong_resume_would_be_noticed(tmp_path):
    asked(
        "import kills, shutil\n"
        "a, b = Path(sys.argv[1]) / 'a', Path(sys.argv[1]) / 'b'\n"
        "kills.undisturbed('points', a, 22)\n"
        "shutil.copytree(a, b)\n"
        "kills.compared(a, b)\n"
        "file = b / 'history' / 'readings.f32'\n"
        "data = bytearray(file.read_bytes()); data[-1] ^= 1; file.write_bytes(data)\n"
        "try:\n"
        "    kills.compared(a, b)\n"
        "except kills.Lost:\n"
        "    sys.exit(0)\n"
        "sys.exit(1)\n",
        tmp_path,
    )
