"""Work that takes longer than a page may: done once by few threads for all visitors, and kept.

One visitor holds two of the threads at most, so one visitor's jobs never keep all others waiting.
Where several visitors wait, one whose address has the fewest jobs under way comes first, as one
person can invent many cookies; of the same address the one with the fewest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gan_lab.server import Sender
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
        senders: who asked for it.
    """

    future: Future[Any] = field(default_factory=Future)
    done: int = 0
    total: int = 0
    unwanted: bool = False
    senders: set[Sender] = field(default_factory=set)

    def tell(self, done: int, total: int) -> None:
        if self.unwanted:
            raise CancelledError
        safe_point()
        self.done, self.total = done, total


_jobs: OrderedDict[Hashable, Job] = OrderedDict()
_waiting: list[tuple[Job, Callable[[Job], Any]]] = []
_holders: list[Sender] = []  # the sender of each job under way
_lock = threading.Lock()


@cache
def _worker() -> Pool:
    return Pool(THREADS, "data", initializer=use_threads, initargs=(1,))


def job(key: Hashable, work: Callable[[Job], Any], sender: Sender) -> Job:
    """The work of that key, begun or queued if nobody has asked for it yet."""
    with _lock:
        known = _jobs.get(key)
        if known is None:
            known = _jobs[key] = Job()
            _waiting.append((known, work))
        known.senders.add(sender)
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
        turns = [(*_turn(job), place) for place, (job, _) in enumerate(_waiting)]
        free = [turn for turn in turns if _held(turn[1]) < EACH]
        if not free:
            return
        _, sender, place = min(free, key=lambda turn: (turn[0], turn[2]))
        task, work = _waiting.pop(place)
        _holders.append(sender)
        _worker().submit(_done, task, work, sender)


def _held(sender: Sender) -> int:
    """Threads that the visitor holds."""
    return sum(other.visitor == sender.visitor for other in _holders)


def _turn(task: Job) -> tuple[tuple[int, int], Sender]:
    """Of those who asked for a job the one who comes first, behind how many jobs under way: of the
    address, and of the visitor."""
    addresses = [holder.address for holder in _holders]
    return min(((addresses.count(one.address), _held(one)), one) for one in task.senders)


def _done(task: Job, work: Callable[[Job], Any], sender: Sender) -> None:
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
            _holders.remove(sender)
            _begin()
