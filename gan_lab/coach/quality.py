"""Whether the fakes get better: the measure that says most, and how it moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_lab.coach.evidence import Evidence
from gan_lab.measures import Value, Weights
from gan_lab.measures.table import MEASURES

_BEST_FIRST = (
    "frechet-classifier", "frechet-inception", "js", "kl", "psnr", "coverage-classifier",
    "coverage-points", "swd", "coverage-pixels", "classes-kl",
)  # fmt: skip


class Trend(NamedTuple):
    """How the measure that says most went over the run.

    Attributes:
        name: of the measure.
        steps, badness: over the run; smaller is better, whatever the measure's own direction.
        numbers: as measured.
        floor: what real pictures get, if known.
        larger: whether larger is better.
        fresh: how many of the newest numbers a verdict may rest on, see ``Evidence.is_fresh``.
    """

    name: str
    steps: tuple[int, ...]
    numbers: tuple[float, ...]
    floor: float | None
    larger: bool
    fresh: int

    @property
    def called(self) -> str:
        """The measure in a sentence: "the sliced Wasserstein distance"."""
        words = MEASURES[self.name].titles.partition(",")[0] if self.name in MEASURES else self.name
        proper = words.startswith(("Fréchet", "Jensen", "KL", "PSNR", "SSIM", "MS-SSIM", "D's"))
        return f"the {words if proper else words[0].lower() + words[1:]}"

    @property
    def measured(self) -> int:
        """Step of the newest number."""
        return self.steps[-1]

    @property
    def badness(self) -> np.ndarray:
        """The numbers turned so that smaller is better."""
        return np.array(self.numbers) * (-1.0 if self.larger else 1.0)

    def is_worse(self, now: float, then: float, times: float) -> bool:
        """Whether a badness is more than so many times as bad as an earlier one, and by more than
        the distance of real images to each other."""
        apart = 0.0 if self.larger or self.floor is None else self.floor
        return now - then > max((times - 1.0) * abs(then), apart)

    def gain(self, first: int, last: int | None = None) -> float | None:
        """How much better the second half of the measures between two steps is than the first, in
        units of their noise; None if there are fewer than six."""
        steps = np.array(self.steps)
        chosen = self.badness[(steps >= first) & (steps <= (last or steps[-1]))]
        if len(chosen) < 6:
            return None
        half = len(chosen) // 2
        before, after = chosen[:half], chosen[-half:]
        jumps = np.abs(np.diff(chosen))
        noise = float(np.median(jumps)) / np.sqrt(half) + 1e-9 + 0.01 * abs(before.mean())
        return float((before.mean() - after.mean()) / noise)


def _more(name: str) -> bool:
    """Whether more of a measure is better."""
    return name in MEASURES and MEASURES[name].better == "more"


def trend(evidence: Evidence) -> Trend | None:
    """Of the metric that says most about this run, as people see it; None where none is fresh."""
    for weights in ("averaged", "raw"):
        for name in _BEST_FIRST:
            course = evidence.measure(name, weights)
            if course:
                steps, numbers = zip(*course, strict=True)
                floor, fresh = evidence.floor(name, weights), sum(map(evidence.is_fresh, steps))
                return Trend(name, steps, numbers, floor, _more(name), fresh)
    return None


def newest(
    evidence: Evidence, name: str, weights: Weights = "averaged"
) -> tuple[tuple[int, Value], ...]:
    """The newest two fresh numbers of a metric with their steps, the older one first; empty if
    there are fewer, since one alone may be chance."""
    there = [
        (m.step, m.values[name])
        for m in evidence.measured
        if m.weights == weights and name in m.values
    ]
    return tuple(there[-2:]) if len(there) > 1 else ()


def far(course: Trend) -> bool | None:
    """Whether the newest measures are far from what real pictures get; None if nobody knows."""
    if course.floor is None:
        return None
    newest = float(np.median(course.numbers[-min(3, course.fresh) :]))
    if course.larger:
        return newest < 0.6 * course.floor
    if course.name in ("js", "kl"):
        return newest > max(0.15, 4.0 * course.floor)
    if course.name == "swd":  # of few pictures the floor is high: noise has ten times as much
        return newest > 4.0 * course.floor
    return newest > max(10.0 * course.floor, course.floor + 1e-6)
