"""States on the way, thinned as they age: what a new run can go on from."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.pace import Limits, Seldom
from gan_lab.runs.thinning import superfluous, worth_adding
from gan_lab.training import checkpoints

ROOM = 256 << 20  # bytes that they take together; the first and the last stay whatever they take
CADENCE = Limits(0.01, 5.0)
"""How often one is written that is no checkpoint besides."""


class States:
    """One run's, in its folder ``states/``; its own thread calls all but :meth:`files`."""

    def __init__(self, directory: RunDirectory, room: int = ROOM) -> None:
        self._folder = directory.path / "states"
        self._room = room
        self._clock = Seldom(CADENCE)

    def files(self) -> list[Path]:
        """Oldest first."""
        return _files(self._folder)

    def due(self, step: int, most: int) -> bool:
        """Whether to write one at ``step``: seldom, and only if it will stay for a while."""
        return self._clock.due() and worth_adding([int(p.stem) for p in self.files()], step, most)

    def save(self, step: int, state: dict[str, Any], most: int) -> None:
        """Write one. Raises OSError."""
        begun = time.perf_counter()
        self._folder.mkdir(exist_ok=True)
        checkpoints.save(state, self._folder / f"{step:09d}.pt")
        self._clock.done(time.perf_counter() - begun)
        self._thin(most)

    def take(self, checkpoint: Path, most: int) -> None:
        """Keep what has just been written as a checkpoint; where the disk can, it takes no more
        room. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        target = self._folder / checkpoint.name
        target.unlink(missing_ok=True)
        link(checkpoint, target)
        self._clock.done(0.0)
        self._thin(most)

    def cut(self, step: int) -> None:
        """What is beyond ``step`` never happened; one of that very step may know of a change that
        was taken back."""
        for path in self.files():
            if int(path.stem) >= step:
                path.unlink(missing_ok=True)

    def spare(self) -> bool:
        """Drop the one that is missed least; returns whether there was one. Raises OSError."""
        kept = self.files()
        if not kept:
            return False
        kept[superfluous([int(path.stem) for path in kept]) or 0].unlink(missing_ok=True)
        return True

    def _thin(self, most: int) -> None:
        kept = self.files()
        size = sum(path.stat().st_size for path in kept)
        while kept and (len(kept) > most or (size > self._room and len(kept) > 2)):
            place = superfluous([int(path.stem) for path in kept])
            dropped = kept.pop(place or 0)  # the first goes where there is room for one alone
            size -= dropped.stat().st_size
            dropped.unlink()


def kept_states(directory: RunDirectory) -> dict[int, Path]:
    """All states that a new run can go on from, by step, ascending: checkpoints too."""
    # of two of one step the checkpoint counts: only that one is rewritten where the run goes back
    every = [*_files(directory.path / "states"), *directory.checkpoint_files()]
    return dict(sorted({int(path.stem): path for path in every}.items()))


def link(source: Path, target: Path) -> None:
    """A second name for the same bytes; a copy where the disk knows no such thing.

    Files of states and shots are replaced and never written into, so neither name ever sees what
    becomes of the other. Raises OSError.
    """
    try:
        target.hardlink_to(source)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        shutil.copyfile(source, target)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*.pt") if re.fullmatch(r"\d{9,}", p.stem))
