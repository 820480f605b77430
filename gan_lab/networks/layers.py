"""What the network families share: activations, dropout, spectral norm, first weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_lab.config import Network


class Dropout(nn.Module):
    """Inverted dropout (Srivastava et al. 2014) that draws from the run's own generator.

    ``nn.Dropout`` draws from the process-global one, which other runs move.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        keep = torch.empty_like(x).bernoulli_(1.0 - self.p, generator=self.generator)
        return x * keep / (1.0 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}"


def lend_generator(network: nn.Module, generator: torch.Generator) -> None:
    """Make every dropout layer of a network draw from ``generator``."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = generator


def activation(config: Network) -> nn.Module:
    """A new activation layer."""
    match config.activation:
        case "relu":
            return nn.ReLU(inplace=True)
        case "leaky":
            return nn.LeakyReLU(config.slope, inplace=True)
        case "tanh":
            return nn.Tanh()
        case "sigmoid":
            return nn.Sigmoid()


def wants_bias(config: Network, *, before_norm: bool) -> bool:
    """Batch normalisation subtracts any constant, so one before it only costs."""
    return not before_norm if config.bias == "auto" else config.bias == "always"


def after(config: Network, features: int, *, norm: bool, pictures: bool) -> list[nn.Module]:
    """What follows a hidden layer: batch norm where wanted, activation, dropout."""
    layers: list[nn.Module] = []
    if norm:
        layers.append(nn.BatchNorm2d(features) if pictures else nn.BatchNorm1d(features))
    layers.append(activation(config))
    if config.dropout:
        layers.append(Dropout(config.dropout))
    return layers


def normed_at(config: Network, *, edge: bool) -> bool:
    """Whether batch norm stands at a place; an edge is G's output side or D's input."""
    return config.batch_norm == "everywhere" or (config.batch_norm == "paper" and not edge)


def initialise(network: nn.Module, config: Network) -> None:
    """First weights in place, from the process-global generator (see randomness.seeded).

    ``dcgan``: N(0, 0.02) for weights, N(1, 0.02) for the scale of batch norm, 0 for constants
    (Radford et al. 2016, §4). ``framework`` leaves what the layers came with.
    """
    if config.init == "framework":
        return
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def apply_spectral_norm(network: nn.Module) -> None:
    """Divide every weight by its largest singular value (Miyato et al. 2018), in place."""
    for module in list(network.modules()):
        if isinstance(module, nn.Conv2d | nn.Linear):
            spectral_norm(module)


def stages(size: int, base: int) -> tuple[int, int]:
    """How often a picture doubles, and the side from which it grows.

    The number of doublings is the largest that starts at no less than ``base``; the start is
    rounded up, and the surplus cropped, so that any size can be made: 64 from 4 in four
    stages, 28 from 7 in two, 30 from 8 in two (32, cropped).

    Args:
        size: of the picture, px.
        base: smallest side to begin from, px.
    """
    count = max(1, int(math.log2(size / base)))
    return count, math.ceil(size / 2**count)


def channels(config: Network, count: int) -> list[int]:
    """Channels from the picture's side to the middle: width, twice that, …, max_width."""
    return [min(config.width * 2**i, max(config.max_width, config.width)) for i in range(count)]
