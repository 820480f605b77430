"""Room for a run that is imported: before it is unpacked, while it is, and when it is complete."""

from __future__ import annotations

import time
from pathlib import Path

from gan_lab.runs.directory import DirectoryError
from gan_lab.runs.disk import refuse_full
from gan_lab.runs.library import library_of
from gan_lab.threads import BackgroundThread

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
        self._short = False
        self._looking: BackgroundThread | None = None
        self._look(due)

    def is_short(self) -> bool:
        """Whether there was no room any more at the last look; to be asked again and again.

        A look goes through the folders of all runs, so it happens in a thread of its own, now and
        then: who asks also watches the limits of other calls, and never waits.
        """
        due = time.monotonic() - self._looked >= EVERY
        if due and not self._short and (self._looking is None or not self._looking.is_alive()):
            self._looked = time.monotonic()
            self._looking = BackgroundThread(self._note, "room")
            self._looking.start()
        return self._short

    def _note(self) -> None:
        """On the thread: what the next answers are."""
        try:
            self._look(0)
        except (DirectoryError, OSError):
            self._short = True
        finally:
            self._looked = time.monotonic()  # where a look takes long, the next one is later

    def check(self) -> None:
        """Raises DirectoryError if all runs take more than they may; OSError (ENOSPC) if the disk
        is nearly full."""
        self._look(0)

    def _look(self, due: int) -> None:
        library_of(self._root).make_room(due)
        refuse_full(self._root, due)
