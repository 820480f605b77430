"""What other processes do to a run's folder."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_HOLD = (
    "import fcntl, os, sys; h = os.open(sys.argv[1], os.O_RDONLY);"
    " fcntl.flock(h, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
)


@contextlib.contextmanager
def claimed_elsewhere(run: Path) -> Iterator[None]:
    """While inside, another process holds the folder as one that trains there does."""
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, run], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        yield
    finally:
        other.communicate()
