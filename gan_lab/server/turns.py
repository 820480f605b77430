"""Threads that visitors use in turns, so that one visitor's questions never hold all of them."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

from gan_lab.server.visitors import Sender
from gan_lab.threads import Pool

THREADS = 2
"""Of each pool, unless it says otherwise; one visitor's work holds one of them at a time."""


class Turns:
    """A pool of threads that serves waiting senders in turn. Thread-safe.

    Each visitor has one call under way. A free thread goes to the address with the fewest calls
    under way; among several to the address that was served longest ago; and among the visitors of
    an address to the one who was served longest ago. So a client who invents cookies competes with
    the visitors of its own address only. A call that waits holds no thread.
    """

    def __init__(
        self, name: str, initializer: Callable[[], None] | None = None, threads: int = THREADS
    ) -> None:
        self._pool = Pool(threads, name, initializer=initializer)
        self._threads = threads
        self._lock = threading.Lock()
        self._working: list[Sender] = []
        # by address, then by visitor; both in the order in which they were served last
        self._waiting: OrderedDict[str, OrderedDict[str, deque[_Call]]] = OrderedDict()

    async def run(self, sender: Sender, function: Callable[..., Any], *arguments: Any) -> Any:
        """``function(*arguments)`` in a thread, once it is this sender's turn.

        Cancelled while it waits, the function is not called. Cancelled later, the function runs to
        its end, and the turn lasts as long as the function runs.
        """
        return await asyncio.wrap_future(self.submit(sender, function, *arguments))

    def submit(self, sender: Sender, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """As :meth:`run`; the future can be cancelled while the call waits."""
        call = _Call(sender, lambda: function(*arguments))
        with self._lock:
            visitors = self._waiting.setdefault(sender.address, OrderedDict())
            visitors.setdefault(sender.visitor, deque()).append(call)
        call.future.add_done_callback(lambda future: future.cancelled() and self._remove(call))
        self._begin()
        return call.future

    def _begin(self) -> None:
        """Give free threads to calls that wait."""
        while (call := self._next()) is not None:
            work = self._pool.submit(call.function)
            work.add_done_callback(lambda work, call=call: self._end(call, work))

    def _next(self) -> _Call | None:
        """The call whose turn it is, marked as under way; None if no call may begin."""
        with self._lock:
            while len(self._working) < self._threads and (sender := self._chosen()) is not None:
                call = self._pop(sender)
                if call.future.set_running_or_notify_cancel():
                    self._working.append(sender)
                    return call
        return None

    def _chosen(self) -> Sender | None:
        """Whose turn it is. Under the lock."""
        addresses = [sender.address for sender in self._working]
        for address in sorted(self._waiting, key=addresses.count):  # a stable sort
            for visitor in self._waiting[address]:
                if Sender(visitor, address) not in self._working:
                    return Sender(visitor, address)
        return None

    def _pop(self, sender: Sender) -> _Call:
        """The first call that this sender waits for; the sender's next one is behind those of all
        others. Under the lock."""
        visitors = self._waiting.pop(sender.address)
        calls = visitors.pop(sender.visitor)
        call = calls.popleft()
        if calls:
            visitors[sender.visitor] = calls
        if visitors:
            self._waiting[sender.address] = visitors
        return call

    def _put_behind(self, sender: Sender) -> None:
        """All others who wait come before this sender's next call. Under the lock."""
        visitors = self._waiting.get(sender.address)
        if visitors is not None:
            self._waiting.move_to_end(sender.address)
            if sender.visitor in visitors:
                visitors.move_to_end(sender.visitor)

    def _remove(self, call: _Call) -> None:
        """Forget a call that was cancelled while it waited, with its arguments."""
        with self._lock:
            visitors = self._waiting.get(call.sender.address, OrderedDict())
            calls = visitors.get(call.sender.visitor, deque())
            if call in calls:
                calls.remove(call)
                if not calls:
                    del visitors[call.sender.visitor]
                if not visitors:
                    del self._waiting[call.sender.address]

    def _cancel_all(self) -> None:
        with self._lock:
            calls = [c for visitors in self._waiting.values() for q in visitors.values() for c in q]
        for call in calls:
            call.future.cancel()

    def _end(self, call: _Call, work: Future[Any]) -> None:
        """The call has ended: its turn too, and then its future."""
        call.function = _nothing  # its arguments may be large, and the future refers to the call
        error = CancelledError() if work.cancelled() else work.exception()
        if isinstance(error, CancelledError):
            self._cancel_all()  # the process ends
        with self._lock:
            self._working.remove(call.sender)
            self._put_behind(call.sender)
        self._begin()
        if error is not None:
            call.future.set_exception(error)
        else:
            call.future.set_result(work.result())


def _nothing() -> None:
    pass


class _Call:
    """A function to be called, and the future of its result."""

    def __init__(self, sender: Sender, function: Callable[[], Any]) -> None:
        self.sender = sender
        self.function: Callable[[], Any] = function
        self.future: Future[Any] = Future()
