"""Numbers in sentences."""

from __future__ import annotations


def size_of(count: int, noun: str) -> str:
    """Such as ``1,438 pictures`` or ``1 step``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
