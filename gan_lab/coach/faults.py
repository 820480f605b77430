"""What can be wrong with pictures, in numbers: pure functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor

_OTHERS = 10  # further neighbours that a distance is measured beside
_VISIBLE = 1.0  # of 255: nobody sees patterns among finer differences than that


def spread(flat: Tensor) -> float:
    """Mean distance of pictures, N×D, to each other."""
    n = len(flat)
    return float(torch.cdist(flat, flat).sum() / max(1, n * (n - 1)))


def nearest_two(flat: Tensor) -> tuple[Tensor, Tensor]:
    """Of each picture of N×D the distance to the nearest other one, and that one's place."""
    found = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = found.fill_diagonal_(torch.inf).min(1)
    return nearest.values, nearest.indices


def at_the_ends(images: Tensor) -> float:
    """Share of the pixels (uint8) at black or white, or next to it."""
    return float(((images <= 1) | (images >= 254)).float().mean())


def fine_patterns(images: Tensor) -> Tensor | None:
    """How far the patterns that upsampling leaves stand out of the spectrum of pictures.

    An enlargement by 2 that weighs places unequally leaves a pattern with a period of 2 px; the
    one before it, enlarged again, one of 4 px (Odena et al. 2016). Noise has all patterns alike and
    none that stand out.

    Args:
        images: uint8, N×C×S×S.

    Returns:
        float32: for each such pattern its power over that of its surroundings; around 1 where
        there is none. None for pictures too small for that.
    """
    size = images.shape[-1] // 4 * 4
    if size < 16:
        return None
    grey = images[..., :size, :size].float().mean(1)
    window = torch.hann_window(size, periodic=True)
    grey = (grey - grey.mean((1, 2), keepdim=True)) * window * window[:, None]
    power = torch.fft.fft2(grey).abs().square().mean(0)
    unseen = _VISIBLE**2 * float(window.square().sum()) ** 2  # power of such noise
    quarter, half = size // 4, size // 2
    places = [(0, half), (half, 0), (half, half), (0, quarter), (quarter, 0), (quarter, quarter),
              (quarter, half), (half, quarter)]  # fmt: skip
    found = []
    for row, column in places:
        # a window blurs a peak by one place; along the axis that it lies on power is alike
        ring = [(row + dr, column + dc) for dr in (-2, 0, 2) for dc in (-2, 0, 2) if dr or dc]
        if row == 0:
            ring = [(0, column - 2), (0, column + 2)]
        elif column == 0:
            ring = [(row - 2, 0), (row + 2, 0)]
        around = torch.stack([power[r % size, c % size] for r, c in ring]).log().mean().exp()
        found.append(power[row, column] / around.clamp_min(unseen))
    return torch.stack(found)


def memories(flat: Tensor, memory: Tensor, *, itself: bool = False) -> tuple[Tensor, Tensor]:
    """Of each picture, N×D, the distance to the nearest of ``memory``, M×D, and that beside the
    mean distance to the next ones; see ``latent.memorised``.

    Args:
        itself: the pictures are in the memory; each is not its own neighbour.
    """
    k = min(len(memory), 1 + _OTHERS + itself)
    near = torch.cdist(flat, memory).topk(k, largest=False).values[:, int(itself) :]
    others = near[:, 1:].mean(1) if near.shape[1] > 1 else near[:, 0]
    return near[:, 0], (near[:, 0] / others.clamp_min(1e-9)).nan_to_num(1.0)
