"""Networks that grow (progressive GAN, Karras et al. 2018, arXiv 1710.10196, tables 2 and 3).

They come fully grown; the game that lets them grow sets their growth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, Network
from gan_lab.networks.critic import Critic, Head, Verdict
from gan_lab.networks.growth import Growing, averaged, doubled
from gan_lab.networks.layers import (
    Dropout,
    MinibatchDiscrimination,
    MinibatchStddev,
    PixelNorm,
)
from gan_lab.networks.plan import channels, normed_at, wants_bias
from gan_lab.networks.shapes import DISTANCES
from gan_lab.networks.stages import Change, Stage, pieces, through
from gan_lab.networks.weights import apply_spectral_norm, equalise, initialise

W = TypeVar("W", nn.Conv2d, nn.Linear)

_BEND = math.sqrt(2.0)  # He's gain: what a bend takes from the variance is given back
_FIRST = math.sqrt(2.0) / 4  # of G's first layer, "to match the original" (the authors' code)


class Generator(Growing):
    """z (N×dim) to pictures, N×colours×size×size, with no more detail than the level has.

    Attributes:
        whole: enlarge the pictures of lower levels to the full size, for people. The game lets
            the network that is trained draw at the level's own side.
    """

    def __init__(self, config: GeneratorNetwork, dim: int, colours: int, size: int) -> None:
        super().__init__(size, config.base)
        self.whole = True
        # from the first level to the picture
        self.widths = widths = channels(config, len(self.sides))[::-1]
        self.colours = colours
        width, start = widths[0], self.sides[0]
        bias = wants_bias(config, before_norm=normed_at(config, edge=False))
        self.first = nn.Sequential(
            PixelNorm(),
            _weighted(config, nn.Linear(dim, width * start**2, bias=bias), _FIRST),
            nn.Unflatten(1, (width, start, start)),
            *_behind(config, width),
            *_conv(config, width, width),
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2.0), *_conv(config, a, b), *_conv(config, b, b))
            for a, b in pairwise(widths)
        )
        self.to_colours = nn.ModuleList(
            _weighted(config, nn.Conv2d(width, colours, 1), 1.0) for width in widths
        )
        self.last = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "linear": nn.Identity}[config.output]()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Two a level that counts by now, and the picture."""
        found = []
        for level in range(self.growth.level + 1):
            side, width = self.sides[level], self.widths[level]
            for name in ("dense" if level == 0 else "enlarge, convolution", "convolution"):
                words = f"level {level + 1}, {side}×{side} px"
                found.append(Stage(len(found) + 1, name, words, (width, side, side)))
        words, full = f"from level {self.growth.level + 1}", self.sides[-1]
        return (*found, Stage(len(found) + 1, "picture", words, (self.colours, full, full)))

    def forward(self, z: Tensor) -> Tensor:
        for output in self.outputs(z):
            z = output
        return z

    def outputs(self, z: Tensor, change: Change | None = None) -> Iterator[Tensor]:
        """As of a :class:`LayerList`, for the levels that count."""
        level, side, alpha = self.growth
        change = change or (lambda _, x: x)
        number, below, x = 0, z, z
        for block in (self.first, *self.blocks[:level]):
            below = x
            for piece in pieces(block):
                number += 1
                x = change(number, through(piece, x))
                yield x
        picture = self.to_colours[level](x)
        if alpha < 1.0:
            picture = torch.lerp(doubled(self.to_colours[level - 1](below)), picture, alpha)
        picture = self.last(picture)
        if self.whole and side < self.sides[-1]:
            picture = F.interpolate(picture, scale_factor=float(self.sides[-1] // side))
        yield change(number + 1, picture)


class Body(Growing):
    """Pictures (larger ones than the level's are averaged) to N×F, of which D makes its score."""

    def __init__(self, config: DiscriminatorNetwork, colours: int, size: int) -> None:
        super().__init__(size, config.base)
        self.widths = widths = channels(config, len(self.sides))[::-1]
        width, start = widths[0], self.sides[0]
        self.from_colours = nn.ModuleList(
            nn.Sequential(*_conv(config, colours, width, kernel=1, edge=True)) for width in widths
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(*_conv(config, b, b), *_conv(config, b, a), nn.AvgPool2d(2))
            for a, b in pairwise(widths)
        )
        spread = config.minibatch == "stddev"
        bias = wants_bias(config, before_norm=normed_at(config, edge=False))
        self.last = nn.Sequential(
            *([MinibatchStddev()] if spread else []),
            *_conv(config, width + spread, width),
            nn.Flatten(),
            _weighted(config, nn.Linear(width * start**2, width, bias=bias)),
            *_behind(config, width, flat=True),
        )
        self.features = width
        if config.minibatch == "discrimination":
            self.last.append(MinibatchDiscrimination(width, DISTANCES, 5))
            self.features += DISTANCES

    def forward(self, x: Tensor) -> Tensor:
        return self.outputs(x)[-1]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Of what :meth:`outputs` gives."""
        level = self.growth.level
        found = []
        for n in range(level, -1, -1):
            name = "from colours" if n == level else "two convolutions, pool by mean"
            side, words = self.sides[n], f"level {n + 1}, {self.sides[n]}×{self.sides[n]} px"
            found.append(Stage(len(found) + 1, name, words, (self.widths[n], side, side)))
        return (*found, Stage(len(found) + 1, "convolution, dense", "", (self.features,)))

    def outputs(self, x: Tensor) -> list[Tensor]:
        """What each block gives; the last is N×F."""
        level, side, alpha = self.growth
        x = averaged(x, side)
        found = [self.from_colours[level](x)]
        for index in reversed(range(level)):
            found.append(self.blocks[index](found[-1]))
            if index == level - 1 and alpha < 1.0:
                below = self.from_colours[index](averaged(x, side // 2))
                found[-1] = torch.lerp(below, found[-1], alpha)
        return [*found, self.last(found[-1])]


class Discriminator(Critic):
    """D: pictures to logits (N×1); it may be told the classes or name them, as any Critic."""

    def __init__(
        self, config: DiscriminatorNetwork, colours: int, size: int, head: Head | None = None
    ) -> None:
        body = Body(config, colours, size)
        super().__init__(body, config)
        self.score = _weighted(config, nn.Linear(body.features, 1), 1.0)
        kind, classes = (head.kind, head.classes) if head else ("none", 0)
        if kind == "projection":
            self.embed = nn.Embedding(classes, body.features)
            initialise(self.embed, config)
        elif kind == "auxiliary":
            self.name = nn.Linear(body.features, classes)
            _weighted(config, self.name, 1.0)
        if config.spectral_norm:
            apply_spectral_norm(self)

    @property
    def stages(self) -> tuple[Stage, ...]:
        assert isinstance(self.body, Body)
        return self.body.stages

    def judge(self, x: Tensor, labels: Tensor | None = None) -> Verdict:
        assert isinstance(self.body, Body)
        features = self.body.outputs(x)
        phi = features[-1]
        score = self.score(phi)
        if self.embed is not None:
            if labels is None:
                raise ValueError("this discriminator compares picture and class: it needs labels")
            score = score + (self.embed(labels) * phi).sum(1, keepdim=True)
        return Verdict(score, features, None if self.name is None else self.name(phi))


def _conv(
    config: Network, a: int, b: int, *, kernel: int = 3, edge: bool = False
) -> list[nn.Module]:
    """A convolution that keeps the side, and what follows it; ``edge`` at D's input."""
    bias = wants_bias(config, before_norm=normed_at(config, edge=edge))
    conv = nn.Conv2d(a, b, kernel, padding=kernel // 2, padding_mode=config.padding, bias=bias)
    return [_weighted(config, conv), *_behind(config, b, edge=edge)]


def _weighted(config: Network, layer: W, gain: float = _BEND) -> W:
    """With its first weights."""
    if config.init == "equalised":
        equalise(layer, gain, layer.weight[0].numel())
    else:
        initialise(layer, config)
    return layer


def _behind(
    config: Network, width: int, *, flat: bool = False, edge: bool = False
) -> list[nn.Module]:
    """What follows a layer: bend and norm (pixel norm behind the bend, as in the paper; the others
    before it, as they are used elsewhere), then dropout."""
    layers = [_bend(config)]
    if normed_at(config, edge=edge):
        match config.norm:
            case "pixel":
                layers.append(PixelNorm())
            case "batch":
                layers.insert(0, nn.BatchNorm1d(width) if flat else nn.BatchNorm2d(width))
            case "instance" if not flat:
                layers.insert(0, nn.InstanceNorm2d(width))
            case _:
                pass
    return [*layers, Dropout(config.dropout)] if config.dropout else layers


def _bend(config: Network) -> nn.Module:
    match config.activation:
        case "relu":
            return nn.ReLU(inplace=True)
        case "leaky":
            return nn.LeakyReLU(config.slope, inplace=True)
        case "tanh":
            return nn.Tanh()
        case "sigmoid":
            return nn.Sigmoid()


def generator(
    config: GeneratorNetwork, source: tuple[int, ...], colours: int, size: int
) -> Generator:
    """Fully grown G; ``source`` is (dim,). Raises ConfigError if it cannot grow to ``size``."""
    return Generator(config, source[0], colours, size)


def discriminator(
    config: DiscriminatorNetwork, colours: int, size: int, *, head: Head | None = None
) -> Discriminator:
    """Fully grown D. Raises ConfigError if it cannot begin from ``size``."""
    return Discriminator(config, colours, size, head)
