"""The generator of pix2pix, a U-Net (Isola et al. 2017, arXiv 1611.07004, §6.1).

Strided convolutions go down to a single place, transposed ones up again, and every step up is
also shown what the way down saw at its size. The paper: width 64, max_width 512, dropout 0.5
(its only noise) on the first three steps up.
"""

from __future__ import annotations

from typing import Any

from gan_lab.config import ConfigError, GeneratorNetwork, LayerSpec
from gan_lab.networks.plan import bend, channels, double, norm, picture, wants_bias
from gan_lab.networks.shapes import Shape

_WITH_DROPOUT = 3


def generator(config: GeneratorNetwork, _source: Shape, size: int) -> list[LayerSpec]:
    """Pictures (N×c×size×size) to pictures (N×C×size×size), size a power of two."""
    if size < 16 or size & (size - 1):
        raise ConfigError(
            "networks.g.family = unet halves pictures down to one place, so their side must be 16,"
            f" 32, 64 or 128 px, not {size}; change data.size"
        )
    steps = size.bit_length() - 1
    widths = channels(config, steps)
    layers = [
        _down(config, width, normed=0 < index < steps - 1) for index, width in enumerate(widths)
    ]
    normed = config.batch_norm != "nowhere"
    bias = wants_bias(config, before_norm=normed)
    for index in reversed(range(1, steps)):
        drops = config.dropout if steps - index <= min(_WITH_DROPOUT, steps - 2) else 0.0
        after: dict[str, Any] = {**norm(config, wanted=normed), **bend(config), "dropout": drops}
        layers += double(config, config.up, widths[index - 1], bias=bias, **after)
        layers.append(LayerSpec(kind="concat", source=index))
    return [*layers, *double(config, config.up, 0, bias=True, **picture(config))]


def _down(config: GeneratorNetwork, width: int, *, normed: bool) -> LayerSpec:
    """Half the side. The first step and the last, which leaves a single pixel, have no norm."""
    normed = normed and config.batch_norm != "nowhere"
    return LayerSpec(
        channels=width, kernel=config.kernel, stride=2, border=config.padding,
        bias=wants_bias(config, before_norm=normed), activation="leaky", slope=0.2,
        **norm(config, wanted=normed),
    )  # fmt: skip
