"""Structural similarity: whether two pictures have the same light, contrast and pattern, place
by place (Wang, Bovik, Sheikh & Simoncelli 2004)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.metrics.psnr import PEAK, check
from gan_lab.threads import interruptible

WINDOW, SIGMA = 11, 1.5  # the paper's Gaussian, §III-B
C1, C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2  # K1, K2 of the paper; steady where all is flat
_PART = 32  # pictures at a time: the maps of one take some hundred times its own room


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean of the similarity map of each picture, at most 1; only whole windows count.

    Colour channels are compared one by one and averaged.

    Args:
        a, b: uint8, N×C×H×W, at least 11 px a side.

    Returns:
        float64, N.

    Raises:
        ValueError: different shapes, not uint8, or pictures smaller than the window.
    """
    check(a, b)
    if min(a.shape[2:]) < WINDOW:
        raise ValueError(f"pictures must be {WINDOW} px or more a side, not {tuple(a.shape[2:])}")
    alike = []
    for x, y in interruptible(zip(a.split(_PART), b.split(_PART), strict=True)):
        light, pattern = parts(x.double(), y.double())
        alike.append((light * pattern).reshape(len(x), -1).mean(1))
    return torch.cat(alike)


def parts(
    a: Tensor, b: Tensor, window: int = WINDOW, sigma: float = SIGMA
) -> tuple[Tensor, Tensor]:
    """What is alike in every whole window: the light (eq. 6), and contrast and pattern in one
    (eqs. 9 and 10 with C3 = C2 / 2).

    Args:
        a, b: float N×C×H×W, from 0 to 255.
        window: side of the Gaussian window, px, odd.
        sigma: of the Gaussian, px.

    Returns:
        Two maps N×C×(H - window + 1)×(W - window + 1).
    """
    # channels as pictures of their own: one blur for all
    x, y = (v.flatten(0, 1).unsqueeze(1) for v in (a, b))
    means = _blurred(torch.stack([x, y, x * x, y * y, x * y]), window, sigma)
    mean_x, mean_y, square_x, square_y, product = means
    var_x, var_y = square_x - mean_x**2, square_y - mean_y**2
    covariance = product - mean_x * mean_y
    light = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    pattern = (2 * covariance + C2) / (var_x + var_y + C2)
    return light.squeeze(1).unflatten(0, a.shape[:2]), pattern.squeeze(1).unflatten(0, a.shape[:2])


def _blurred(x: Tensor, window: int, sigma: float) -> Tensor:
    """Gaussian means of all whole windows: K×N×1×H×W to K×N×1×(H-window+1)×(W-window+1)."""
    places = torch.arange(window, dtype=x.dtype, device=x.device) - window // 2
    weights = torch.exp(-places.square() / (2 * sigma**2))
    weights /= weights.sum()
    # a Gaussian is a column of a row: for 11 px twice 11 products a pixel instead of 121
    rows = F.conv2d(x.flatten(0, 1), weights.view(1, 1, 1, -1))
    both = F.conv2d(rows, weights.view(1, 1, -1, 1))
    return both.unflatten(0, x.shape[:2])
