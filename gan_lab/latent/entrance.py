"""Where z goes in: the first layers of a generator of any family.

Every network here is written in the order in which it is used, so that its parts, taken in this
order, are its first layers up to where two ways join.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from gan_lab.latent.directions import DirectionError
from gan_lab.latent.model import Model
from gan_lab.networks.layers import Add, Attention, Concat

_WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
_BENDS = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.Tanh, nn.Sigmoid)
_JOINTS = (Add, Attention, Concat)


def first_layer(network: nn.Module) -> nn.Sequential:
    """All up to the first layer with weights. Raises DirectionError if there is none."""
    parts: list[nn.Module] = []
    for part in _parts(network):
        parts.append(part)
        if isinstance(part, _WEIGHTED):
            return nn.Sequential(*parts)
    raise DirectionError("this generator has no layer that takes z")


def early(network: nn.Module) -> nn.Sequential:
    """All up to the first bend, if more follows behind it; else the first layer with weights."""
    parts: list[nn.Module] = []
    rest = _parts(network)
    for part in rest:
        if isinstance(part, _JOINTS):
            break
        parts.append(part)
        if isinstance(part, _BENDS) and any(isinstance(later, _WEIGHTED) for later in rest):
            return nn.Sequential(*parts)
    return first_layer(network)


@torch.no_grad()
def first_matrix(model: Model) -> Tensor:
    """A of the first layer, float32, dim×out: what each number of z adds to each of its outputs.

    The layer answers a one in each place, so this holds for linear, convolving and transposed
    layers alike, whatever lies over their weights. What a class adds is left out.
    Raises DirectionError if the first layer does not take z as it is.
    """
    *before, layer = first_layer(model.network)
    source = model.source(torch.ones(1, model.dim))
    takes = nn.Sequential(*before)(source).shape[1:]
    if takes.numel() != source.shape[1]:
        raise DirectionError("the first layer of this generator does not take z as it is")
    ones = torch.eye(source.shape[1])[: model.dim].reshape(-1, *takes)
    return (layer(ones) - layer(torch.zeros(1, *takes))).flatten(1)


def _parts(network: nn.Module) -> Iterator[nn.Module]:
    """Every module that does something itself, in order."""
    if isinstance(network, (*_WEIGHTED, *_JOINTS)) or not list(network.children()):
        yield network
        return
    for child in network.children():
        yield from _parts(child)
