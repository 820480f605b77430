"""Processor time that may go into looking after a run, and what has gone into it."""

from __future__ import annotations

import time
from collections.abc import Callable

CREDIT = 1.5  # s that may be spent before they are earned, so that the first look comes early


class Purse:
    """Training earns it, measuring spends it: a share of the processor time of the trainer.

    Processor time, not time on the wall: forty runs on two cores train a twentieth of a core each
    and earn as little, so all that looks after them takes the same share of the machine as with
    one run, and each waits for its own turn.

    Attributes:
        last: s that the last spending took; 0 before the first.
    """

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        """
        Args:
            clock: processor time of the calling thread, s.
        """
        self._clock = clock
        self._begun: float | None = None
        self._trained = 0.0
        self._spent = 0.0
        self.last = 0.0

    def earn(self) -> None:
        """The trainer's thread tells that it has worked; the first time it only begins."""
        now = self._clock()
        if self._begun is None:
            self._begun = now
        self._trained = now - self._begun

    def spend(self, seconds: float) -> None:
        """One measurement took so much, all that it needed included."""
        self._spent += seconds
        self.last = seconds

    def left(self, share: float) -> float:
        """s of processor time that may be spent now; below 0 it must be earned first."""
        return CREDIT + share * self._trained - self._spent

    def now(self) -> float:
        """Processor time of the calling thread, s."""
        return self._clock()
