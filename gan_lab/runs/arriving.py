"""Room for a run that is imported: before it is unpacked, and while it is."""

from __future__ import annotations

from pathlib import Path

from gan_lab.runs.disk import refuse_full
from gan_lab.runs.library import library_of

EVERY = 32 << 20
"""Bytes between two looks at the disk and at the size of all runs."""


class Room:
    """What one import may still write below a runs root.

    Raises, at once and in :meth:`take`: DirectoryError if all runs would take more than they may;
    OSError (ENOSPC) if the disk would be nearly full.
    """

    def __init__(self, root: Path, due: int) -> None:
        """
        Args:
            due: bytes that the run will take.
        """
        self._root, self._left, self._unseen = root, due, 0
        self._look()

    def take(self, count: int) -> None:
        """``count`` of the bytes are about to be written."""
        self._left -= count
        self._unseen += count
        if self._unseen >= EVERY:
            self._unseen = 0
            self._look()

    def _look(self) -> None:
        library_of(self._root).make_room(max(0, self._left))
        refuse_full(self._root, max(0, self._left))
