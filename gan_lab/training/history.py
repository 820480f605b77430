"""The curves of a run in bounded memory: a pyramid of minima, means and maxima.

One record a step. Level 0 holds single records; each bucket of a level covers two of the level
below. A level keeps its newest buckets only, so a run of ten million steps takes the memory of
some twenty levels, and any stretch of it still has a level with enough points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS = 500
"""Most points that a curve is ever asked to show."""


@dataclass(frozen=True)
class Curves:
    """A stretch of all curves at one level.

    Attributes:
        columns: names of the curves.
        level: each bucket covers 2**level records.
        first: number of the first bucket given, at this level.
        values: float32, buckets×3×columns: minimum, mean, maximum; NaN where nothing was read.
        records: records in the whole history when this was taken.
        take: of which take it is, see :class:`History`.
    """

    columns: tuple[str, ...]
    level: int
    first: int
    values: NDArray[np.float32]
    records: int
    take: int = 0


class _Level:
    """The newest ``2 * POINTS`` buckets of one level, in a ring that is a plain array.

    Of each bucket it keeps minimum, mean, maximum, and how many readings are in it.
    """

    def __init__(self, columns: int) -> None:
        self._buckets = np.empty((4 * POINTS, 4, columns), np.float32)
        self._used = 0
        self.end = 0  # number of the bucket after the last
        self.waiting: NDArray[np.float32] | None = None  # half of the next bucket above

    @property
    def first(self) -> int:
        return self.end - self._used

    def append(self, buckets: NDArray[np.float32]) -> None:
        keep = len(self._buckets) // 2
        self.end += len(buckets)
        if len(buckets) > keep:
            buckets, self._used = buckets[-keep:], 0
        if self._used + len(buckets) > len(self._buckets):
            self._buckets[:keep] = self._buckets[self._used - keep : self._used].copy()
            self._used = keep
        self._buckets[self._used : self._used + len(buckets)] = buckets
        self._used += len(buckets)

    def since(self, first: int) -> NDArray[np.float32]:
        start = max(0, first - self.first)
        return self._buckets[start : self._used]


class History:
    """All readings of a run. Not thread-safe: its owner publishes what others may see.

    Attributes:
        take: grows when the run goes back and begins another history; what a viewer has of an
            earlier take is void.
    """

    def __init__(self, columns: tuple[str, ...], take: int = 0) -> None:
        self.columns = columns
        self.take = take
        self.records = 0
        self._levels = [_Level(len(columns))]

    def append(self, rows: NDArray[np.float32]) -> None:
        """Add records: float32, n×columns, NaN for what was not read."""
        self.records += len(rows)
        rows = np.asarray(rows, np.float32)
        buckets = np.stack([rows, rows, rows, ~np.isnan(rows)], axis=1, dtype=np.float32)
        for index in range(64):
            if index == len(self._levels):
                self._levels.append(_Level(len(self.columns)))
            level = self._levels[index]
            level.append(buckets)
            if level.waiting is not None:
                buckets = np.concatenate([level.waiting[None], buckets])
                level.waiting = None
            if len(buckets) % 2:
                level.waiting = buckets[-1].copy()
            if len(buckets) < 2:
                return
            buckets = _halved(buckets[: len(buckets) // 2 * 2])

    def curves(self, level: int = -1, since: int = 0, points: int = POINTS) -> Curves:
        """What a viewer lacks.

        Args:
            level, since: the cursor: the viewer's level, and the number of the first bucket that
                it does not have. A level that no longer suits gets a fresh whole.
            points: most buckets of a curve.
        """
        points = max(2, min(points, POINTS))
        suited = max(0, int(np.ceil(np.log2(max(1, self.records) / points))))
        while suited and not self._complete(suited):
            suited -= 1
        if level != suited:
            since = 0
        chosen = self._levels[suited]
        first = max(since, chosen.first)
        values = chosen.since(first)[:, :3].copy()
        return Curves(self.columns, suited, first, values, self.records, self.take)

    def _complete(self, level: int) -> bool:
        return level < len(self._levels) and self._levels[level].first == 0

    def recent(self, count: int) -> NDArray[np.float32]:
        """The last ``count`` records as they were (fewer if there are fewer)."""
        level = self._levels[0]
        return level.since(max(level.first, level.end - count))[:, 1, :].copy()


def _halved(buckets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pairs of buckets as one each; NaN counts as nothing read, not as a value."""
    a, b = buckets[0::2], buckets[1::2]
    count = a[:, 3] + b[:, 3]
    share = b[:, 3] / np.maximum(count, 1.0)  # of the readings that are in b
    mean = a[:, 1] + share * (b[:, 1] - a[:, 1])
    mean = np.where(np.isnan(a[:, 1]), b[:, 1], np.where(np.isnan(b[:, 1]), a[:, 1], mean))
    return np.stack([np.fmin(a[:, 0], b[:, 0]), mean, np.fmax(a[:, 2], b[:, 2]), count], axis=1)
