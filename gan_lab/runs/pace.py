"""How often to publish, so that watching costs training no more than a fixed share."""

from __future__ import annotations

import time
from typing import NamedTuple

LONGEST = 10.0  # s, however slow the network
FIRST_ROUNDS = 10
"""Rounds after which the first trained picture goes out, whatever the clock says."""


class Limits(NamedTuple):
    """How much of a run's time may go into showing it.

    Attributes:
        share: of the time that publishing may take; the interval follows from what it costs.
        shortest: s between two moments.
    """

    share: float
    shortest: float


CALM = Limits(0.02, 0.25)
"""For pictures, which change little from one moment to the next."""

LIVELY = Limits(0.04, 0.15)
"""For points, whose movement is what there is to see."""


class Pace:
    """A clock that waits longer where publishing costs more."""

    def __init__(self, limits: Limits = CALM) -> None:
        self._limits = limits
        self._last = time.perf_counter()
        self._interval = 0.0
        self.share = 0.0
        """Share of the recent time that went into publishing."""

    def due(self, steps: int, *, somebody_came: bool = False) -> bool:
        """Whether to publish now; for a newcomer a little sooner, but never in a rush."""
        waited = time.perf_counter() - self._last
        if somebody_came and waited > self._limits.shortest:
            return True
        return steps == FIRST_ROUNDS or waited > self._interval

    def published(self, cost: float) -> None:
        """Note that a moment went out just now, and what it cost, s."""
        now = time.perf_counter()
        share = min(1.0, cost / max(now - self._last, 1e-9))
        self.share = share if not self._interval else 0.8 * self.share + 0.2 * share
        self._last = now
        self._interval = min(LONGEST, max(self._limits.shortest, cost / self._limits.share))


class Seldom:
    """A clock for what is done for later, not for somebody who looks."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._not_before = 0.0

    def due(self) -> bool:
        """Whether it may be done again."""
        return time.perf_counter() >= self._not_before

    def done(self, cost: float) -> None:
        """Note that it was done just now, and what it cost, s."""
        wait = max(self._limits.shortest, cost / self._limits.share)
        self._not_before = time.perf_counter() + wait
