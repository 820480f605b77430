"""The players' networks: plain modules without training code. A family is one file and one line."""

from __future__ import annotations

from torch import nn

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork
from gan_lab.networks import dcgan, dense
from gan_lab.networks.layers import lend_generator
from gan_lab.networks.table import Layer, table

__all__ = ["Layer", "discriminator", "generator", "lend_generator", "table"]

FAMILIES = {"dense": dense, "dcgan": dcgan}


def generator(config: GeneratorNetwork, dim: int, channels: int, size: int) -> nn.Module:
    """G: z (N×dim) to pictures (N×channels×size×size) in the range of ``config.output``.

    Weights come from the process-global generator: call it within ``randomness.seeded``.
    """
    return FAMILIES[config.family].generator(config, dim, channels, size)


def discriminator(config: DiscriminatorNetwork, channels: int, size: int) -> nn.Module:
    """D: pictures (N×channels×size×size) to logits; see :func:`generator` for the weights."""
    return FAMILIES[config.family].discriminator(config, channels, size)
