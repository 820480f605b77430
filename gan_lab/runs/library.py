"""Every run that lies below the runs root, whoever trained it, and what may be done with it.

A folder is looked into once and again only when something in it has changed; weights are never
read, and nothing is written by looking.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gan_lab.leftovers import sweep
from gan_lab.runs import labels, reading, uploads
from gan_lab.runs.directory import DirectoryError, RunDirectory, runs_root
from gan_lab.runs.origin import preset_of
from gan_lab.runs.owners import Owners
from gan_lab.runs.ration import MEGABYTE, states_in
from gan_lab.runs.trash import Deleted, Trash

log = logging.getLogger(__name__)

HERE, PAUSED, ELSEWHERE = "training here", "paused", "elsewhere"
DAMAGED = "damaged"
ARRIVING = ".bringing-"
"""Before the name of a folder below the runs root in which a run is being unpacked."""
DEPTH = 3  # folders below the root in which runs are looked for
BOUND = 20_000  # MB that all runs take, unless GANLAB_RUNS_MEGABYTES says otherwise


@dataclass(frozen=True)
class Entry:
    """One run, as a list of runs tells it.

    Attributes:
        name: of its folder below the runs root, with slashes.
        path: the folder.
        title: that somebody gave it, or "".
        preset: that it began from; "" if that is not known.
        data: name of its data set, or where own pictures were; "" if that cannot be read.
        differs: paths and values that are not as the preset (or the schema) has them.
        steps: rounds that are kept.
        images: real pictures seen.
        seconds: of training.
        state: "training here", "paused" (here, too), "elsewhere" (another process trains it), "left
            behind" (by a server that was killed), "stopped", "finished", "failed", "generator
            alone" (brought in without the rest of its run), or "damaged".
        measures: the newest of the averaged G, by name.
        measured_at: the step at which they were measured; 0 where there are none.
        thumbnail: a small PNG of what G made last; b"" if there is none.
        size: bytes on disk.
        mine: whether the visitor may label, delete and go on with it.
        created: seconds since 1970.
        parent: name of the folder that it was forked from, or "".
        why: what went wrong with it, or "".
        owned: whether somebody started it through the app; else it is everybody's to see.
    """

    name: str
    path: Path
    title: str
    preset: str
    data: str
    differs: list[tuple[str, Any]]
    steps: int
    images: int
    seconds: float
    state: str
    measures: Mapping[str, float]
    thumbnail: bytes
    tags: list[str]
    note: str
    size: int
    mine: bool
    created: float
    parent: str = ""
    measured_at: int = 0
    why: str = ""
    owned: bool = False


class _Known(NamedTuple):
    """What is in memory of a folder: as long as its mark is the same, all of it is.

    ``states`` are the bytes of each state's file, by device and number: forks share them.
    """

    mark: tuple[Any, ...]
    entry: Entry
    owner: str
    states: Mapping[tuple[int, int], int]


class Library:
    """Thread-safe.

    Attributes:
        root: below which the runs lie.
        see_all: whether everybody sees every run: a server for one person alone.
    """

    def __init__(self, root: Path | None = None, *, see_all: bool | None = None) -> None:
        """
        Args:
            root: the runs root by default.
            see_all: as ``GANLAB_SEE=all`` by default.
        """
        self.root = Path(root) if root is not None else runs_root()
        self.see_all = os.environ.get("GANLAB_SEE") == "all" if see_all is None else see_all
        self.owners = Owners(self.root)
        self._trash = Trash(self.root)
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def entries(self, visitor: str | None = None) -> list[Entry]:
        """The runs that a visitor may see, newest first; all of them if none is named."""
        found = [self._told(path, visitor) for path in folders(self.root)]
        seen = [entry for entry in found if entry is not None]
        return sorted(seen, key=lambda entry: (-entry.created, entry.name))

    def entry(self, name: str, visitor: str | None = None) -> Entry | None:
        """One of :meth:`entries` by its name; None if there is none that this visitor may see."""
        path = self._path(name)
        return self._told(path, visitor) if path is not None else None

    def may_see(self, run: Path, visitor: str) -> bool:
        """Whether a run of the disk is a visitor's, or nobody's."""
        owner = self.owners.of(run)
        return self.see_all or not owner or self.owners.is_of(owner, visitor)

    def may_go_on(self, run: Path, visitor: str) -> bool:
        """Whether a visitor may train a run of the disk further: his own, and nobody's."""
        owner = self.owners.of(run)
        return bool(visitor) and (not owner or self.owners.is_of(owner, visitor))

    # -- what people write, and what they throw away -------------------------------------------

    def label(self, name: str, visitor: str, *, title: str, tags: Iterable[str], note: str) -> None:
        """Write on a run.

        Raises LabelError for what is too long, DirectoryError if there is no such run,
        PermissionError if it is not this visitor's, OSError.
        """
        labels.write(self._mine(name, visitor).path, labels.labels(title, tags, note))

    def delete(self, name: str, visitor: str) -> None:
        """Into the trash, from where :meth:`restore` has it back.

        Raises DirectoryError if there is no such run or it is being trained, PermissionError if it
        is not this visitor's, OSError.
        """
        entry = self._mine(name, visitor)
        with RunDirectory(entry.path).claimed():
            self._trash.put(entry.name)

    def restore(self, name: str, visitor: str) -> None:
        """Back from the trash. Raises DirectoryError if it is not there (any more), OSError."""
        one = next((one for one in self._deleted(visitor) if one.name == name), None)
        if one is None:
            raise DirectoryError("That run is not in the trash any more.")
        self._trash.back(one)

    def trash(self, visitor: str) -> list[Entry]:
        """The runs in the trash that were this visitor's, the last deleted first."""
        told = [(one, self._told(one.path, None)) for one in self._deleted(visitor)]
        return [replace(e, name=one.name, mine=True) for one, e in told if e is not None]

    def tidy(self) -> None:
        """Remove what has been in the trash for too long, and what a killed server left of imports
        and uploads."""
        self._trash.tidy()
        sweep(ARRIVING, self.root)
        uploads.sweep()

    # -- room ----------------------------------------------------------------------------------

    def used(self) -> int:
        """Bytes that all runs take, those in the trash too; a state that a fork shares with its
        parent counts once."""
        size, shared = 0, dict[tuple[int, int], int]()
        for path in (*folders(self.root), *(one.path for one in self._trash.every())):
            if known := self._read(path):
                size += known.entry.size - sum(known.states.values())
                shared |= known.states
        return size + sum(shared.values())

    def bound(self) -> int:
        """Bytes that they may take together: ``GANLAB_RUNS_MEGABYTES``."""
        text = os.environ.get("GANLAB_RUNS_MEGABYTES", "")
        try:
            return max(0, int(float(text) * MEGABYTE))
        except (ValueError, OverflowError):
            return BOUND * MEGABYTE

    def make_room(self, due: int = 0) -> None:
        """Before a run begins or is imported: where all take too much, the trash is emptied, oldest
        first. What other imports have unpacked so far counts too.

        No other run is ever deleted.

        Args:
            due: bytes that the run will take at least.

        Raises DirectoryError, with both numbers, if that is not enough.
        """
        coming = sum(reading.size_of(path) for path in self.root.glob(f"{ARRIVING}*"))
        used, bound = self.used() + coming + due, self.bound()
        while used >= bound and self._trash.give_up(1):
            used = self.used() + coming + due
        if used >= bound and due:
            raise DirectoryError(
                f"with this run the runs of this server would take {_megabytes(used)}, and may take"
                f" {_megabytes(bound)}; delete some on the page Runs, or let GANLAB_RUNS_MEGABYTES"
                " allow more"
            )
        if used >= bound:
            raise DirectoryError(
                f"the runs of this server take {_megabytes(used)}, and may take"
                f" {_megabytes(bound)}; delete some on the page Runs, or let GANLAB_RUNS_MEGABYTES"
                " allow more"
            )

    # -- inside --------------------------------------------------------------------------------

    def _mine(self, name: str, visitor: str) -> Entry:
        entry = self.entry(name, visitor)
        if entry is None:
            raise DirectoryError("That run is not here any more.")
        if not entry.mine:
            raise PermissionError("only the one who started this run may do that")
        return entry

    def _deleted(self, visitor: str) -> list[Deleted]:
        every = self._trash.every()
        return [one for one in every if self._is_mine(self.owners.of(one.path), visitor)]

    def _is_mine(self, owner: str, visitor: str) -> bool:
        """Nobody's run is mine where the server is for me alone."""
        return self.owners.is_of(owner, visitor) if owner else self.see_all

    def _path(self, name: str) -> Path | None:
        """The folder of a name, if it is one of :func:`folders`; nothing else is looked at."""
        every = folders(self.root)
        return next((p for p in every if name in (_name(p, self.root), str(p))), None)

    def _told(self, path: Path, visitor: str | None) -> Entry | None:
        known = self._read(path)
        if known is None or visitor is None:
            return known and known.entry
        mine = self._is_mine(known.owner, visitor)
        seen = mine or self.see_all or not known.owner
        return replace(known.entry, mine=mine) if seen else None

    def _read(self, path: Path) -> _Known | None:
        """What is known of a folder; None where it cannot be looked into."""
        try:
            return self._looked(path)
        except OSError as error:  # dropped meanwhile, or not ours to read
            log.info("%s was not looked into: %s", path, error)
        except Exception:  # one strange folder must not hide the others
            log.exception("%s could not be looked into", path)
        return None

    def _looked(self, path: Path) -> _Known:
        """What a folder tells, and whose it is; from memory where nothing has changed there."""
        key, mark = str(path), reading.signature(path)
        with self._lock:
            known = self._known.get(key)
        if known is None or known[0] != mark:
            owner = self.owners.of(path)
            entry = look(path, _name(path, self.root), owned=bool(owner))
            known = _Known(mark, entry, owner, states_in(path))
            with self._lock:
                self._known[key] = known
        training = RunDirectory(path).trained()
        if training:
            state = HERE if training == "here" else ELSEWHERE
            return known._replace(entry=replace(known.entry, state=state, why=""))
        return known


def library() -> Library:
    """The one of this process, of the runs root as it is now."""
    return library_of(runs_root())


@cache
def library_of(root: Path) -> Library:
    """The one of this process, of any runs root."""
    return Library(root)


def look(path: Path, name: str, *, owned: bool) -> Entry:
    """What a folder tells. Raises OSError."""
    seen, written = reading.glance(path), labels.read(path)
    preset = preset_of(path, seen.config)
    measured_at, measures = reading.measures_of(path, seen.steps)
    return Entry(
        name=name,
        path=path,
        title=written.title,
        preset=preset,
        data=seen.config.data.name if seen.config else "",
        differs=reading.differs_from(preset, seen.config),
        steps=seen.steps,
        images=seen.images,
        seconds=seen.seconds,
        state=seen.state,
        measures=measures,
        measured_at=measured_at,
        thumbnail=reading.thumbnail(path, seen.shot),
        tags=list(written.tags),
        note=written.note,
        size=reading.size_of(path),
        mine=False,
        created=reading.created(path),
        parent=reading.parent_name(path),
        why=seen.why,
        owned=owned,
    )


def folders(root: Path) -> Iterator[Path]:
    """All folders of runs below a root, in no order; hidden ones and links are passed over."""
    yield from _folders(root, DEPTH)


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            inside = [one for one in found if _counts(one)]
    except OSError:
        return
    for one in inside:
        path = Path(one.path)
        if reading.is_run(path):
            yield path
        elif depth > 1:
            yield from _folders(path, depth - 1)


def _counts(one: os.DirEntry[str]) -> bool:
    try:
        one.name.encode()  # a name of other bytes could not be told to a page
        return not one.name.startswith(".") and one.is_dir(follow_symlinks=False)
    except (OSError, UnicodeError):
        return False


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.0f} MB"
