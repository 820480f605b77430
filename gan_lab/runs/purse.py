"""Processor time that may go into looking after a run, and what has gone into it."""

from __future__ import annotations

import time
from collections.abc import Callable

CREDIT = 1.5  # s that may be spent before they are earned, so that the first look comes early


class Purse:
    """Training earns it, one kind of work spends it: a share of the processor time of the trainer.

    Processor time, not time on the wall: forty runs on two cores train a twentieth of a core each
    and earn as little, so all that looks after them takes the same share of the machine as with
    one run, and each waits for its own turn. Each kind of work has a budget of its own: what is
    cheap never waits for what is dear.

    Attributes:
        last: s that the last spending took; 0 before the first, and after one that prepared
            something, whose price says nothing about the next.
    """

    def __init__(
        self, clock: Callable[[], float] = time.thread_time, credit: float = CREDIT
    ) -> None:
        """
        Args:
            clock: processor time of the calling thread, s.
            credit: s that may be spent before they are earned.
        """
        self._clock = clock
        self._credit = credit
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

    def spend(self, seconds: float, *, prepared: bool = False) -> None:
        """Work took so much, all that it needed included.

        Args:
            prepared: whether something was prepared in it that is needed once a run. Then the
                credit is charged at most: the preparation must not keep the next look waiting.
        """
        self._spent += min(seconds, self._credit) if prepared else seconds
        self.last = 0.0 if prepared else seconds

    def charge(self, seconds: float) -> None:
        """Something beside the work itself took so much, such as copies for it."""
        self._spent += seconds

    def left(self, share: float) -> float:
        """s of processor time that may be spent now; below 0 it must be earned first."""
        return self._credit + share * self._trained - self._spent

    def now(self) -> float:
        """Processor time of the calling thread, s."""
        return self._clock()
