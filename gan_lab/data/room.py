"""Whether a set fits into memory, before any of it is taken."""

from __future__ import annotations

from gan_lab.data.pictures import DataError
from gan_lab.memory import free_bytes, gigabytes

_COPIES = 2.2  # of the pixels at the most, while they are put in order
_SHARE = 0.8  # of the free memory


def refuse_too_many(name: str, count: int, side: int, channels: int = 3) -> None:
    """Raises DataError if so many pictures of that side would not fit."""
    due, free = _COPIES * count * side * side * channels, free_bytes()
    if due > _SHARE * free:
        raise DataError(
            f"{name} has {count:,} pictures, which at {side}×{side} px need {gigabytes(due)} of"
            f" memory, and {gigabytes(free)} are free; make data.size smaller or take fewer"
        )
