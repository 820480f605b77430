"""The players of a progressive GAN as they are once fully grown, as lists (see ``progressive``)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, LayerSpec, Network
from gan_lab.networks.growth import sides
from gan_lab.networks.plan import (
    batch_aware,
    bend,
    channels,
    norm,
    normed_at,
    picture,
    wants_bias,
)
from gan_lab.networks.shapes import Shape


def generator(config: GeneratorNetwork, _source: Shape, size: int) -> list[LayerSpec]:
    """z (N×dim) to pictures (N×C×size×size) in the range of ``config.output``."""
    levels = sides(size, config.base)
    widths = channels(config, len(levels))[::-1]  # from the first level to the picture
    bias = wants_bias(config, before_norm=normed_at(config, edge=False))
    layers = [
        LayerSpec(kind="none", norm="pixel"),
        LayerSpec(kind="linear", channels=widths[0] * levels[0] ** 2, bias=bias),
        *_behind(config, LayerSpec(kind="reshape", side=levels[0])),
        *_conv(config, widths[0]),
    ]
    for width in widths[1:]:
        layers.append(LayerSpec(kind="upsample", stride=2))
        layers += [*_conv(config, width), *_conv(config, width)]
    return [*layers, LayerSpec(kernel=1, **picture(config))]


def discriminator(config: DiscriminatorNetwork, size: int) -> list[LayerSpec]:
    """Pictures (N×C×size×size) to logits (N×1)."""
    levels = sides(size, config.base)
    widths = channels(config, len(levels))
    layers = _conv(config, widths[0], kernel=1, edge=True)
    for width, following in pairwise(widths):
        layers += [*_conv(config, width), *_conv(config, following)]
        layers.append(LayerSpec(kind="average", stride=2))
    bias = wants_bias(config, before_norm=normed_at(config, edge=False))
    return [
        *layers,
        *batch_aware(config, flat=False),
        *_conv(config, widths[-1]),
        LayerSpec(kind="flatten"),
        *_behind(config, LayerSpec(kind="linear", channels=widths[-1], bias=bias), flat=True),
        *batch_aware(config, flat=True),
        LayerSpec(kind="linear"),
    ]


def _conv(config: Network, width: int, *, kernel: int = 3, edge: bool = False) -> list[LayerSpec]:
    bias = wants_bias(config, before_norm=normed_at(config, edge=edge))
    conv = LayerSpec(channels=width, kernel=kernel, border=config.padding, bias=bias)
    return _behind(config, conv, edge=edge)


def _behind(
    config: Network, layer: LayerSpec, *, edge: bool = False, flat: bool = False
) -> list[LayerSpec]:
    """A layer with its bend and norm; a pixel norm stands behind the bend, as in the paper."""
    normed = normed_at(config, edge=edge) and not (flat and config.norm == "instance")
    late = normed and config.norm == "pixel"
    own: dict[str, Any] = {**bend(config), **norm(config, wanted=normed and not late)}
    drops: dict[str, Any] = {"dropout": config.dropout}
    if not late:
        return [layer.model_copy(update={**own, **drops})]
    return [layer.model_copy(update=own), LayerSpec(kind="none", norm="pixel", **drops)]
