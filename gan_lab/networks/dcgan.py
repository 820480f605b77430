"""Convolutional players (DCGAN, Radford et al. 2016) for any square size.

The number of stages follows the size of the picture. G doubles it stage by stage, D halves it;
channels double towards the middle. With the paper's settings (64 px, width 64, base 4, kernel 4)
this is the paper's network.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, LayerSpec, Network
from gan_lab.networks.plan import (
    attention_at,
    batch_aware,
    behind,
    channels,
    check_attention,
    double,
    halve,
    halved,
    norm,
    normed_at,
    odd,
    picture,
    stages,
    wants_bias,
)
from gan_lab.networks.shapes import Shape


def _same(config: Network, width: int, *, bias: bool, **after: Any) -> LayerSpec:
    """A convolution that keeps the side."""
    kernel = odd(config.kernel)
    return LayerSpec(channels=width, kernel=kernel, border=config.padding, bias=bias, **after)


def _extra(config: Network, width: int) -> list[LayerSpec]:
    """The further convolutions of a stage, at the size that it has reached."""
    normed = normed_at(config, edge=False)
    bias = wants_bias(config, before_norm=normed)
    layer = _same(config, width, bias=bias, **behind(config, normed=normed))
    return [layer] * (config.layers_per_stage - 1)


def generator(config: GeneratorNetwork, _source: Shape, size: int) -> list[LayerSpec]:
    """z (N×dim) to pictures (N×C×size×size) in the range of ``config.output``."""
    count, start = stages(size, config.base)
    check_attention(config, [start * 2**i for i in range(count)])
    widths = channels(config, count)[::-1]  # from the middle to the picture
    normed = normed_at(config, edge=False)
    bias = wants_bias(config, before_norm=normed)
    after = behind(config, normed=normed)
    layers: list[LayerSpec] = []
    if config.fc:
        layers.append(LayerSpec(kind="linear", channels=config.fc, bias=bias, **after))
    layers += [
        LayerSpec(kind="linear", channels=widths[0] * start**2, bias=bias),
        LayerSpec(kind="reshape", side=start, **after),
        *attention_at(config, start),
    ]
    for stage, (width, following) in enumerate(pairwise(widths), 1):
        layers += _extra(config, width)
        layers += double(config, config.up, following, bias=bias, **after)
        layers += attention_at(config, start * 2**stage)
    layers += _extra(config, widths[-1])
    return [*layers, *_last(config, crop=size if start * 2**count != size else 0)]


def _last(config: GeneratorNetwork, crop: int) -> list[LayerSpec]:
    """The doubling that makes the picture, and the surplus cut off, if there is any."""
    edge = normed_at(config, edge=True)
    bias = wants_bias(config, before_norm=edge)
    up = config.up if config.last_up == "same" else config.last_up
    normed = norm(config, wanted=edge)
    if not crop:
        return double(config, up, 0, bias=bias, **normed, **picture(config))
    cut = LayerSpec(kind="crop", side=crop, **picture(config))
    return [*double(config, up, 0, bias=bias, **normed), cut]


def discriminator(config: DiscriminatorNetwork, size: int) -> list[LayerSpec]:
    """Pictures (N×C×size×size) to logits (N×1)."""
    count, _ = stages(size, config.base)
    layers: list[LayerSpec] = []
    side, sides = size, []
    for index, width in enumerate(channels(config, count)):
        normed = normed_at(config, edge=index == 0)
        bias = wants_bias(config, before_norm=normed)
        after = behind(config, normed=normed)
        if config.unshuffle and index == 0:
            layers.append(LayerSpec(kind="unshuffle", stride=2))
            layers.append(_same(config, width, bias=bias, **after))
            side = (side + 1) // 2
        else:
            layers += halve(config, width, bias=bias, **after)
            side = halved(config, side)
        layers += [*_extra(config, width), *attention_at(config, side)]
        sides.append(side)
    check_attention(config, sides)
    layers += [*batch_aware(config, flat=False), LayerSpec(kind="flatten")]
    if config.fc:
        normed = normed_at(config, edge=False)
        bias = wants_bias(config, before_norm=normed)
        after = behind(config, normed=normed)
        layers.append(LayerSpec(kind="linear", channels=config.fc, bias=bias, **after))
    return [*layers, *batch_aware(config, flat=True), LayerSpec(kind="linear")]
