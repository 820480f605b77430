"""Room for a run that is imported: before it is unpacked, while it is, and when it is complete."""

from __future__ import annotations

import time
from pathlib import Path

from gan_lab.runs.directory import DirectoryError
from gan_lab.runs.disk import refuse_full
from gan_lab.runs.library import library_of

EVERY = 0.5
"""s between two looks at the disk and at the size of all runs."""


class Room:
    """What one import may take below a runs root. What it has unpacked so far counts."""

    def __init__(self, root: Path, due: int) -> None:
        """
        Args:
            due: bytes that the run will take at least.

        Raises as :meth:`check`.
        """
        self._root, self._looked = root, time.monotonic()
        self._look(due)

    def is_short(self) -> bool:
        """Whether there is no room any more; to be asked again and again, it looks now and then."""
        if time.monotonic() - self._looked >= EVERY:
            self._looked = time.monotonic()
            try:
                self._look(0)
            except (DirectoryError, OSError):
                return True
        return False

    def check(self) -> None:
        """Raises DirectoryError if all runs take more than they may; OSError (ENOSPC) if the disk
        is nearly full."""
        self._look(0)

    def _look(self, due: int) -> None:
        library_of(self._root).make_room(due)
        refuse_full(self._root, due)
