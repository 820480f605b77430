"""How much memory there is to be had."""

from __future__ import annotations

from pathlib import Path

import psutil

_PLAIN, _LEAST = 32, 8
_GROUPS = Path("/sys/fs/cgroup")
# what a group may take, what it has, and the line of its statistics that tells what of that are
# files that give way; of both versions of the kernel's groups
_LIMITS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)


def free_bytes(groups: Path = _GROUPS) -> int:
    """Memory that could be had now, caches of the system included: of the machine, and of the
    container if this is one.

    Args:
        groups: where the kernel tells what a container may take.
    """
    free = psutil.virtual_memory().available
    left = (_left(groups, *names) for names in _LIMITS)
    return max(0, min([free, *(one for one in left if one is not None)]))


def _left(groups: Path, limit: str, used: str, statistics: str, files: str) -> int | None:
    """Of a container's share; None where it has no limit, or this is no container."""
    try:
        most = int((groups / limit).read_text("ascii"))
        taken = int((groups / used).read_text("ascii"))
        lines = (groups / statistics).read_text("ascii").split("\n")
    except (OSError, ValueError):  # not there, or "max"
        return None
    caches = next((int(line.split()[1]) for line in lines if line.startswith(f"{files} ")), 0)
    return most - taken + caches


def at_once(most: int, side: int) -> int:
    """How many pictures of that side, px, should pass a network together where nobody learns: as
    many as take the room of ``most`` of 32 px, yet no fewer than 8."""
    return min(most, max(_LEAST, most * _PLAIN**2 // side**2))


def gigabytes(count: float) -> str:
    """Such as ``3.2 GB`` or ``40 MB``."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e8 else f"{count / 1e6:,.0f} MB"
