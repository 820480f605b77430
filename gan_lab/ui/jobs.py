"""Work that takes longer than a page may: done once by few threads for all visitors, and kept.

One visitor holds two of the threads at most, so one visitor's jobs never keep all others waiting.
Where several visitors wait, the one with the fewest jobs under way comes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gan_lab.threads import Pool, ThreadStopped, safe_point
from gan_lab.training.devices import use_threads

THREADS = 3
EACH = 2
"""Of these for one visitor, so that a short job need not wait behind a long one."""
_KEPT = 24  # results; the longest unused are forgotten


@dataclass
class Job:
    """Work under way or done.

    Attributes:
        future: gives the result, or raises what went wrong.
        done, total: how far it is; 0, 0 while it says nothing.
        unwanted: whether nobody waits for it any more; it ends when it next says how far it is.
        visitors: who asked for it.
    """

    future: Future[Any] = field(default_factory=Future)
    done: int = 0
    total: int = 0
    unwanted: bool = False
    visitors: set[str] = field(default_factory=set)

    def tell(self, done: int, total: int) -> None:
        if self.unwanted:
            raise CancelledError
        safe_point()
        self.done, self.total = done, total


_jobs: OrderedDict[Hashable, Job] = OrderedDict()
_waiting: list[tuple[Job, Callable[[Job], Any]]] = []
_holders: list[str] = []  # the visitor of each job under way
_lock = threading.Lock()


@cache
def _worker() -> Pool:
    return Pool(THREADS, "data", initializer=use_threads, initargs=(1,))


def job(key: Hashable, work: Callable[[Job], Any], visitor: str) -> Job:
    """The work of that key, begun or queued if nobody has asked for it yet."""
    with _lock:
        known = _jobs.get(key)
        if known is None:
            known = _jobs[key] = Job()
            _waiting.append((known, work))
        known.visitors.add(visitor)
        _jobs.move_to_end(key)
        # what is under way stays, however many wait: whoever asks for it would begin it anew
        done = [one for one, other in _jobs.items() if other.future.done() and one != key]
        for one in done[: max(0, len(done) - _KEPT)]:
            del _jobs[one]
        _begin()
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


def _begin() -> None:
    """Give free threads to jobs that wait. Under the lock."""
    _waiting[:] = [one for one in _waiting if not one[0].future.done()]
    while _waiting and len(_holders) < THREADS:
        held, place = min((_holder(job)[0], place) for place, (job, _) in enumerate(_waiting))
        if held >= EACH:
            return
        task, work = _waiting.pop(place)
        visitor = _holder(task)[1]
        _holders.append(visitor)
        _worker().submit(_done, task, work, visitor)


def _holder(task: Job) -> tuple[int, str]:
    """Of those who asked for a job the one with the fewest under way, and how many."""
    return min((_holders.count(visitor), visitor) for visitor in task.visitors)


def _done(task: Job, work: Callable[[Job], Any], visitor: str) -> None:
    """On a thread: the job, then the next ones."""
    try:
        if task.future.set_running_or_notify_cancel():
            task.future.set_result(work(task))
    except ThreadStopped:
        task.future.set_exception(CancelledError())
    except BaseException as error:
        task.future.set_exception(error)
    finally:
        with _lock:
            _holders.remove(visitor)
            _begin()
