"""How much of the disk one run may take: what goes first, and what always stays."""

from __future__ import annotations

from pathlib import Path

from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.film import Film
from gan_lab.runs.reading import files_of
from gan_lab.runs.states import States

MEGABYTE = 1_000_000  # bytes
KEPT = ("checkpoints", "states", "undo", "best", "film")
"""The folders that count; readings, samples and journals are small, and nothing is dropped of
them."""


def states_in(run: Path) -> dict[tuple[int, int], int]:
    """Bytes of everything in :data:`KEPT` of a run's folder, by device and number."""
    every: dict[tuple[int, int], int] = {}
    for name in KEPT:
        every |= files_of(run / name)
    return every


class Ration:
    """One run's; only the run's own thread calls it."""

    def __init__(self, directory: RunDirectory, states: States, film: Film) -> None:
        self._directory, self._states, self._film = directory, states, film

    def size(self) -> int:
        """Bytes that the run's states and film take; what has two names counts once."""
        return sum(states_in(self._directory.path).values())

    def keep_within(self, room: int) -> None:
        """Drop what can be spared best until all takes ``room`` bytes: states that only a new run
        would start from, ways back, shots of the film, older checkpoints.

        The newest checkpoint and the best state stay, whatever they take. Raises OSError.
        """
        for drop in (self._states.spare, self._undo, self._film.spare, self._checkpoint):
            while self.size() > room and drop():
                pass

    def _undo(self) -> bool:
        return _drop_first(sorted((self._directory.path / "undo").glob("*.pt")), 0)

    def _checkpoint(self) -> bool:
        return _drop_first(self._directory.checkpoint_files(), 1)


def _drop_first(files: list[Path], stay: int) -> bool:
    """The oldest of some files, unless there are no more than ``stay``; returns whether it went."""
    if len(files) <= stay:
        return False
    files[0].unlink(missing_ok=True)
    return True
