"""Convolutional players (DCGAN, Radford et al. 2016) for any square size.

The number of stages follows the size of the picture. G doubles it stage by stage, D halves it;
channels double towards the middle. With the paper's settings (64 px, width 64, base 4, kernel 4)
this is the paper's network.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, Network
from gan_lab.networks.layers import (
    after,
    apply_spectral_norm,
    channels,
    initialise,
    normed_at,
    stages,
    wants_bias,
)


class Crop(nn.Module):
    """The middle square of side ``size``, where the stages made a larger one."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        top = (x.shape[-1] - self.size) // 2
        return x[..., top : top + self.size, top : top + self.size]

    def extra_repr(self) -> str:
        return str(self.size)


def _same(config: Network, a: int, b: int, *, bias: bool) -> nn.Conv2d:
    """A convolution that keeps the side; an even kernel cannot, so the next smaller odd one."""
    kernel = max(1, config.kernel - (config.kernel + 1) % 2)
    return nn.Conv2d(
        a, b, kernel, padding=kernel // 2, padding_mode=config.padding, bias=bias
    )  # fmt: skip


def _double(config: GeneratorNetwork, up: str, a: int, b: int, *, bias: bool) -> list[nn.Module]:
    """Layers that double the side, in one of the ways of ``up``, from a to b channels."""
    if up == "transposed":
        k = config.kernel
        pad = (k - 1) // 2
        # (in - 1)·2 - 2·pad + k + output_padding = 2·in
        return [nn.ConvTranspose2d(a, b, k, 2, pad, output_padding=2 * pad + 2 - k, bias=bias)]
    if up == "upsample":
        return [nn.Upsample(scale_factor=2, mode="nearest"), _same(config, a, b, bias=bias)]
    return [_same(config, a, 4 * b, bias=bias), nn.PixelShuffle(2)]


def _halve(config: DiscriminatorNetwork, a: int, b: int, *, bias: bool) -> list[nn.Module]:
    """Layers that halve the side, rounding up, and go from a to b channels."""
    if config.down == "stride":
        k = config.kernel
        return [
            nn.Conv2d(a, b, k, 2, (k - 1) // 2, padding_mode=config.padding, bias=bias)
        ]  # fmt: skip
    pool = nn.MaxPool2d if config.down == "max" else nn.AvgPool2d
    return [_same(config, a, b, bias=bias), pool(2)]


def _unshuffle(
    config: DiscriminatorNetwork, a: int, b: int, side: int, *, bias: bool
) -> list[nn.Module]:
    """Like :func:`_halve`, by 2×2 pixels as four channels; an odd side is padded to be even."""
    pad = [nn.ZeroPad2d((0, side % 2, 0, side % 2))] if side % 2 else []
    return [*pad, nn.PixelUnshuffle(2), _same(config, 4 * a, b, bias=bias)]


def _halved(config: DiscriminatorNetwork, side: int) -> int:
    """The side after :func:`_halve`: a strided odd kernel rounds up, all else rounds down."""
    return (side + config.kernel % 2) // 2 if config.down == "stride" else side // 2


def _extra(config: Network, features: int) -> list[nn.Module]:
    """The further convolutions of a stage, at the size that it has reached."""
    layers: list[nn.Module] = []
    norm = normed_at(config, edge=False)
    for _ in range(config.layers_per_stage - 1):
        bias = wants_bias(config, before_norm=norm)
        layers.append(_same(config, features, features, bias=bias))
        layers += after(config, features, norm=norm, pictures=True)
    return layers


def generator(config: GeneratorNetwork, dim: int, colours: int, size: int) -> nn.Sequential:
    """z (N×dim) to pictures (N×colours×size×size) in the range of ``config.output``."""
    count, start = stages(size, config.base)
    widths = channels(config, count)[::-1]  # from the middle to the picture
    norm = normed_at(config, edge=False)
    bias = wants_bias(config, before_norm=norm)
    layers: list[nn.Module] = []
    features = dim
    if config.fc:
        layers.append(nn.Linear(dim, config.fc, bias=bias))
        layers += after(config, config.fc, norm=norm, pictures=False)
        features = config.fc
    layers.append(nn.Linear(features, widths[0] * start * start, bias=bias))
    layers.append(nn.Unflatten(1, (widths[0], start, start)))
    layers += after(config, widths[0], norm=norm, pictures=True)
    for a, b in pairwise(widths):
        layers += _extra(config, a)
        layers += _double(config, config.up, a, b, bias=bias)
        layers += after(config, b, norm=norm, pictures=True)
    layers += _extra(config, widths[-1])
    edge = config.batch_norm == "everywhere"
    up = config.up if config.last_up == "same" else config.last_up
    layers += _double(config, up, widths[-1], colours, bias=wants_bias(config, before_norm=edge))
    if edge:
        layers.append(nn.BatchNorm2d(colours))
    if start * 2**count != size:
        layers.append(Crop(size))
    layers.append(nn.Tanh() if config.output == "tanh" else nn.Sigmoid())
    network = nn.Sequential(*layers)
    initialise(network, config)
    return network


def discriminator(config: DiscriminatorNetwork, colours: int, size: int) -> nn.Sequential:
    """Pictures (N×colours×size×size) to logits (N×1)."""
    count, _ = stages(size, config.base)
    layers: list[nn.Module] = []
    features, side = colours, size
    for index, width in enumerate(channels(config, count)):
        norm = normed_at(config, edge=index == 0)
        bias = wants_bias(config, before_norm=norm)
        if config.unshuffle and index == 0:
            layers += _unshuffle(config, features, width, side, bias=bias)
            side = (side + 1) // 2
        else:
            layers += _halve(config, features, width, bias=bias)
            side = _halved(config, side)
        layers += after(config, width, norm=norm, pictures=True)
        layers += _extra(config, width)
        features = width
    layers.append(nn.Flatten())
    features *= side * side
    if config.fc:
        norm = normed_at(config, edge=False)
        layers.append(nn.Linear(features, config.fc, bias=wants_bias(config, before_norm=norm)))
        layers += after(config, config.fc, norm=norm, pictures=False)
        features = config.fc
    layers.append(nn.Linear(features, 1))
    network = nn.Sequential(*layers)
    initialise(network, config)
    if config.spectral_norm:
        apply_spectral_norm(network)
    return network
