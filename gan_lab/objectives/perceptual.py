"""How far two pictures are apart to eyes that were trained on something else."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
_SMALLEST = 16  # px; four halvings leave one place


def perceptual(
    eyes: Callable[[Tensor], Tensor], made: Tensor, true: Tensor, *, low: float, squared: bool
) -> Tensor:
    """Mean distance of ``eyes(made)`` and ``eyes(true)``: SRGAN's eq. 5 (Ledig et al. 2017) with
    squares, ESRGAN's L1 (Wang et al. 2018, authors' code) without.

    Args:
        eyes: pictures as :func:`normalised` makes them to features, N×C×h×w.
        made, true: N×1×H×W or N×3×H×W, of any size; gradients flow to ``made`` alone.
        low: what is black in them, 0 or -1; white is 1.
    """
    with torch.no_grad():
        wanted = eyes(normalised(true, low))
    distance = F.mse_loss if squared else F.l1_loss
    return distance(eyes(normalised(made, low)), wanted)


def normalised(x: Tensor, low: float) -> Tensor:
    """N×3×H×W with the mean and spread of ImageNet's pictures; grey ones in three equal colours,
    and those below 16 px enlarged to that, as less leaves nothing to VGG19."""
    x = ((x - low) / (1.0 - low)).expand(-1, 3, -1, -1)
    if min(x.shape[2:]) < _SMALLEST:
        sides = [max(side, _SMALLEST) for side in x.shape[2:]]
        x = F.interpolate(x, sides, mode="bilinear")
    return (x - x.new_tensor(MEAN).view(3, 1, 1)) / x.new_tensor(STD).view(3, 1, 1)
