"""A run on disk: what a resumed run, the command line and other machines find.

``config.json  history/readings.f32  ledger.jsonl  samples/000000123.png
checkpoints/000000123.pt  undo/000000004.pt  best/000000123.pt  summary.json``

Where weights alone were brought in, ``generator.pt`` is all that there is beside ``config.json``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_lab.archives import JsonLimits, json_text
from gan_lab.config import ConfigError, RunConfig, from_tree
from gan_lab.runs.best import Best
from gan_lab.training import checkpoints
from gan_lab.training.checkpoints import CheckpointError, Newer
from gan_lab.training.ledger import Entry

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

_CHUNK = 1 << 16  # records read at once
_COLUMNS = 128  # curves of a run; no game has a quarter of that
_COLUMN = 80  # characters of the name of one
_HEAD = JsonLimits(size=1 << 16, values=1_000, depth=4)  # the first line of the readings
_UNDOABLE = 8  # changes that one can go back to before, at most
_UNDO_BYTES = 256 << 20  # that they may take together; the newest is kept whatever it takes


_ASKED = 5  # times that a claim is tried, since whoever asks about one holds it for an instant
_CLAIMED: set[tuple[int, int]] = set()  # folders that this process trains in, by device and number


class DirectoryError(ValueError):
    """A folder that is not the run that was asked for, in one line."""


def runs_root() -> Path:
    """Where runs are kept: ``GANLAB_RUNS``, or ``runs/`` below the working directory."""
    return Path(os.environ.get("GANLAB_RUNS") or "runs")


Mark = Callable[[Path], None]
"""Says in a folder whose run it will be. It does so before the folder looks like a run: until then
nobody sees it, and what is nobody's is everybody's to see."""


def unmarked(_: Path) -> None:
    """The mark of a run that is nobody's."""


def new_path(config: RunConfig, preset: str) -> Path:
    """A folder below the runs root that says when and what; a tail keeps it unique."""
    data = re.sub(r"[^A-Za-z0-9]+", "-", Path(config.data.name).name)[:32].strip("-")
    parts = [f"{datetime.now():%Y%m%d-%H%M%S}", preset, data, secrets.token_hex(3)]
    return runs_root() / "-".join(part for part in parts if part)


class RunDirectory:
    """One run's folder. Only the run itself writes to it, but for directions that its owner keeps
    (``kept_directions``)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unwritten: list[NDArray[np.float32]] = []  # readings that the disk did not take

    @staticmethod
    def create(path: Path, mark: Mark = unmarked) -> RunDirectory:
        """A new, empty one. Raises DirectoryError if something is there already, OSError."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise DirectoryError(f"{path} is not empty; choose another folder or use --resume")
        path.mkdir(parents=True, exist_ok=True)
        mark(path)
        for part in ("history", "samples", "checkpoints"):
            (path / part).mkdir(parents=True, exist_ok=True)
        return RunDirectory(path)

    @staticmethod
    def find(name: str) -> RunDirectory:
        """By path, or by name below the runs root. Raises DirectoryError if there is none."""
        for path in (Path(name), runs_root() / name):
            # not Path.is_file, which raises for a name too long
            if os.path.isfile(path / "config.json"):  # noqa: PTH113
                return RunDirectory(path)
        raise DirectoryError(f"there is no run {name!r} (looked here and in {runs_root()})")

    @staticmethod
    def below_root(name: str) -> RunDirectory:
        """As :meth:`find`, but of no other folder of the machine is it said even whether it exists.

        Raises DirectoryError.
        """
        root = runs_root().resolve()
        with contextlib.suppress(OSError, ValueError):  # a name that no path can be
            for path in (Path(name).resolve(), (root / name).resolve()):
                if path.is_relative_to(root) and (path / "config.json").is_file():
                    return RunDirectory(path)
        raise DirectoryError(f"there is no run {name!r} on this server")

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """While inside, no other process (nor run of this one) trains in this folder.

        Raises DirectoryError if one does. The system lets go of the claim of a killed process.
        """
        if fcntl is None:
            yield
            return
        handle = os.open(self.path, os.O_RDONLY)
        try:
            if not _locked(handle, fcntl.LOCK_EX):
                raise DirectoryError(
                    f"{self.path} is being trained by another process; stop that one first"
                )
            mark = _identity(handle)
            _CLAIMED.add(mark)
            try:
                yield
            finally:
                _CLAIMED.discard(mark)
        finally:
            os.close(handle)

    def trained(self) -> str:
        """Whether somebody trains in this folder now: "here" for this process, "elsewhere" for
        another one, "" for nobody."""
        if fcntl is None:
            return ""
        try:
            handle = os.open(self.path, os.O_RDONLY)
        except OSError:
            return ""
        try:
            if _identity(handle) in _CLAIMED:
                return "here"
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return "here" if _identity(handle) in _CLAIMED else "elsewhere"
        except OSError:  # a disk that knows no locks
            return ""
        finally:
            os.close(handle)
        return ""

    # -- configuration, summary ----------------------------------------------------------------

    def write_config(self, config: RunConfig) -> None:
        self._write("config.json", config.model_dump(mode="json"))

    def read_config(self) -> RunConfig:
        """Raises DirectoryError."""
        try:
            return from_tree(json_text.read(self.path / "config.json"))
        except (OSError, ValueError, RecursionError) as error:
            if isinstance(error, ConfigError):
                raise DirectoryError(f"{self.path}/config.json: {error}") from None
            raise DirectoryError(f"{self.path}/config.json cannot be read") from None

    def write_summary(self, summary: dict[str, Any]) -> None:
        self._write("summary.json", summary)

    def forget_summary(self) -> None:
        """The run goes on, so it has not ended."""
        with contextlib.suppress(OSError):  # who lists runs sees by the checkpoints too
            (self.path / "summary.json").unlink(missing_ok=True)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        temporary = self.path / f".{name}.writing"
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
        os.replace(temporary, self.path / name)

    # -- ledger --------------------------------------------------------------------------------

    def append_ledger(self, entry: Entry) -> None:
        """One more line; a disk that does not take all of it has none of it. Raises OSError."""
        path = self.path / "ledger.jsonl"
        before = path.stat().st_size if path.exists() else 0
        _append(path, entry.to_json().encode() + b"\n", before)

    def rewrite_ledger(self, entries: list[Entry]) -> None:
        """Cut back to what a checkpoint knows."""
        temporary = self.path / ".ledger.jsonl.writing"
        temporary.write_text("".join(e.to_json() + "\n" for e in entries), "utf-8")
        os.replace(temporary, self.path / "ledger.jsonl")

    # -- history -------------------------------------------------------------------------------

    @property
    def _readings(self) -> Path:
        return self.path / "history" / "readings.f32"

    def append_history(self, columns: tuple[str, ...], rows: NDArray[np.float32]) -> None:
        """One header line (JSON), then float32 records, little-endian.

        What the disk does not take is written with what comes next; the file then ends where it
        ended before. Raises OSError.
        """
        if len(rows):
            self._unwritten.append(rows)
        if not self._unwritten:
            return
        before = self._readings.stat().st_size if self._readings.exists() else 0
        data = b"".join(part.astype("<f4").tobytes() for part in self._unwritten)
        if not before:
            data = json.dumps({"columns": columns}).encode() + b"\n" + data
        _append(self._readings, data, before)
        self._unwritten.clear()

    def sync_history(self) -> None:
        """Make sure that what was appended survives a loss of power."""
        if self._readings.exists():
            with self._readings.open("rb+") as file:
                os.fsync(file.fileno())

    def read_history(self, columns: tuple[str, ...], records: int) -> Iterator[NDArray[np.float32]]:
        """The first ``records`` records, in parts; fewer if the file is cut.

        Raises DirectoryError if the file is missing, has no head or other columns.
        """
        if not records:
            return
        width = 4 * len(columns)
        begin, there = self._begin_of(columns)
        with self._readings.open("rb") as file:
            file.seek(begin)
            left = min(records, there)
            while left:
                part = file.read(min(left, _CHUNK) * width)
                left -= len(part) // width
                yield np.frombuffer(part, "<f4").reshape(-1, len(columns)).astype(np.float32)

    def history_lost(self, columns: tuple[str, ...], records: int) -> int:
        """How many of the first ``records`` records are not there (any more)."""
        try:
            return max(0, records - self._begin_of(columns)[1]) if records else 0
        except DirectoryError:
            return records

    def mend_history(self, columns: tuple[str, ...], records: int) -> None:
        """Have ``records`` records: what is whole stays, what was lost is NaN, as if nothing had
        been read there. A file without a head, or with other columns, is set aside. Raises OSError.
        """
        lost = self.history_lost(columns, records)
        if lost == records and self._readings.exists():
            os.replace(self._readings, self._readings.with_suffix(".f32.damaged"))
        else:
            self.cut_history(columns, records - lost)
        for done in range(0, lost, _CHUNK):
            empty = np.full((min(_CHUNK, lost - done), len(columns)), np.nan, np.float32)
            self.append_history(columns, empty)

    def columns(self) -> tuple[str, ...]:
        """Names of the readings that were kept, in their order; none before the first.

        Raises DirectoryError if the file is damaged.
        """
        if not self._readings.exists():
            return ()
        try:
            return self._head()[0]
        except OSError:
            raise DirectoryError(f"{self._readings} cannot be read") from None
        except ValueError as error:
            raise DirectoryError(f"{self._readings} is damaged: {error}") from None

    def records(self, columns: tuple[str, ...]) -> int:
        """How many records of these columns are whole. Raises as :meth:`read_history`."""
        return self._begin_of(columns)[1]

    def read_span(self, columns: tuple[str, ...], first: int, count: int) -> NDArray[np.float32]:
        """``count`` records from number ``first`` on, from 0, float32 n×columns; fewer if there are
        fewer. Raises DirectoryError if the file has other columns."""
        if not self._readings.exists():  # nothing was written yet
            return np.empty((0, len(columns)), np.float32)
        begin, width = self._begin_of(columns)[0], 4 * len(columns)
        with self._readings.open("rb") as file:
            file.seek(begin + first * width)
            data = file.read(count * width)
        whole = len(data) // width * width
        return np.frombuffer(data[:whole], "<f4").reshape(-1, len(columns)).astype(np.float32)

    def cut_history(self, columns: tuple[str, ...], records: int) -> None:
        """Drop what lies beyond the first ``records`` records; raises as :meth:`read_history`, and
        OSError."""
        self._unwritten.clear()
        if records:
            os.truncate(self._readings, self._begin_of(columns)[0] + records * 4 * len(columns))
        else:
            self._readings.unlink(missing_ok=True)

    def _begin_of(self, columns: tuple[str, ...]) -> tuple[int, int]:
        """Where in the file the records begin, bytes, and how many are whole."""
        try:
            known, begin = self._head()
            size = self._readings.stat().st_size
        except (OSError, ValueError):
            raise DirectoryError(f"{self._readings} is missing or damaged") from None
        if known != columns:
            raise DirectoryError(f"{self._readings} does not belong to the checkpoint")
        return begin, (size - begin) // (4 * len(columns))

    def _head(self) -> tuple[tuple[str, ...], int]:
        """The names of the columns, and where the records begin, bytes. Raises ValueError for names
        that no run has, OSError."""
        with self._readings.open("rb") as file:
            line = file.readline(_HEAD.size + 1)
        header = json_text.parse(line, _HEAD)
        listed = header.get("columns") if isinstance(header, dict) else None
        if not isinstance(listed, list) or not line.endswith(b"\n"):
            raise ValueError("its head is damaged")
        if not 1 <= len(listed) <= _COLUMNS or not all(map(_is_column, listed)):
            raise ValueError("its columns are no curves of a run")
        if len(set(listed)) < len(listed):
            raise ValueError("two of its columns have the same name")
        return tuple(listed), len(line)

    # -- a generator alone ---------------------------------------------------------------------

    @property
    def alone(self) -> Path | None:
        """The file of the averaged G, where only that was brought in; None for a run."""
        path = self.path / "generator.pt"
        return path if path.is_file() and not self.checkpoint_files() else None

    # -- samples, checkpoints ------------------------------------------------------------------

    def write_sample(self, step: int, data: bytes, name: str = "") -> None:
        """A grid; a game's second and further ones bear a name."""
        tail = f"-{name}" if name else ""
        (self.path / "samples" / f"{step:09d}{tail}.png").write_bytes(data)

    def checkpoint_files(self) -> list[Path]:
        """Whole checkpoints, oldest first."""
        found = (self.path / "checkpoints").glob("*.pt")
        return sorted(p for p in found if re.fullmatch(r"\d{9,}", p.stem))

    def write_checkpoint(self, step: int, state: dict[str, Any], keep: int) -> None:
        """Write one, then drop the oldest beyond ``keep`` (the one at step 0 stays)."""
        checkpoints.save(state, self.path / "checkpoints" / f"{step:09d}.pt")
        later = [p for p in self.checkpoint_files() if int(p.stem) > 0]
        for path in later[:-keep]:
            path.unlink(missing_ok=True)

    def return_to(self, step: int, state: dict[str, Any]) -> None:
        """Make ``state`` the newest checkpoint, though there are later ones: the run went back.

        It is written before the others are dropped, so that a crash leaves the old end or the new.
        """
        checkpoints.save(state, self.path / "checkpoints" / f"{step:09d}.pt")
        for path in self.checkpoint_files():
            if int(path.stem) > step:
                path.unlink(missing_ok=True)

    def best(self) -> Best | None:
        """What is known of the best state, by ``training.best_by``; None if none is kept."""
        return Best.read(self.path)

    def write_before(self, change: int, state: dict[str, Any]) -> None:
        """Keep the state from just before a change (its place in the ledger);
        the newest eight, fewer if they are large."""
        (self.path / "undo").mkdir(exist_ok=True)
        checkpoints.save(state, self.path / "undo" / f"{change:09d}.pt")
        room = _UNDO_BYTES
        for age, older in enumerate(reversed(self.undoable())):
            room -= self._before(older).stat().st_size
            if age >= _UNDOABLE or (age and room < 0):
                self._before(older).unlink(missing_ok=True)

    def undoable(self) -> list[int]:
        """The changes that one can go back to before, oldest first."""
        found = (self.path / "undo").glob("*.pt")
        return sorted(int(p.stem) for p in found if re.fullmatch(r"\d{9,}", p.stem))

    def read_before(self, change: int) -> dict[str, Any]:
        """The state from just before a change. Raises DirectoryError."""
        if change not in self.undoable():
            raise DirectoryError(
                "what was before that change is not kept; it is of the newest changes only, at most"
                f" {_UNDOABLE}"
            )
        try:
            return checkpoints.load(self._before(change))
        except CheckpointError as error:
            raise DirectoryError(str(error)) from None

    def forget_changes(self, first: int) -> None:
        """There are no changes from ``first`` on (any more)."""
        for change in self.undoable():
            if change >= first:
                self._before(change).unlink(missing_ok=True)

    def _before(self, change: int) -> Path:
        return self.path / "undo" / f"{change:09d}.pt"

    def set_aside_after(self, step: int) -> list[str]:
        """Rename the checkpoints beyond the one that could be read, or they would count as newer
        than what the resumed run writes. Returns their names."""
        beyond = self.newer_than(step)
        for path in beyond:
            os.replace(path, path.with_suffix(".pt.damaged"))
        return [path.name for path in beyond]

    def newer_than(self, step: int) -> list[Path]:
        """Checkpoints beyond ``step``, oldest first."""
        return [path for path in self.checkpoint_files() if int(path.stem) > step]

    def read_checkpoint(self) -> dict[str, Any]:
        """The newest state that can be read: a checkpoint, or where the newest one is damaged, an
        older one or what was kept on the way.

        Raises DirectoryError if there is none, or if the newest was written by a later version.
        """
        if self.alone:
            raise DirectoryError(
                "only its averaged generator is here, to be explored and sampled from; bring the"
                " zip of the run, or a checkpoint, to train it further"
            )
        files = self.checkpoint_files()
        newest = int(files[-1].stem) if files else 0
        # a state is never newer than the newest checkpoint: it may be of a way that was left
        kept = [path for path in self._kept_on_the_way() if int(path.stem) < newest]
        reason = "it has none"
        for path in sorted([*kept, *files], key=lambda p: int(p.stem), reverse=True):
            try:
                return checkpoints.load(path)
            except Newer as error:
                raise DirectoryError(str(error)) from None
            except CheckpointError as error:
                reason = str(error)
        raise DirectoryError(f"{self.path} has no checkpoint to go on from: {reason}")

    def _kept_on_the_way(self) -> list[Path]:
        found = (self.path / "states").glob("*.pt")
        return [path for path in found if re.fullmatch(r"\d{9,}", path.stem)]


def _is_column(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _COLUMN and name.isprintable()


def _locked(handle: int, how: int) -> bool:
    """Whether a lock could be had."""
    assert fcntl is not None
    for left in reversed(range(_ASKED)):
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if left:
                time.sleep(0.02)
    return False


def _identity(handle: int) -> tuple[int, int]:
    told = os.fstat(handle)
    return told.st_dev, told.st_ino


def _append(path: Path, data: bytes, size: int) -> None:
    """Make a file of ``size`` bytes longer, or leave it as it was. Raises OSError."""
    try:
        with path.open("ab", buffering=0) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.truncate(path, size)
        raise
