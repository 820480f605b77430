"""First weights, and what is laid over weights while they are used."""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import register_parametrization

from gan_lab.config import LayerSpec, Network
from gan_lab.networks.lines import Line
from gan_lab.networks.shapes import WEIGHTED

Weighted = nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding


def initialise(network: nn.Module, config: Network, lines: tuple[Line, ...] = ()) -> None:
    """First weights in place, from the process-global generator (see randomness.seeded).

    ``dcgan``: N(0, 0.02) for weights, N(1, 0.02) for the scale of batch norm, 0 for constants
    (Radford et al. 2016, §4). ``framework`` leaves what the layers came with. ``fixup`` and
    ``equalised``: see the functions below.

    Args:
        lines: of a network that is a list of layers, one for each of its children.
    """
    match config.init:
        case "dcgan":
            _dcgan(network)
        case "fixup":
            _fixup(network, lines)
        case "equalised":
            _equalised(network, lines)
        case "framework":
            return


def _dcgan(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, Weighted):
            _normal(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            _normal(module.weight, 1.0, 0.02)
        else:
            continue
        _no_constant(module)


def _normal(weight: Tensor, mean: float, std: float) -> None:
    """Draw a weight in place. On the meta device there is nothing to draw, and PyTorch would import
    its compiler to do so, which takes more than a second."""
    if not weight.is_meta:
        nn.init.normal_(weight, mean, std)


def _no_constant(module: nn.Module) -> None:
    bias = getattr(module, "bias", None)
    if isinstance(bias, Tensor):
        nn.init.zeros_(bias)


# -- fix-up ------------------------------------------------------------------------------------


def _fixup(network: nn.Module, lines: tuple[Line, ...]) -> None:
    """A residual network that begins as its skeleton (Zhang et al. 2019, as R3GAN has it)."""
    for module, std in fixup_spread(network, lines):
        _normal(module.weight, 0.0, std)
        _no_constant(module)


def fixup_spread(
    network: nn.Module, lines: tuple[Line, ...]
) -> Iterator[tuple[Weighted, float]]:  # fmt: skip
    """What has weights, and their first standard deviation.

    In each of L blocks the last of m layers begins at 0, the others are L^(-1/(2m-2)) times as
    large as He's. A block is what an ``add`` joins with its own input. Of a network without blocks
    nothing, so that it keeps PyTorch's first weights.
    """
    blocks = [block for line in lines if (block := _block(lines, line))]
    if not blocks:
        return
    places = {number: block for block in blocks for number in block}
    for line, layer in zip(lines, network.children(), strict=True):
        for module in _weighted(layer):
            block = places.get(line.number, ())
            scale = len(blocks) ** (-1 / (2 * len(block) - 2)) if len(block) > 1 else 1.0
            if block and line.number == block[-1]:
                scale = 0.0
            yield module, scale * _gain(line.spec) / math.sqrt(_fan_in(module, line))


def _block(lines: tuple[Line, ...], end: Line) -> tuple[int, ...]:
    """Numbers of the layers with weights between an ``add`` and its source; () if it is none."""
    inside = lines[end.spec.source : end.number - 1] if end.spec.kind == "add" else ()
    if any(line.spec.kind == "add" for line in inside):
        return ()  # a long way round whole blocks
    return tuple(line.number for line in inside if line.spec.kind in WEIGHTED)


def _gain(spec: LayerSpec) -> float:
    """He's: what a bend takes from the variance is given back."""
    match spec.activation:
        case "relu":
            return math.sqrt(2.0)
        case "leaky":
            return math.sqrt(2.0 / (1.0 + spec.slope**2))
        case _:
            return 1.0


# -- equalised learning rate -------------------------------------------------------------------


class Scaled(nn.Module):
    """Multiplies a weight by a constant whenever it is used; optimisers see it as it is."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.scale


def equalise(module: Weighted, gain: float, fan_in: int) -> None:
    """Weights N(0, 1), used as gain/√fan_in times that (Karras et al. 2018, §4.1), in place."""
    scaled = register_parametrization(module, "weight", Scaled(gain / math.sqrt(fan_in)))
    weight: Tensor = scaled.parametrizations.weight.original  # type: ignore[union-attr, assignment]
    if not weight.is_meta:  # as in _normal
        nn.init.normal_(weight)
    _no_constant(module)


def _equalised(network: nn.Module, lines: tuple[Line, ...]) -> None:
    for module, gain, fan_in in equalised_scales(network, lines):
        equalise(module, gain, fan_in)


def equalised_scales(
    network: nn.Module, lines: tuple[Line, ...]
) -> Iterator[tuple[Weighted, float, int]]:  # fmt: skip
    """What has weights, with its gain and how many products it sums: every layer has a gain of √2,
    the last, which no bend follows, of 1."""
    pairs = zip(lines, network.children(), strict=True) if lines else [(None, network)]
    weighted = [(module, line) for line, layer in pairs for module in _weighted(layer)]
    for index, (module, line) in enumerate(weighted, 1):
        gain = 1.0 if index == len(weighted) else math.sqrt(2.0)
        yield module, gain, _fan_in(module, line)


def _weighted(network: nn.Module) -> Iterator[Weighted]:
    return (module for module in list(network.modules()) if isinstance(module, Weighted))


def _fan_in(module: Weighted, line: Line | None) -> int:
    """How many products are summed in one number of the output."""
    if isinstance(module, nn.Embedding):
        return module.num_embeddings
    if not isinstance(module, nn.ConvTranspose2d) or line is None:
        return module.weight[0].numel()
    kernel, stride = module.kernel_size[0], module.stride[0]
    places = min(math.ceil(kernel / stride), max(line.takes[1:]))  # of the input in each direction
    return module.in_channels // module.groups * places**2


# -- spectral norm -----------------------------------------------------------------------------


def apply_spectral_norm(network: nn.Module) -> None:
    """Divide every weight by its largest singular value (Miyato et al. 2018), in place.

    On the meta device only shapes and memory are those of spectral norm.
    """
    for module in _weighted(network):
        if module.weight.is_meta:
            register_parametrization(module, "weight", _SpectralNormShapes(module))
        else:
            spectral_norm(module)


class _SpectralNormShapes(nn.Module):
    """Has the buffers of PyTorch's spectral norm, and keeps as much for the backward pass.

    PyTorch iterates on the meta device too, with operations that are there written in Python: a
    network took a third of a second, the first one of a process two seconds.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, module: Weighted) -> None:
        super().__init__()
        self._dim = 1 if isinstance(module, nn.ConvTranspose2d) else 0  # of the output
        height, width = self._matrix(module.weight).shape
        self.register_buffer("_u", module.weight.new_empty(height))
        self.register_buffer("_v", module.weight.new_empty(width))

    def forward(self, weight: Tensor) -> Tensor:
        u, v = self._u.clone(), self._v.clone()
        sigma = (u * self._matrix(weight).mm(v[:, None])[:, 0]).sum()
        return weight / sigma

    def _matrix(self, weight: Tensor) -> Tensor:
        others = (dim for dim in range(weight.ndim) if dim != self._dim)
        return weight.permute(self._dim, *others).flatten(1)
