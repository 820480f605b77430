"""All that the coach looks at: configuration, ledger, curves, metrics, probes of the networks.

Evidence has an age. No verdict may rest on a probe or a measurement from before the newest third of
the run, nor on one from its first steps: G has only begun to draw there, whatever comes of it. This
module is the one place that sees to it. What is too old is not there for the rules.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_lab.coach.findings import Sign
from gan_lab.coach.probe import Probe
from gan_lab.config import ConfigError, RunConfig, known
from gan_lab.data import Kind
from gan_lab.measures import Measured, Weights
from gan_lab.training.history import Curves
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import Counts

FIRST_STEPS = 50
"""Nothing that was measured in so many steps at the beginning of a run counts."""

NEWEST_SHARE = 3
"""A verdict rests on the newest third of the run."""

_WITHOUT_EFFECT = frozenset({"saving", "exploring", "health"})
"""Groups of parameters that change nothing about how a run trains."""


class Onset(NamedTuple):
    """A sign, and the step from which on it has been seen, with gaps."""

    sign: Sign
    since: int


@dataclass(frozen=True)
class Evidence:
    """A run at one step, for the rules. Nothing in it changes.

    What is given of ``measured``, ``probe`` and ``preview`` is kept only where it is fresh, see
    :meth:`is_fresh`.

    Attributes:
        config: as it stands.
        kind: what its images are like.
        total: real images in the training set.
        counts: how far it is.
        recent: float32, records×columns: the newest readings one by one, at most 500; the last is
            that of step ``counts.steps``.
        whole: all readings, thinned to at most 500 buckets.
        measured: the fresh measurements, oldest first.
        probe: the newest probe of the networks; None if there is none, or none that is fresh.
        preview: the same from the images on the page, which costs next to nothing: it is newer as a
            rule, and has fewer numbers. See :meth:`probed`.
        ledger: of the run, oldest first; an entry is known by its place.
        broken: whether the run has ended because a reading was not finite.
        signs: of trouble that the other rules see now, by rule; for rules that name a cause.
        undoable: places in the ledger of the changes that can be undone now.
    """

    config: RunConfig
    kind: Kind
    total: int
    counts: Counts
    recent: NDArray[np.float32]
    whole: Curves
    measured: tuple[Measured, ...] = ()
    probe: Probe | None = None
    preview: Probe | None = None
    ledger: tuple[Entry, ...] = ()
    broken: bool = False
    signs: Mapping[str, Onset] = field(default_factory=dict)
    undoable: frozenset[int] = frozenset()
    _every: tuple[Measured, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        fresh = tuple(m for m in self.measured if self.is_fresh(m.step))
        object.__setattr__(self, "_every", self.measured)
        object.__setattr__(self, "measured", fresh)
        for name in ("probe", "preview"):
            one: Probe | None = getattr(self, name)
            if one is not None and not self.is_fresh(one.step):
                object.__setattr__(self, name, None)

    @property
    def step(self) -> int:
        return self.counts.steps

    def is_fresh(self, step: int) -> bool:
        """Whether what was measured at a step may count now: it is past the first fifty steps of
        the run and within its newest third."""
        age = self.step - step
        return step > FIRST_STEPS and age * NEWEST_SHARE <= self.step

    @property
    def turned(self) -> tuple[int, ...]:
        """Steps at which somebody changed a parameter that acts on training."""
        return tuple(entry.step for entry in self.changes)

    @property
    def changes(self) -> tuple[Entry, ...]:
        """The entries of the ledger that act on training, oldest first."""
        return tuple(entry for entry in self.ledger if entry.turned and _acts(entry.path))

    def with_signs(self, signs: Mapping[str, Onset]) -> Evidence:
        """The same, with what other rules see."""
        told = copy.copy(self)
        object.__setattr__(told, "signs", dict(signs))
        return told

    # -- curves --------------------------------------------------------------------------------

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

    def curves_at(self, step: int) -> Evidence:
        """The curves as they were at an earlier step, from the thinned ones: the newest readings
        are missing where a bucket of those is wider than the steps up to there. Only for curves;
        probes and metrics are still those of now."""
        width = 2**self.whole.level
        buckets = max(0, step // width - self.whole.first)
        means = self.whole.values[:buckets, 1].astype(np.float32)
        then = copy.copy(self)
        object.__setattr__(then, "counts", self.counts._replace(steps=step))
        object.__setattr__(then, "recent", np.repeat(means, width, axis=0)[-len(self.recent) :])
        return then

    # -- probes and metrics --------------------------------------------------------------------

    def probed(self, *names: str) -> Probe | None:
        """The newest fresh probe that has all of some numbers; None if there is none."""
        there = [
            one
            for one in (self.preview, self.probe)
            if one is not None and all(getattr(one, name) is not None for name in names)
        ]
        return max(there, key=lambda one: one.step, default=None)

    def measure(self, name: str, weights: Weights = "averaged") -> list[tuple[int, float]]:
        """One metric over the run, without its first steps: steps and numbers, oldest first. Empty
        if the newest number is not fresh."""
        course = [
            (step, number) for step, number in self._numbers(name, weights) if step > FIRST_STEPS
        ]
        return course if course and self.is_fresh(course[-1][0]) else []

    def floor(self, name: str, weights: Weights = "averaged") -> float | None:
        """What real images get, beside the newest fresh number of a metric; None if unknown."""
        there = [m for m in self.measured if m.weights == weights and name in m.values]
        return there[-1].values[name].floor if there else None

    def last_known(self, name: str) -> tuple[int, float] | None:
        """Step and number of a metric, however old: to be shown with its step, never for a verdict.
        None if it was never measured."""
        for weights in ("averaged", "raw"):
            if course := self._numbers(name, weights):
                return course[-1]
        return None

    def _numbers(self, name: str, weights: Weights) -> list[tuple[int, float]]:
        return [
            (m.step, m.values[name].number)
            for m in self._every
            if m.weights == weights and name in m.values
        ]


def _acts(path: str) -> bool:
    """Whether a parameter acts on training; one that is not known any more may have."""
    try:
        return known(path).group not in _WITHOUT_EFFECT
    except ConfigError:
        return True
