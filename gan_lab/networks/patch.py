"""PatchGAN: a score for each patch instead of one for the picture (Isola et al. 2017, §3.2).

``blocks`` convolutions halve the side and two more look further; with 3 and windows of 4 px each
score sees 70×70 px, as in the paper. Width 64 and max_width 512 are the paper's.
"""

from __future__ import annotations

from typing import Any

from gan_lab.config import DiscriminatorNetwork, LayerSpec
from gan_lab.networks.plan import behind, normed_at, wants_bias


def discriminator(config: DiscriminatorNetwork, _size: int) -> list[LayerSpec]:
    """Pictures (N×C×size×size) to logits of patches (N×1×h×w)."""
    window: dict[str, Any] = {
        "kernel": config.kernel,
        "padding": (config.kernel - 1) // 2,
        "border": config.padding,
    }
    layers: list[LayerSpec] = []
    for index in range(config.blocks + 1):
        normed = normed_at(config, edge=index == 0)
        width = min(config.width * 2**index, max(config.max_width, config.width))
        layers.append(
            LayerSpec(
                channels=width, stride=2 if index < config.blocks else 1, **window,
                bias=wants_bias(config, before_norm=normed), **behind(config, normed=normed),
            )
        )  # fmt: skip
    return [*layers, LayerSpec(**window)]
