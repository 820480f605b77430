"""What takes longer than a page may: done by one thread for all visitors, and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gan_lab.training.devices import use_threads

_KEPT = 24  # results; the longest unused is forgotten


@dataclass
class Job:
    """Work under way or done.

    Attributes:
        future: gives the result, or raises what went wrong.
        done, total: how far it is; 0, 0 while it says nothing.
    """

    future: Future[Any] = field(default_factory=Future)
    done: int = 0
    total: int = 0

    def tell(self, done: int, total: int) -> None:
        self.done, self.total = done, total


_jobs: OrderedDict[Hashable, Job] = OrderedDict()
_lock = threading.Lock()


@cache
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "data", initializer=use_threads, initargs=(1,))


def job(key: Hashable, work: Callable[[Job], Any]) -> Job:
    """The work of that key, begun if nobody has asked for it yet."""
    with _lock:
        known = _jobs.get(key)
        if known is None:
            known = _jobs[key] = Job()
            known.future = _worker().submit(work, known)
            while len(_jobs) > _KEPT:
                _jobs.popitem(last=False)
        _jobs.move_to_end(key)
        return known


def forget(key: Hashable) -> None:
    """Let it be done anew when it is asked for again."""
    with _lock:
        _jobs.pop(key, None)
