"""From z to pictures that people look at."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from gan_lab.config import Latent
from gan_lab.data import to_pixels
from gan_lab.objectives import draw_z

_PART = 256  # pictures made at once, to bound the memory


@torch.no_grad()
def pictures(network: nn.Module, z: Tensor, output: str) -> Tensor:
    """uint8, N×C×H×W, from z (N×dim), by a generator in eval mode.

    Args:
        output: last activation of the generator, whose range is mapped to 0–255.
    """
    return torch.cat([to_pixels(network(part), output) for part in z.split(_PART)])


def draw(latent: Latent, count: int, seed: int, truncation: float | None = None) -> Tensor:
    """z for people, count×dim: the run's own noise, truncated if asked for.

    Truncation gives up variety for typical pictures. For Gaussian noise, values beyond
    ``truncation`` σ are drawn again (Brock et al. 2019, §3.1); uniform noise is scaled by it,
    down only.
    """
    generator = torch.Generator().manual_seed(seed)
    if truncation is None:
        return draw_z(latent, count, generator)
    if latent.noise == "uniform":
        return draw_z(latent, count, generator) * min(truncation, 1.0)
    if latent.noise == "truncated":  # G has never seen what lies beyond
        truncation = min(truncation, latent.truncation)
    narrowed = latent.model_copy(update={"noise": "truncated", "truncation": truncation})
    return draw_z(narrowed, count, generator)


def draw_labels(classes: int, count: int, seed: int) -> Tensor | None:
    """Any of ``classes`` classes, int64, ``count``; None if there are none."""
    if not classes:
        return None
    return torch.randint(classes, (count,), generator=torch.Generator().manual_seed(seed))


def in_parts(network: nn.Module, z: Tensor, output: str) -> Iterator[Tensor]:
    """Like :func:`pictures`, part by part, so that any number fits into memory."""
    for part in z.split(_PART):
        yield pictures(network, part, output)
