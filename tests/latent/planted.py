"""Generators whose latent space is known, because it was made so."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lab.config import RunConfig, put
from gan_lab.data import Kind
from gan_lab.latent import Model

DIM, SIDE = 16, 8


def unit(seed: int, dim: int = DIM) -> Tensor:
    """A direction, dim, of length 1."""
    vector = torch.randn(dim, generator=torch.Generator().manual_seed(seed))
    return vector / vector.norm()


def model(
    network: nn.Module, dim: int = DIM, size: int = SIDE, classes: tuple[str, ...] = (),
    **latent: object,
) -> Model:  # fmt: skip
    """A model of a network of our own making."""
    changes = {"latent.dim": dim} | {f"latent.{key}": value for key, value in latent.items()}
    if classes:
        changes["networks.labels"] = "concat"
    config = put(RunConfig(), changes)
    return Model(network.eval().requires_grad_(False), config, Kind(1, size, classes), 7)


def linear(planted: Tensor, strength: float = 12.0, classes: int = 0) -> nn.Sequential:
    """z to pictures, SIDE×SIDE, by one matrix that hears one direction far better than others."""
    generator = torch.Generator().manual_seed(3)
    outputs = SIDE * SIDE
    heard = torch.randn(outputs, generator=generator)
    weight = torch.randn(outputs, len(planted) + classes, generator=generator)
    weight[:, : len(planted)] += strength * heard[:, None] * planted
    layer = nn.Linear(len(planted) + classes, outputs, bias=False)
    layer.weight.data = 0.02 * weight
    return nn.Sequential(layer, nn.Unflatten(1, (1, SIDE, SIDE)))


class Drawn(nn.Module):
    """Pictures whose left and right half are as bright as two functions of z say, -1 to 1."""

    def __init__(self, left: Callable[[Tensor], Tensor], right: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.halves = left, right

    def forward(self, z: Tensor) -> Tensor:
        left, right = (half(z).clamp(-1, 1)[:, None, None, None] for half in self.halves)
        half = torch.ones(1, 1, SIDE, SIDE // 2)
        return torch.cat([left * half, right * half], 3)
