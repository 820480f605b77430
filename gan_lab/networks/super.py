"""The generator of SRGAN, SRResNet (Ledig et al. 2017, arXiv 1609.04802, fig. 4).

All work is done at the small size; only at the end do channels become pixels (Shi et al. 2016).
The paper: width 64, 16 blocks. ``batch_norm = "nowhere"`` is the later MSRGAN.
"""

from __future__ import annotations

from typing import Any

from gan_lab.config import ConfigError, GeneratorNetwork, LayerSpec
from gan_lab.networks.plan import norm, picture, wants_bias
from gan_lab.networks.shapes import Shape


def generator(config: GeneratorNetwork, source: Shape, size: int) -> list[LayerSpec]:
    """Small pictures (N×c×h×h) to large ones (N×C×size×size), size = h·2ⁿ."""
    width, border = config.width, config.padding
    doublings = _doublings(source[1], size)
    normed = config.batch_norm != "nowhere"
    conv: dict[str, Any] = {
        "channels": width,
        "border": border,
        "bias": wants_bias(config, before_norm=normed),
        **norm(config, wanted=normed),
    }
    wide: dict[str, Any] = {"kernel": 9, "border": border}
    layers = [LayerSpec(channels=width, activation="prelu", **wide)]
    for _ in range(config.blocks):
        begin = len(layers)
        layers += [
            LayerSpec(activation="prelu", dropout=config.dropout, **conv),
            LayerSpec(**conv),
            LayerSpec(kind="add", source=begin),
        ]
    layers += [LayerSpec(**conv), LayerSpec(kind="add", source=1)]
    for _ in range(doublings):
        layers += [
            LayerSpec(channels=4 * width, border=border),
            LayerSpec(kind="shuffle", stride=2, activation="prelu"),
        ]
    return [*layers, LayerSpec(**wide, **picture(config))]


def _doublings(small: int, size: int) -> int:
    """How often the side doubles. Raises ConfigError if it does not."""
    scale = size // small
    if scale * small != size or scale & (scale - 1):
        raise ConfigError(
            f"networks.g.family = super doubles pictures, and {small} px never become {size} px;"
            " choose another data.size or objective.scale"
        )
    return scale.bit_length() - 1
