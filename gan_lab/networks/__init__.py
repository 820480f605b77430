"""The players' networks: plain modules without training code. A family is one file and one line."""

from __future__ import annotations

import torch
from torch import nn

from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork, RunConfig
from gan_lab.networks import dcgan, dense
from gan_lab.networks.layers import lend_generator
from gan_lab.networks.table import Layer, table

__all__ = ["Layer", "discriminator", "generator", "lend_generator", "rehearse", "table"]

FAMILIES = {"dense": dense, "dcgan": dcgan}


def generator(config: GeneratorNetwork, dim: int, channels: int, size: int) -> nn.Module:
    """G: z (N×dim) to pictures (N×channels×size×size) in the range of ``config.output``.

    Weights come from the process-global generator: call it within ``randomness.seeded``.
    """
    return FAMILIES[config.family].generator(config, dim, channels, size)


def discriminator(config: DiscriminatorNetwork, channels: int, size: int) -> nn.Module:
    """D: pictures (N×channels×size×size) to logits; see :func:`generator` for the weights."""
    return FAMILIES[config.family].discriminator(config, channels, size)


def rehearse(config: RunConfig, channels: int, size: int) -> None:
    """Build both players and pass one batch through them without arithmetic or memory.

    Raises ConfigError if they cannot be built for such pictures, before a run has begun.
    """
    try:
        with torch.device("meta"), torch.no_grad():
            g = generator(config.networks.g, config.latent.dim, channels, size)
            d = discriminator(config.networks.d, channels, size)
            d(g(torch.empty(2, config.latent.dim)))
    except (RuntimeError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise ConfigError(
            f"these networks cannot be built for pictures of {size}×{size} px ({why}); change"
            " networks.g and networks.d, or data.size"
        ) from None
