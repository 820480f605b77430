"""Files that are being made of runs for visitors, one after the other, in a thread that gives way.

Each visitor has files of their own: one at a time of each run, a few in all. A file lies on disk
for a quarter of an hour and is gone before that if newer ones need its place.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan_lab.export import Export
from gan_lab.leftovers import Temporary
from gan_lab.runs import RunDirectory, labels
from gan_lab.runs.disk import refuse_full
from gan_lab.server import limits
from gan_lab.server.visitors import Sender
from gan_lab.threads import PATIENCE, Pool, safe_point
from gan_lab.training.devices import use_threads
from gan_lab.words import without_paths

log = logging.getLogger(__name__)

QUEUE = 4  # files that may be waited for at once
HELD = 8  # files that lie ready at once
KEPT = 900.0  # s that one does
PREFIX = "ganlab-export-"
"""Of the temporary folder in which a server keeps its files."""
_PATIENCE = 10  # how far the thread gives way to trainers and pages


class Busy(RuntimeError):
    """Not now, in one sentence."""


class Cancelled(Exception):
    """Whoever wanted the file does not want it any more."""


@dataclass
class Made:
    """A file on its way.

    Attributes:
        export: what it is.
        state: waiting, making, ready, failed or cancelled.
        fraction: of the work that is done, 0…1.
        words: what is being done, or why it failed, or what was written.
        path: of the file; only when ready.
        name: that the file gets at the visitor's.
        address: of the visitor, see ``visitors.network_of``.
    """

    export: Export
    name: str
    path: Path
    address: str = ""
    state: str = "waiting"
    fraction: float = 0.0
    words: str = "Waiting for its turn"
    size: int = 0
    since: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    @property
    def under_way(self) -> bool:
        return self.state in ("waiting", "making")

    def told(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            "export": self.export.name,
            "state": self.state,
            "fraction": round(self.fraction, 3),
            "words": spoken(self.words),
            "size": self.size,
            "file": self.name,
        }


class Makings:
    """The files of one server. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], Made] = {}  # by view id and visitor; the newest last
        self._worker = _worker()
        self._folder: Temporary | None = None

    def of(self, view_id: str, visitor: str) -> Made | None:
        """The newest file of a run that a visitor asked for, on its way or ready."""
        self.sweep()
        with self._lock:
            return self._made.get((view_id, visitor))

    def begin(self, view_id: str, sender: Sender, directory: RunDirectory, export: Export) -> Made:
        """Have a file made; the one before it, of the same run for the same visitor, goes.

        Args:
            sender: who asks; visitors without a cookie are one visitor.

        Raises Busy if one is being made of this run for this visitor, or too many of all.
        """
        self.sweep()
        with self._lock:
            key = view_id, sender.visitor
            before = self._made.get(key)
            if before is not None and before.under_way:
                raise Busy("One file of this run is being made already; this one can come next.")
            under_way = [made.address for made in self._made.values() if made.under_way]
            of_address = under_way.count(sender.address)
            if len(under_way) >= QUEUE or of_address >= limits.of_address(QUEUE):
                raise Busy("Others are having files made. Try again in a moment.")
            if before is not None:
                _drop(self._made.pop(key))
            name = file_name(directory, export)
            made = Made(export, name, self._place() / f"run{export.ending}", sender.address)
            self._made[key] = made
        self._worker.submit(_make, made, directory)
        return made

    def cancel(self, view_id: str, visitor: str) -> None:
        """Stop what this visitor asked for at the next word of progress; or remove what is ready.
        The files of other visitors are not touched."""
        with self._lock:
            made = self._made.get((view_id, visitor))
            if made is None:
                return
            made.cancelled = True
            if not made.under_way:
                _drop(self._made.pop((view_id, visitor)))

    def close(self) -> None:
        """The server's end: nothing goes on, and nothing is left on the disk."""
        with self._lock:
            for made in self._made.values():
                made.cancelled = True
            self._made.clear()
            folder, self._folder = self._folder, None
        self._worker.stop(wait=PATIENCE)  # what is still written into the folder would stay
        if folder is not None:
            folder.remove()

    def _place(self) -> Path:
        """A new folder, for one file and what is written beside it."""
        if self._folder is None:
            self._folder = Temporary(PREFIX)
        return self._folder.path / os.urandom(8).hex()

    def sweep(self) -> None:
        """Old files go; of too many the oldest of the address that has the most, so nobody removes
        another address's files with invented cookies."""
        with self._lock:
            ready = {key: made for key, made in self._made.items() if not made.under_way}
            old = [key for key, made in ready.items() if time.monotonic() - made.since > KEPT]
            for key in old:
                _drop(self._made.pop(key))
                del ready[key]
            while len(ready) > HELD:
                addresses = Counter(made.address for made in ready.values())
                most, _ = addresses.most_common(1)[0]
                key = next(key for key, made in ready.items() if made.address == most)
                _drop(self._made.pop(key))
                del ready[key]


def _make(made: Made, directory: RunDirectory) -> None:
    """The work of one file. Never raises: what went wrong is told to whoever waits."""

    def tell(fraction: float, words: str) -> None:
        if made.cancelled:
            raise Cancelled
        safe_point()
        refuse_full(made.path.parent)
        made.fraction, made.words = min(1.0, max(0.0, fraction)), words

    try:
        if made.cancelled:
            raise Cancelled
        made.path.parent.mkdir(parents=True, exist_ok=True)
        made.state = "making"
        tell(0.0, "Beginning")
        said = made.export.write(directory, made.path, tell)
        made.size, made.words, made.fraction = made.path.stat().st_size, said, 1.0
        made.state = "cancelled" if made.cancelled else "ready"
    except Cancelled:
        made.state, made.words = "cancelled", "Not made: it was cancelled."
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        made.state, made.words = "failed", _sentence(error)
    except Exception:
        log.exception("the file %s of %s could not be made", made.export.name, directory.path.name)
        made.state, made.words = "failed", "It could not be made; the server's log says why."
    finally:
        made.since = time.monotonic()
        if made.state != "ready":
            _drop(made)


def _sentence(error: Exception) -> str:
    words = (
        getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
    )
    return f"It could not be made: {words}"


def spoken(words: str) -> str:
    """A line of a program as a sentence for people, without paths of this server; "" stays as it
    is."""
    words = without_paths(words.strip())
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words[-1] in ".!?…" else ".")


def _drop(made: Made) -> None:
    shutil.rmtree(made.path.parent, ignore_errors=True)


def plain_name(name: str) -> str:
    """A name that every system and every header takes."""
    kept = [c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name]
    return "".join(kept)[:80].strip(".-") or "run"


def file_name(directory: RunDirectory, export: Export) -> str:
    """What a file is called at the visitor's: as somebody named the run, or as its folder is."""
    title = labels.read(directory.path).title
    run = plain_name(title if title.isascii() and title else directory.path.name)
    what = "" if export.ending == f".{export.name}" else f"-{export.name}"
    return f"{run}{what}{export.ending}"


def _worker() -> Pool:
    return Pool(1, "export", initializer=_give_way)


def _give_way() -> None:
    use_threads(1)
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PATIENCE)


makings = Makings()
"""Those of this process."""
