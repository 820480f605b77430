"""The averaged copy of G that people look at (Karras et al. 2018; half-lives: StyleGAN2)."""

# pyright: reportPrivateImportUsage=false
# (PyTorch's own optimisers use the same calls over many tensors at once)

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lab.config import Regularisation


def decay(regularisation: Regularisation, seen: int, images: int) -> float:
    """Share of the old average that is kept over ``images`` more: ½ per half-life in pictures.

    The half-life is at most ``ema_rampup`` of the pictures seen, so that the first noise is
    forgotten soon. 0 for no averaging.
    """
    half_life = min(regularisation.ema_images, regularisation.ema_rampup * seen)
    return 0.5 ** (images / half_life) if half_life > 0 else 0.0


class Average:
    """Moves ``shown`` towards ``network``: weights and the statistics of batch norm alike.

    Averaging the statistics with the weights keeps them fit for each other in eval mode.
    """

    def __init__(self, network: nn.Module, shown: nn.Module) -> None:
        self._source, self._average = _floats(network), _floats(shown)

    @torch.no_grad()
    def update(self, decay: float) -> None:
        if decay:
            torch._foreach_lerp_(self._average, self._source, 1.0 - decay)
        else:
            torch._foreach_copy_(self._average, self._source)


def _floats(network: nn.Module) -> list[Tensor]:
    """All weights and float buffers; counters of batches are no statistics."""
    tensors = [*network.parameters(), *network.buffers()]
    return [t.detach() for t in tensors if t.is_floating_point()]
