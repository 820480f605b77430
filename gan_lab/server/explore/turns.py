"""Threads that visitors use in turns, so that one visitor's questions never hold all of them."""

from __future__ import annotations

import asyncio
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from gan_lab.threads import Pool

THREADS = 2
"""Of each pool; one visitor's work holds one of them at a time."""


class Turns:
    """A pool of threads. Visitors who wait are served one after the other, each with one call.

    What waits is on the event loop and holds no thread.
    """

    def __init__(self, name: str, initializer: Callable[[], None] | None = None) -> None:
        self._pool = Pool(THREADS, name, initializer=initializer)
        # a server has one loop, tests have several
        self._queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = (
            weakref.WeakKeyDictionary()
        )

    async def run(self, visitor: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """``function(*arguments)`` in a thread, once it is this visitor's turn."""
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(loop, _Queue())
        await queue.enter(visitor)
        try:
            return await loop.run_in_executor(self._pool, function, *arguments)
        finally:
            queue.leave(visitor)


class _Queue:
    """Who works and who waits, on one event loop."""

    def __init__(self) -> None:
        self._working: set[str] = set()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def enter(self, visitor: str) -> None:
        """Wait for a free thread, and for an earlier call of the same visitor to end."""
        if visitor not in self._working and len(self._working) < THREADS:
            self._working.add(visitor)  # nobody who could go waits: leave() lets them go at once
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(visitor, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(visitor)
            raise

    def leave(self, visitor: str) -> None:
        """The call has ended; whoever has waited longest and has none under way is next."""
        self._working.discard(visitor)
        if visitor in self._waiting:
            self._waiting.move_to_end(visitor)
        for other in list(self._waiting):
            if len(self._working) >= THREADS:
                return
            if other not in self._working:
                self._admit(other)

    def _admit(self, visitor: str) -> None:
        turns = self._waiting.pop(visitor)
        while turns:
            turn = turns.popleft()
            if not turn.done():  # else it was cancelled
                turn.set_result(None)
                self._working.add(visitor)
                break
        if turns:
            self._waiting[visitor] = turns  # behind all others
