"""How near a cloud of points is to the one that it should be."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

BINS = 24
"""Of a histogram, per side."""

SIGMAS = 3.0
"""How far from its place, in σ, a point may lie and still count as of that place."""


class Truth(NamedTuple):
    """Where real points come from.

    Attributes:
        places: K×2: centres of the modes, or places close together along a curve.
        sigma: of the Gaussian around each.
        reach: half the side of the window that holds them all.
        modal: whether each place is a mode of its own.
    """

    places: Tensor
    sigma: float
    reach: float
    modal: bool

    def measured(self, points: Tensor, expected: Tensor) -> dict[str, float]:
        """Every measure of a cloud, by name.

        Args:
            points: N×2, in the units of the places.
            expected: histogram of real points over the window.

        Returns:
            ``modes`` and ``of`` (only where there are modes), ``near``: share within 3σ, ``js`` in
            nats, and ``kl``: of real to fake, in nats, with half a point in every cell.
        """
        near = nearness(points, self.places, self.sigma)
        counts = histogram(points, self.reach, len(expected))
        found = {"modes": float(near.covered), "of": float(len(self.places))} if self.modal else {}
        return found | {
            "near": near.share,
            "js": js(expected, counts),
            "kl": kl(smoothed(expected), smoothed(counts)),
        }


class Nearness(NamedTuple):
    """Of points to the places where they should be.

    Attributes:
        covered: places that at least one point is near to.
        share: of the points that are near to any place.
    """

    covered: int
    share: float


def nearness(points: Tensor, places: Tensor, sigma: float) -> Nearness:
    """Which places are found, and how many points belong to one: the counts of VEEGAN (Srivastava
    et al. 2017, 5.1), where "near" is within 3σ and one point is enough to find a mode.

    Args:
        points: N×2.
        places: K×2.
        sigma: of the Gaussian around each place, in the same units.

    Raises:
        ValueError: there are no points, or they are no N×2.
    """
    _check(points)
    distance, nearest = torch.cdist(points.double(), places.double()).min(dim=1)
    near = distance <= SIGMAS * sigma
    return Nearness(len(nearest[near].unique()), float(near.double().mean()))


def histogram(points: Tensor, reach: float, bins: int = BINS) -> Tensor:
    """Counts of points, float64 bins×bins, row by row from below, in a square window around 0.

    Points outside the window count in the cell of the border that is nearest: leaving the window
    is a difference too.

    Args:
        points: N×2.
        reach: half the side of the window.
        bins: per side.

    Raises:
        ValueError: there are no points, or they are no N×2.
    """
    _check(points)
    places = (points.double() / reach + 1.0) * (bins / 2)
    # what is no number, in a run that is breaking, lies outside like what is too large
    cells = places.nan_to_num(nan=bins, posinf=bins, neginf=-1.0).floor().clamp(0, bins - 1).long()
    counts = torch.bincount(cells[:, 1] * bins + cells[:, 0], minlength=bins * bins)
    return counts.double().view(bins, bins)


def kl(p: Tensor, q: Tensor) -> float:
    """Kullback-Leibler divergence Σ p log(p / q) of two histograms, in nats; infinite where p has
    something and q nothing.

    Args:
        p, q: counts or shares, of one shape.

    Raises:
        ValueError: different shapes, or an empty histogram.
    """
    p, q = _shares(p, q)
    there = p > 0
    return float((p[there] * (p[there] / q[there]).log()).sum())


def js(p: Tensor, q: Tensor) -> float:
    """Jensen-Shannon divergence ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q) / 2, in nats: 0 for
    equal histograms, log 2 for such that share nothing.

    Args:
        p, q: counts or shares, of one shape.

    Raises:
        ValueError: different shapes, or an empty histogram.
    """
    p, q = _shares(p, q)
    middle = (p + q) / 2.0
    return min(max(0.0, (kl(p, middle) + kl(q, middle)) / 2.0), math.log(2.0))


def smoothed(counts: Tensor, extra: float = 0.5) -> Tensor:
    """Counts with ``extra`` in every cell (Krichevsky and Trofimov 1981), so that KL is finite."""
    return counts + extra


def _shares(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    if p.shape != q.shape:
        raise ValueError(f"histograms of different shapes: {tuple(p.shape)} and {tuple(q.shape)}")
    if not (float(p.sum()) > 0 and float(q.sum()) > 0):
        raise ValueError("a histogram is empty")
    return p.double() / p.sum(), q.double() / q.sum()


def _check(points: Tensor) -> None:
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"points must be N×2 with N of at least 1, not {tuple(points.shape)}")
