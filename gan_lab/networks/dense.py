"""Dense players, as in the first GAN (Goodfellow et al. 2014): no idea of neighbouring pixels."""

from __future__ import annotations

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, LayerSpec, Network
from gan_lab.networks.plan import batch_aware, behind, norm, normed_at, picture, wants_bias
from gan_lab.networks.shapes import Shape


def _hidden(config: Network, *, first_is_edge: bool) -> list[LayerSpec]:
    layers: list[LayerSpec] = []
    for index, units in enumerate(config.hidden):
        normed = normed_at(config, edge=first_is_edge and index == 0)
        bias = wants_bias(config, before_norm=normed)
        layers.append(
            LayerSpec(kind="linear", channels=units, bias=bias, **behind(config, normed=normed))
        )
    return layers


def generator(config: GeneratorNetwork, _source: Shape, size: int) -> list[LayerSpec]:
    """z (N×dim) to pictures (N×C×size×size) in the range of ``config.output``."""
    edge = normed_at(config, edge=True)
    bias = wants_bias(config, before_norm=edge)
    return [
        *_hidden(config, first_is_edge=False),
        LayerSpec(kind="linear", bias=bias, **norm(config, wanted=edge)),
        LayerSpec(kind="reshape", side=size, **picture(config)),
    ]


def discriminator(config: DiscriminatorNetwork, _size: int) -> list[LayerSpec]:
    """Pictures (N×C×size×size) to logits (N×1)."""
    return [
        LayerSpec(kind="flatten"),
        *_hidden(config, first_is_edge=True),
        *batch_aware(config, flat=False),
        *batch_aware(config, flat=True),
        LayerSpec(kind="linear"),
    ]
