"""Residual players without normalisation (R3GAN, Huang et al. 2024, arXiv 2501.05441, §4).

At each size of the picture a few blocks add to it: 1×1 up to twice the channels, 3×3 in groups,
1×1 back. Between sizes the picture is resampled, and only then do channels change. G begins, and
D ends, with a pattern for each channel. Meant for ``init = "fixup"``, with which every network
begins as its own skeleton without blocks.
"""

from __future__ import annotations

from typing import Any

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, LayerSpec, Network
from gan_lab.networks.plan import (
    attention_at,
    batch_aware,
    behind,
    channels,
    check_attention,
    halved,
    odd,
    picture,
    stages,
)
from gan_lab.networks.shapes import Shape

EXPANSION = 2  # of a block's channels inside, the paper's
_GROUP = 16  # channels in one group of the 3×3 convolution


def generator(config: GeneratorNetwork, _source: Shape, size: int) -> list[LayerSpec]:
    """z (N×dim) to pictures (N×C×size×size) in the range of ``config.output``."""
    count, start = stages(size, config.base)
    check_attention(config, [start * 2**i for i in range(count + 1)])
    widths = channels(config, count + 1)[::-1]  # from the middle to the picture
    bias = config.bias == "always"
    layers = [
        LayerSpec(kind="linear", channels=widths[0], bias=bias),
        LayerSpec(kind="reshape", side=1),
        # a pattern for each channel, as strong as the channel's number
        LayerSpec(
            kind="transposed", channels=widths[0], kernel=start, padding="valid", groups=widths[0],
            bias=bias,
        ),
    ]  # fmt: skip
    for stage, width in enumerate(widths):
        if stage:
            layers += _up(config, widths[stage - 1], width, bias=bias)
        layers = _with_blocks(config, layers, width)
        layers += attention_at(config, start * 2**stage)
    if start * 2**count != size:
        layers.append(LayerSpec(kind="crop", side=size))
    return [*layers, LayerSpec(kernel=1, bias=bias, **picture(config))]


def discriminator(config: DiscriminatorNetwork, size: int) -> list[LayerSpec]:
    """Pictures (N×C×size×size) to logits (N×1)."""
    count, _ = stages(size, config.base)
    widths = channels(config, count + 1)
    bias = config.bias == "always"
    layers = [LayerSpec(channels=widths[0], kernel=1, bias=bias)]
    side, sides = size, []
    for stage, width in enumerate(widths):
        if stage:
            layers += _down(config, widths[stage - 1], width, bias=bias)
            side = halved(config, side)
        layers = _with_blocks(config, layers, width)
        layers += attention_at(config, side)
        sides.append(side)
    check_attention(config, sides)
    layers += batch_aware(config, flat=False)
    # how much of each channel's pattern there is
    last = widths[-1] + (config.minibatch == "stddev")
    layers.append(LayerSpec(kernel=side, padding="valid", groups=last, bias=bias))
    layers += [LayerSpec(kind="flatten"), *batch_aware(config, flat=True)]
    return [*layers, LayerSpec(kind="linear", bias=bias)]


def _with_blocks(config: Network, layers: list[LayerSpec], width: int) -> list[LayerSpec]:
    """The layers so far and ``config.blocks`` residual blocks behind them."""
    inner = EXPANSION * width
    groups = inner // _GROUP if inner % _GROUP == 0 else 1
    hidden: dict[str, Any] = {"bias": config.bias != "never", **behind(config, normed=False)}
    for _ in range(config.blocks):
        begin = len(layers)
        layers = [
            *layers,
            LayerSpec(channels=inner, kernel=1, **hidden),
            LayerSpec(
                channels=inner, kernel=odd(config.kernel), border=config.padding, groups=groups,
                **hidden,
            ),
            LayerSpec(channels=width, kernel=1, bias=config.bias == "always"),
            LayerSpec(kind="add", source=begin),
        ]  # fmt: skip
    return layers


def _up(config: GeneratorNetwork, a: int, b: int, *, bias: bool) -> list[LayerSpec]:
    """Twice the side, from a to b channels: interpolated unless ``config.up`` says otherwise."""
    if config.up == "transposed":
        kernel = config.kernel
        return [LayerSpec(kind="transposed", channels=b, kernel=kernel, stride=2, bias=bias)]
    if config.up == "shuffle":
        conv = LayerSpec(channels=4 * b, kernel=1, bias=bias)
        return [conv, LayerSpec(kind="shuffle", stride=2)]
    conv = [LayerSpec(channels=b, kernel=1, bias=bias)] if a != b else []
    return [*conv, LayerSpec(kind="bilinear", stride=2)]


def _down(config: DiscriminatorNetwork, a: int, b: int, *, bias: bool) -> list[LayerSpec]:
    """Half the side, from a to b channels."""
    if config.down == "stride":
        return [
            LayerSpec(
                channels=b, kernel=config.kernel, stride=2, border=config.padding, bias=bias
            )
        ]  # fmt: skip
    conv = [LayerSpec(channels=b, kernel=1, bias=bias)] if a != b else []
    return [LayerSpec(kind=config.down, stride=2), *conv]
