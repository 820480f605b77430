"""Where questions about the pictures of one generator wait, and are answered together.

Thirty pages that follow thirty fingers ask for hundreds of pictures a second. One at a time, each
would pass the network alone, and take the interpreter from the trainer for each of its layers. So
all that came while a batch was being made become the next one. A page has one question under way;
whoever waits longest is in the next batch, and nobody is in it twice. Several generators take
turns, as each has one batch under way at most.

While the generator's run trains, its desk rests between two batches for so long that they take no
more than ``training.exploring`` of the time. The trainer itself knows nothing of it.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Sequence
from typing import Any

from gan_lab.runs import State
from gan_lab.runs.explorable import Explorable
from gan_lab.server.explore.picture import pictures
from gan_lab.threads import Pool
from gan_lab.training.devices import use_threads

MOST = 64  # pictures in one batch
LONGEST = 0.1  # s that a batch should take at most, so that other generators have their turn
_FIRST = 4  # pictures in a batch, before it is known how long they take

# two, so that one wide network does not hold up everybody; one core each
_WORKERS = Pool(2, "latent", initializer=use_threads, initargs=(1,))


class Desk:
    """Of one generator, on one event loop."""

    def __init__(self, explorable: Explorable) -> None:
        self.explorable = explorable
        self.loop = asyncio.get_running_loop()
        self._waiting: list[tuple[bytes | dict[str, Any], asyncio.Future[bytes]]] = []
        self._serving: asyncio.Task[None] | None = None
        self._most = _FIRST

    async def answer(self, asked: bytes | dict[str, Any]) -> bytes:
        """A frame for what was asked, see ``picture.py``; a refusal is one too."""
        answer: asyncio.Future[bytes] = self.loop.create_future()
        self._waiting.append((asked, answer))
        if self._serving is None:
            self._serving = self.loop.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        """Until nobody waits."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                asked = [question for question, _ in batch]
                frames, took = await self.loop.run_in_executor(_WORKERS, self._made, asked)
                for (_, answer), frame in zip(batch, frames, strict=True):
                    if not answer.done():  # whoever asked may be gone
                        answer.set_result(frame)
                self._most = max(1, min(MOST, int(LONGEST * len(batch) / max(took, 1e-6))))
                await asyncio.sleep(self._rest(took))
        finally:
            self._serving = None

    def _made(self, asked: Sequence[bytes | dict[str, Any]]) -> tuple[list[bytes], float]:
        """On a worker's thread: a frame for each question, and how long it took, s."""
        begun = time.perf_counter()
        frames = pictures(asked, self.explorable)
        return frames, time.perf_counter() - begun

    def _rest(self, took: float) -> float:
        """s to wait after a batch that took so long."""
        if self.explorable.state != State.RUNNING:
            return 0.0
        shown = self.explorable.shown()
        if shown is None:
            return 0.0
        return took * (1.0 / shown.config.training.exploring - 1.0)


_DESKS: weakref.WeakValueDictionary[str, Desk] = weakref.WeakValueDictionary()


def desk_of(explorable: Explorable) -> Desk:
    """Where all who explore this on the running loop wait; it goes with the last of them."""
    known = _DESKS.get(explorable.view_id)
    here = asyncio.get_running_loop()  # a server has one loop, tests have several
    if known is None or known.explorable is not explorable or known.loop is not here:
        known = _DESKS[explorable.view_id] = Desk(explorable)
    return known
