"""Peak signal-to-noise ratio: how far pixels are from the right ones, in decibels."""

from __future__ import annotations

import torch
from torch import Tensor

PEAK = 255.0  # of uint8


def psnr(a: Tensor, b: Tensor) -> Tensor:
    """10·log₁₀(255² / mean squared difference) of each picture, in dB; more is better.

    3 dB more is half the squared error. Equal pictures have infinitely many.

    Args:
        a, b: uint8, N×C×H×W.

    Returns:
        float64, N.

    Raises:
        ValueError: different shapes, or not uint8.
    """
    check(a, b)
    error = (a.double() - b.double()).square().mean(dim=(1, 2, 3))
    return 10.0 * torch.log10(PEAK**2 / error)


def check(a: Tensor, b: Tensor) -> None:
    """Two sets of pictures that can be compared one by one; raises ValueError if they are not."""
    if a.dtype != torch.uint8 or b.dtype != torch.uint8:
        raise ValueError(f"pictures must be uint8, not {a.dtype} and {b.dtype}")
    if a.ndim != 4 or a.shape != b.shape:
        raise ValueError(
            f"pictures must be N×C×H×W of one shape, not {tuple(a.shape)} and {tuple(b.shape)}"
        )
