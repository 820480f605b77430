"""What takes longer than a page may: done by few threads for all visitors, and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gan_lab.threads import Pool, safe_point
from gan_lab.training.devices import use_threads

_THREADS = 2  # so that a short look need not wait behind a long one
_KEPT = 24  # results; the longest unused are forgotten


@dataclass
class Job:
    """Work under way or done.

    Attributes:
        future: gives the result, or raises what went wrong.
        done, total: how far it is; 0, 0 while it says nothing.
        unwanted: whether nobody waits for it any more; it ends when it next says how far it is.
    """

    future: Future[Any] = field(default_factory=Future)
    done: int = 0
    total: int = 0
    unwanted: bool = False

    def tell(self, done: int, total: int) -> None:
        if self.unwanted:
            raise CancelledError
        safe_point()
        self.done, self.total = done, total


_jobs: OrderedDict[Hashable, Job] = OrderedDict()
_lock = threading.Lock()


@cache
def _worker() -> Pool:
    return Pool(_THREADS, "data", initializer=use_threads, initargs=(1,))


def job(key: Hashable, work: Callable[[Job], Any]) -> Job:
    """The work of that key, begun if nobody has asked for it yet."""
    with _lock:
        known = _jobs.get(key)
        if known is None:
            known = _jobs[key] = Job()
            known.future = _worker().submit(work, known)
        _jobs.move_to_end(key)
        # what is under way stays, however many wait: whoever asks for it would begin it anew
        done = [one for one, other in _jobs.items() if other.future.done() and one != key]
        for one in done[: max(0, len(done) - _KEPT)]:
            del _jobs[one]
        return known


def forget(key: Hashable) -> None:
    """Let it be done anew when it is asked for again."""
    with _lock:
        _jobs.pop(key, None)


def drop(key: Hashable) -> None:
    """Nobody waits for it any more: it ends where it is, and what is done already is kept."""
    with _lock:
        known = _jobs.get(key)
        if known is not None and not known.future.done():
            known.unwanted = True
            known.future.cancel()
            del _jobs[key]
