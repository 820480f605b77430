"""All that the coach looks at: configuration, curves, measures, a probe of the players."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gan_lab.coach.probe import Probe
from gan_lab.config import RunConfig
from gan_lab.data import Kind
from gan_lab.measures import Measured, Weights
from gan_lab.training.history import Curves
from gan_lab.training.trainer import Counts


@dataclass(frozen=True)
class Evidence:
    """A run at one step, for the rules. Nothing in it changes.

    Attributes:
        config: as it stands.
        kind: what its pictures are like.
        total: real pictures in the training set.
        counts: how far it is.
        recent: float32, records×columns: the newest readings one by one, at most 500; the last is
            that of step ``counts.steps``.
        whole: all readings, thinned to at most 500 buckets.
        measured: all that was measured, oldest first.
        probe: the newest look at the players themselves; None before the first.
        turned: steps at which somebody turned a knob.
    """

    config: RunConfig
    kind: Kind
    total: int
    counts: Counts
    recent: NDArray[np.float32]
    whole: Curves
    measured: tuple[Measured, ...] = ()
    probe: Probe | None = None
    turned: tuple[int, ...] = field(default=())

    @property
    def step(self) -> int:
        return self.counts.steps

    def newest(self, column: str, count: int = 100) -> NDArray[np.float32]:
        """The last ``count`` readings of a curve, those that were read; may be empty."""
        if column not in self.whole.columns:
            return np.empty(0, np.float32)
        values = self.recent[-count:, self.whole.columns.index(column)]
        return values[~np.isnan(values)]

    def mean(self, column: str, count: int = 100) -> float | None:
        """The mean of the last ``count`` readings of a curve; None if there are none."""
        values = self.newest(column, count)
        return float(values.mean()) if len(values) else None

    def course(self, column: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """A whole curve: the step in the middle of each bucket, and its mean; what was never read
        is left out. Both may be empty."""
        if column not in self.whole.columns:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        means = self.whole.values[:, 1, self.whole.columns.index(column)]
        width = 2**self.whole.level
        steps = (np.arange(len(means)) + self.whole.first) * width + (width + 1) // 2
        there = ~np.isnan(means)
        return steps[there].astype(np.int64), means[there]

    def measure(self, name: str, weights: Weights = "averaged") -> list[tuple[int, float]]:
        """One measure over the run: steps and numbers, oldest first."""
        return [
            (m.step, m.values[name].number)
            for m in self.measured
            if m.weights == weights and name in m.values
        ]
