"""How well scores of two kinds can be told apart: counts in bins, overlap, share told right."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

BINS = 40
FEW = 200
"""With fewer scores of a kind than this there are half as many bins, or chance alone would make
gaps between equal kinds."""


class Tally(NamedTuple):
    """Two kinds of scores, counted.

    Attributes:
        low, high: where the first bin begins and the last one ends.
        real, fake: scores in each bin; all bins are equally wide.
        threshold: what divides the kinds.
        told_real: real scores above the threshold.
        told_fake: fake ones below it. One that lies on it is told on neither side.
        overlap: see :func:`overlap`.
    """

    low: float
    high: float
    real: tuple[int, ...]
    fake: tuple[int, ...]
    threshold: float
    told_real: int
    told_fake: int
    overlap: float


def tally(
    real: Tensor, fake: Tensor, threshold: float, bounds: tuple[float, float] | None = None
) -> Tally:
    """Count scores (N and M, finite).

    Args:
        threshold: real scores should be above it, fake ones below.
        bounds: where the bins begin and end; by default a round window around all scores.

    Raises ValueError if there are none of one kind.
    """
    if not len(real) or not len(fake):
        raise ValueError("there must be scores of both kinds to compare")
    low, high = bounds or window([float(x) for s in (real, fake) for x in (s.min(), s.max())]
                                 + [threshold])  # fmt: skip
    bins = BINS if min(len(real), len(fake)) >= FEW else BINS // 2
    counts = [counted(scores, low, high, bins) for scores in (real, fake)]
    return Tally(
        low=low,
        high=high,
        real=tuple(counts[0].tolist()),
        fake=tuple(counts[1].tolist()),
        threshold=threshold,
        told_real=int((real > threshold).sum()),
        told_fake=int((fake < threshold).sum()),
        overlap=overlap(*counts),
    )


def counted(scores: Tensor, low: float, high: float, bins: int) -> Tensor:
    """int64, bins: scores in equal bins from ``low`` to ``high``; those beyond in the outermost."""
    place = ((scores.double() - low) * (bins / (high - low))).floor().clamp(0, bins - 1)
    return torch.bincount(place.long(), minlength=bins)


def overlap(p: Tensor, q: Tensor) -> float:
    """The area that two histograms share once each has an area of 1: 1 if they are equal, 0 if
    they have no bin in common (histogram intersection, Swain & Ballard 1991)."""
    return float(torch.minimum(p / p.sum(), q / q.sum()).sum())


def window(values: list[float]) -> tuple[float, float]:
    """Round numbers around all values, so that the axis stands still while they move a little."""
    low, high = min(values), max(values)
    span = high - low
    if span < 1e-6 * max(1.0, abs(low)):
        half = max(0.5, 1e-6 * abs(low))  # a bin must be wider than what numbers so large can tell
        low, high, span = low - half, high + half, 2.0 * half
    unit = 10.0 ** math.floor(math.log10(span))
    step = next(unit * f for f in (0.2, 0.5, 1.0, 2.0) if span / (unit * f) <= 6)
    return round(step * math.floor(low / step), 9), round(step * math.ceil(high / step), 9)
