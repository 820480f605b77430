"""Whether a set fits into memory, before any of it is taken."""

from __future__ import annotations

import os
from pathlib import Path

from gan_lab.data.pictures import DataError

_COPIES = 2.2  # of the pixels at the most, while they are put in order
_SHARE = 0.8  # of the free memory


def refuse_too_much(name: str, count: int, side: int) -> None:
    """Raises DataError if so many colour pictures of that side would not fit."""
    due, free = _COPIES * count * side * side * 3, free_bytes()
    if free is not None and due > _SHARE * free:
        raise DataError(
            f"{name} has {count:,} files, which at {side}×{side} px need {due / 1e9:.1f} GB of"
            f" memory, and {free / 1e9:.1f} GB are free; make data.size smaller or take fewer"
        )


def free_bytes() -> int | None:
    """Memory that could be had now, caches of the system included; None where none tells."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
