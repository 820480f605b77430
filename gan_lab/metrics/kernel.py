"""Kernel distance between two sets of features (KID, Bińkowski et al. 2018)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Kernel(NamedTuple):
    """Of subsets drawn from both sides.

    Attributes:
        mean: the kernel distance; about 0 for sets of one kind, and by chance a little below.
        spread: standard deviation over the subsets; 0 where there is one.
    """

    mean: float
    spread: float


def mmd(a: Tensor, b: Tensor) -> float:
    """Unbiased MMD² of all of both sets under k(x, y) = (x·y / f + 1)³ (Bińkowski et al., eq. 4):

    Σᵢ≠ⱼ k(aᵢ, aⱼ) / n(n-1) + Σᵢ≠ⱼ k(bᵢ, bⱼ) / m(m-1) - 2·Σᵢⱼ k(aᵢ, bⱼ) / nm

    Being unbiased it can be slightly negative, and unlike the Frechet distance its value does not
    sink with n.

    Args:
        a, b: n×f and m×f features.

    Raises:
        ValueError: fewer than two samples, or different feature counts.
    """
    _check(a, b)
    a, b = a.double(), b.double()
    return _within(a) + _within(b) - 2.0 * float(_kernel(a, b).mean())


def kernel_distance(
    a: Tensor, b: Tensor, subsets: int = 100, size: int = 1000, seed: int = 0
) -> Kernel:
    """Mean MMD² over random subsets (§4: 100 of 1000), drawn without putting back.

    Where both sides are no larger than a subset there is but one: everything.

    Args:
        a, b: n×f and m×f features.
        subsets: to draw.
        size: of each; the smaller side where that has fewer.
        seed: of the drawing.

    Raises:
        ValueError: fewer than two samples, different feature counts, no subsets, subsets of one.
    """
    _check(a, b)
    if subsets < 1 or size < 2:
        raise ValueError(f"there must be a subset, and two in each, not {subsets} of {size}")
    if size >= max(len(a), len(b)):
        return Kernel(mmd(a, b), 0.0)
    size = min(size, len(a), len(b))
    generator = torch.Generator().manual_seed(seed)
    found = torch.tensor(
        [
            mmd(*(x[torch.randperm(len(x), generator=generator)[:size].to(x.device)]
                  for x in (a, b)))
            for _ in range(subsets)
        ],
        dtype=torch.float64,
    )  # fmt: skip
    return Kernel(float(found.mean()), float(found.std(correction=0)))


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def _within(x: Tensor) -> float:
    kernel = _kernel(x, x)
    return float((kernel.sum() - kernel.trace()) / (len(x) * (len(x) - 1)))


def _check(a: Tensor, b: Tensor) -> None:
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"features must be n×f and m×f, not {tuple(a.shape)}, {tuple(b.shape)}")
    if min(len(a), len(b)) < 2:
        raise ValueError("a kernel distance needs at least two samples on each side")
