"""The generator of CycleGAN (Zhu et al. 2017, arXiv 1703.10593, §7.1, after Johnson et al. 2016).

Two strided convolutions down, residual blocks at a quarter of the side, two steps up. The paper:
width 64, 6 blocks at 128 px and 9 above, instance normalisation, mirrored borders.
"""

from __future__ import annotations

from typing import Any

from gan_lab.config import ConfigError, GeneratorNetwork, LayerSpec
from gan_lab.networks.plan import bend, channels, norm, picture, wants_bias
from gan_lab.networks.shapes import Shape


def generator(config: GeneratorNetwork, _source: Shape, size: int) -> list[LayerSpec]:
    """Pictures (N×c×size×size) to pictures (N×C×size×size), size a multiple of four."""
    if size % 4:
        raise ConfigError(
            "networks.g.family = translate works at a quarter of the side, so data.size must be a"
            f" multiple of 4 px, not {size}"
        )
    normed = config.batch_norm != "nowhere"
    plain: dict[str, Any] = {
        "bias": wants_bias(config, before_norm=normed),
        **norm(config, wanted=normed),
    }
    conv = {**plain, **bend(config)}
    near, middle, far = channels(config, 3)
    layers = [
        LayerSpec(channels=near, kernel=7, border="reflect", **conv),
        LayerSpec(channels=middle, stride=2, **conv),
        LayerSpec(channels=far, stride=2, **conv),
    ]
    for _ in range(config.blocks):
        begin = len(layers)
        layers += [
            LayerSpec(channels=far, border="reflect", dropout=config.dropout, **conv),
            LayerSpec(channels=far, border="reflect", **plain),
            LayerSpec(kind="add", source=begin),
        ]
    for width in (middle, near):
        layers += _up(config, width, conv)
    return [*layers, LayerSpec(kernel=7, border="reflect", **picture(config))]


def _up(config: GeneratorNetwork, width: int, conv: dict[str, Any]) -> list[LayerSpec]:
    """Twice the side with 3×3 windows, by ``config.up``."""
    if config.up == "transposed":
        return [LayerSpec(kind="transposed", channels=width, stride=2, **conv)]
    if config.up == "upsample":
        grown = LayerSpec(kind="upsample", stride=2)
        return [grown, LayerSpec(channels=width, border="reflect", **conv)]
    bias: dict[str, Any] = {"bias": conv["bias"]}
    after = {key: value for key, value in conv.items() if key != "bias"}
    return [
        LayerSpec(channels=4 * width, border="reflect", **bias),
        LayerSpec(kind="shuffle", stride=2, **after),
    ]
