"""The players' networks: plain modules without training code.

Every network is a list of layers. A family is one file that writes such a list, and one line in a
table below; ``build`` makes modules of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import nn

from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork, LayerSpec, plugins
from gan_lab.networks import dcgan, dense, grown, patch, progressive, residual, translate, unet
from gan_lab.networks import super as super_
from gan_lab.networks.alone import why_not_alone
from gan_lab.networks.build import LayerList, build
from gan_lab.networks.critic import Critic, Head, Verdict
from gan_lab.networks.layers import lend_generator
from gan_lab.networks.lines import LayerError, Line, trace
from gan_lab.networks.shapes import SCORE, Shape
from gan_lab.networks.stages import Change, Stage, Staged
from gan_lab.networks.table import Layer, table

__all__ = [
    "SCORE",
    "Change",
    "Critic",
    "Head",
    "Layer",
    "LayerError",
    "LayerList",
    "Line",
    "Shape",
    "Stage",
    "Staged",
    "Verdict",
    "build",
    "discriminator",
    "generator",
    "lend_generator",
    "open_as_layers",
    "table",
    "trace",
    "why_not_alone",
]


class GeneratorFamily(Protocol):
    """How one kind of G is written as a list of layers; our files are modules of this kind."""

    def generator(
        self, config: GeneratorNetwork, source: Shape, size: int, /
    ) -> Sequence[LayerSpec]: ...


class DiscriminatorFamily(Protocol):
    """The same of D."""

    def discriminator(self, config: DiscriminatorNetwork, size: int, /) -> Sequence[LayerSpec]: ...


FROM_NOISE: plugins.Table[GeneratorFamily] = plugins.Table(
    plugins.GENERATORS,
    {"dcgan": dcgan, "dense": dense, "residual": residual, "progressive": grown},
)
FROM_PICTURES = {"super": super_, "translate": translate, "unet": unet}
DISCRIMINATORS: plugins.Table[DiscriminatorFamily] = plugins.Table(
    plugins.DISCRIMINATORS,
    {"dcgan": dcgan, "dense": dense, "residual": residual, "progressive": grown, "patch": patch},
)


def generator(config: GeneratorNetwork, source: Shape, channels: int, size: int) -> nn.Module:
    """G: noise or pictures to pictures (N×channels×size×size) in the range of ``config.output``.

    Weights come from the process-global generator: call it within ``randomness.seeded``.

    Args:
        source: shape of one input: (dim,) of noise, (c, h, w) of a picture.

    Raises:
        ConfigError: a family that makes no such pictures from such a source.
        LayerError: a layer that does not fit.
    """
    if config.family == "progressive":
        _check_source(config, source)
        return progressive.generator(config, source, channels, size)
    layers = open_as_layers(config, source, size)
    try:
        _check_range(config, layers)
        return build(layers, source, (channels, size, size), config)
    except LayerError as error:
        raise LayerError(error.index, error.kind, error.why, "networks.g") from None


def discriminator(
    config: DiscriminatorNetwork, channels: int, size: int, *, head: Head | None = None
) -> Critic:
    """D: pictures (N×channels×size×size) to logits; weights and errors as with :func:`generator`.

    Args:
        head: what it knows of classes.
    """
    if config.family == "progressive":
        return progressive.discriminator(config, channels, size, head=head)
    source = (channels, size, size)
    layers = open_as_layers(config, source, size)
    try:
        return Critic(build(layers, source, SCORE, config), config, head)
    except LayerError as error:
        raise LayerError(error.index, error.kind, error.why, "networks.d") from None


def open_as_layers(
    config: GeneratorNetwork | DiscriminatorNetwork, source: Shape, size: int
) -> tuple[LayerSpec, ...]:
    """The layers of a network of any family; D's without what a head adds.

    A network with ``family = "layers"`` and these ``layers`` is the same network; one that grows
    is the one that it grows into. Raises ConfigError if the family cannot be built so.
    """
    role = "g" if isinstance(config, GeneratorNetwork) else "d"
    if config.family == "layers":
        if not config.layers:
            raise ConfigError(
                f"networks.{role}.layers must not be empty with networks.{role}.family = layers"
            )
        return config.layers
    if isinstance(config, GeneratorNetwork):
        _check_source(config, source)
        family = (FROM_NOISE if len(source) == 1 else FROM_PICTURES)[config.family]
        return tuple(family.generator(config, source, size))
    if config.family not in DISCRIMINATORS:
        raise ConfigError(_not_among("d", config.family, list(DISCRIMINATORS)))
    return tuple(DISCRIMINATORS[config.family].discriminator(config, size))


def _check_source(config: GeneratorNetwork, source: Shape) -> None:
    """Raises ConfigError if a family cannot begin from such a source."""
    noise = len(source) == 1
    fitting = list(FROM_NOISE if noise else FROM_PICTURES)
    if config.family not in fitting:
        which = "starts from noise" if noise else "starts from a picture"
        raise ConfigError(_not_among("g", config.family, fitting) + f", as G {which} here")


def _check_range(config: GeneratorNetwork, layers: Sequence[LayerSpec]) -> None:
    """Raises LayerError if the last layer's range is not that of the real pictures."""
    last = layers[-1]
    if {last.activation, config.output} in ({"sigmoid", "tanh"}, {"sigmoid", "linear"}):
        why = f"it ends with {last.activation}, but networks.g.output is {config.output}"
        raise LayerError(len(layers), last.kind, why)


def _not_among(role: str, family: str, fitting: list[str]) -> str:
    return f"networks.{role}.family: {family} does not fit; choose {', '.join(fitting)} or layers"
