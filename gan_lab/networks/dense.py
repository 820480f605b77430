"""Dense players, as in the first GAN (Goodfellow et al. 2014): no idea of neighbouring pixels."""

from __future__ import annotations

from torch import nn

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, Network
from gan_lab.networks.layers import after, apply_spectral_norm, initialise, normed_at, wants_bias


def _hidden(config: Network, features: int, *, first_is_edge: bool) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for index, size in enumerate(config.hidden):
        norm = normed_at(config, edge=first_is_edge and index == 0)
        layers.append(nn.Linear(features, size, bias=wants_bias(config, before_norm=norm)))
        layers += after(config, size, norm=norm, pictures=False)
        features = size
    return layers


def generator(config: GeneratorNetwork, dim: int, channels: int, size: int) -> nn.Sequential:
    """z (N×dim) to pictures (N×channels×size×size) in the range of ``config.output``."""
    edge = normed_at(config, edge=True)
    pixels = channels * size * size
    network = nn.Sequential(
        *_hidden(config, dim, first_is_edge=False),
        nn.Linear(config.hidden[-1], pixels, bias=wants_bias(config, before_norm=edge)),
        *([nn.BatchNorm1d(pixels)] if edge else []),
        nn.Unflatten(1, (channels, size, size)),
        nn.Tanh() if config.output == "tanh" else nn.Sigmoid(),
    )
    initialise(network, config)
    return network


def discriminator(config: DiscriminatorNetwork, channels: int, size: int) -> nn.Sequential:
    """Pictures (N×channels×size×size) to logits (N×1)."""
    network = nn.Sequential(
        nn.Flatten(),
        *_hidden(config, channels * size * size, first_is_edge=True),
        nn.Linear(config.hidden[-1], 1),
    )
    initialise(network, config)
    if config.spectral_norm:
        apply_spectral_norm(network)
    return network
