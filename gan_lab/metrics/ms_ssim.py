"""Structural similarity at several sizes (Wang, Simoncelli & Bovik 2003), and how much pictures of
one set are alike by it (Odena, Olah & Shlens 2017, §4.2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.metrics.psnr import check
from gan_lab.metrics.ssim import SIGMA, WINDOW, parts

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, finest first; found by asking people (Wang et al., §3.2)."""
SMALLEST = 4
"""Side, px, below which a picture has no pattern to compare."""


def ms_ssim(a: Tensor, b: Tensor) -> Tensor:
    """Π patternₛ^wₛ · light_last^w_last over the scales s, each half as large as the one before
    (eq. 7), of each picture; 1 for equal ones, and 0 where a pattern is the opposite.

    The paper's five scales need 176 px. Smaller pictures have the scales that still hold the
    window of 11 px (128 px: 4, 64: 3, 32 and 28: 2, below 22: 1), with the weights of these made
    to add up to 1; pictures below 11 px are compared in one window that is as large as they let
    it be. Values of different sizes do not compare.

    Args:
        a, b: uint8, N×C×H×W, 4 px or more a side; channels are compared one by one and averaged.

    Returns:
        float64, N.

    Raises:
        ValueError: different shapes, not uint8, or pictures too small.
    """
    check(a, b)
    side = min(a.shape[2:])
    if side < SMALLEST:
        raise ValueError(f"pictures must be {SMALLEST} px or more a side, not {tuple(a.shape[2:])}")
    window = min(WINDOW, side - 1 + side % 2)  # odd
    count = scales(side)
    weights = torch.tensor(WEIGHTS[:count], dtype=torch.float64)
    weights /= weights.sum()
    x, y = a.double(), b.double()
    found = torch.ones(a.shape[:2], dtype=torch.float64, device=a.device)
    for scale, weight in enumerate(weights.tolist()):
        light, pattern = parts(x, y, window, SIGMA * window / WINDOW)
        last = scale == count - 1
        alike = (light * pattern if last else pattern).mean((2, 3))
        found *= alike.clamp(min=0.0) ** weight  # a negative has no such power
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return found.mean(1)


def scales(side: int) -> int:
    """How many scales pictures with a shorter side of ``side`` px are compared at, 1 to 5."""
    count = 1
    while count < len(WEIGHTS) and side >> count >= WINDOW:
        count += 1
    return count


def likeness(images: Tensor, pairs: int = 100, seed: int = 0) -> float:
    """Mean MS-SSIM of random pairs of one set: the higher, the less it varies; 1 where all are one
    picture. What is real has a value too: compare with that, within one class if there are
    classes, as Odena et al. do with 100 pairs.

    Args:
        images: uint8, N×C×H×W, 4 px or more a side.
        pairs: to draw, each of two different pictures of the set.
        seed: of the drawing.

    Raises:
        ValueError: not such pictures, fewer than two, or no pairs.
    """
    if len(images) < 2 or pairs < 1:
        raise ValueError(f"pairs need two pictures at least, not {pairs} pairs of {len(images)}")
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(len(images), (pairs,), generator=generator)
    # so many further on, and round the end: never itself
    further = torch.randint(1, len(images), (pairs,), generator=generator)
    second = (first + further) % len(images)
    return float(ms_ssim(images[first.to(images.device)], images[second.to(images.device)]).mean())
