"""Runs that were deleted: below ``.trash`` of the runs root, until they are too old or too many."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gan_lab.runs.directory import DirectoryError
from gan_lab.runs.reading import size_of

FOLDER = ".trash"
AGE = 7 * 24 * 3600.0  # s after which a deleted run is gone
ROOM = 4 << 30  # bytes that all of them take; the newest stays whatever it takes


class Deleted(NamedTuple):
    """One run in the trash.

    Attributes:
        name: that it had below the runs root.
        path: where its folder is now.
        since: when it was deleted, seconds since 1970.
    """

    name: str
    path: Path
    since: float


class Trash:
    """Of one runs root. Each run lies in a folder of its own, beside ``deleted.json``."""

    def __init__(self, root: Path, age: float = AGE, room: int = ROOM) -> None:
        self._root, self._folder = root, root / FOLDER
        self._age, self._room = age, room

    def put(self, name: str) -> None:
        """Move a run there. Raises OSError; the run is then where it was."""
        place = self._folder / secrets.token_hex(8)
        place.mkdir(parents=True)
        try:
            told = {"name": name, "since": time.time()}
            (place / "deleted.json").write_text(json.dumps(told) + "\n", "utf-8")
            (self._root / name).rename(place / "run")
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self.tidy()

    def back(self, one: Deleted) -> None:
        """Move a run to where it was. Raises DirectoryError if something else is there by now,
        OSError."""
        target = self._root / one.name
        if target.exists():
            raise DirectoryError(f"There is another run {one.name} by now.")
        target.parent.mkdir(parents=True, exist_ok=True)
        one.path.rename(target)
        shutil.rmtree(one.path.parent, ignore_errors=True)

    def every(self) -> list[Deleted]:
        """Newest first."""
        return sorted(self._found(), key=lambda one: -one.since)

    def tidy(self) -> None:
        """What is too old goes, and of the others the oldest while they take too much."""
        size = 0
        for place, one in enumerate(self.every()):
            size += size_of(one.path)
            if time.time() - one.since > self._age or (place and size > self._room):
                self._drop(one)

    def give_up(self, room: int) -> int:
        """Make room by the oldest; returns the bytes that this has given."""
        given = 0
        for one in reversed(self.every()):
            if given >= room:
                break
            given += size_of(one.path)
            self._drop(one)
        return given

    def _drop(self, one: Deleted) -> None:
        # what it is called goes last: what is cut short here is still found, and dropped next time
        shutil.rmtree(one.path, ignore_errors=True)
        if not one.path.exists():
            shutil.rmtree(one.path.parent, ignore_errors=True)

    def _found(self) -> Iterator[Deleted]:
        with contextlib.suppress(OSError):
            for place in self._folder.iterdir():
                try:
                    told = json.loads((place / "deleted.json").read_text("utf-8"))
                    one = Deleted(str(told["name"]), place / "run", float(told["since"]))
                except (OSError, ValueError, KeyError, TypeError, RecursionError):
                    continue
                if one.path.is_dir() and _below(one.name):
                    yield one


def _below(name: str) -> bool:
    """Whether a name leads to somewhere below the root."""
    path = Path(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
