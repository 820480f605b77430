"""A network that the house built, written out layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from torch import nn

from gan_lab.networks import LayerList, layers
from gan_lab.networks.shapes import JOINS, words

INDENT = "    "


class Unwritten(ValueError):
    """Something that no script can say yet, as the middle of a sentence."""


@dataclass
class Item:
    """A line of a network, or a block of lines.

    Attributes:
        number: of the layer that it is part of.
        text: the call that makes it; of a block the name of its class.
        inside: of a block.
        shape: of what the layer gives, at its last line; "" at others.
    """

    number: int
    text: str
    inside: list[Item] | None = None
    shape: str = ""

    def code(self, indent: str) -> str:
        tail = f",  # {self.shape}" if self.shape else ","
        if self.inside is None:
            return f"{indent}{self.text}{tail}"
        inner = [item.code(indent + INDENT) for item in self.inside]
        return "\n".join([f"{indent}{self.text}(", *inner, f"{indent}){tail}"])


def items(network: LayerList) -> list[Item]:
    """All lines of a network; what an earlier layer is added or joined to becomes a block.

    Raises Unwritten for layers unknown here, and for joins that are not nested.
    """
    found: list[Item] = []
    for line, layer in zip(network.lines, network, strict=True):
        modules = list(cast(nn.Sequential, layer))
        if line.spec.kind in JOINS:
            inside = [item for item in found if item.number > line.spec.source]
            found = [item for item in found if item.number <= line.spec.source]
            if line.spec.source and (not found or found[-1].number != line.spec.source):
                raise Unwritten(f"layer {line.number}, which joins layer {line.spec.source} across"
                                " others that do the same")  # fmt: skip
            block = "Residual" if line.spec.kind == "add" else "Skip"
            found.append(Item(line.number, block, inside))
            modules = modules[1:]
        for module in modules:
            if not isinstance(module, nn.Identity):
                found.append(Item(line.number, text(module)))
        if found and found[-1].number == line.number:
            found[-1].shape = words(line.shape)
    return found


def cut(found: list[Item], numbers: Sequence[int]) -> list[list[Item]]:
    """The lines in parts, one up to each of the numbers and the rest.

    Raises Unwritten if a block lies across such an end.
    """
    parts: list[list[Item]] = []
    rest = found
    for number in numbers:
        parts.append([item for item in rest if item.number <= number])
        rest = [item for item in rest if item.number > number]
    for item in rest:
        if item.inside and any(inner.number <= max(numbers, default=0) for inner in item.inside):
            raise Unwritten("a D that goes around the layer that is looked at")
    return [*parts, rest]


def sequential(found: list[Item], indent: str = "") -> str:
    """``nn.Sequential(...)`` of some lines; one alone stands for itself."""
    if len(found) == 1 and found[0].inside is None:
        return found[0].text
    inner = [item.code(indent + INDENT) for item in found]
    return "\n".join(["nn.Sequential(", *inner, f"{indent})"])


def text(module: nn.Module) -> str:
    """The call that makes a module like this one."""
    for kind in type(module).__mro__:  # one with spectral norm is of a class derived from its own
        if kind in _CALLS:
            return _CALLS[kind](module)
    raise Unwritten(f"layers of the kind {type(module).__name__}")


def _call(name: str, *given: object, **named: tuple[object, object]) -> str:
    """A call; of each named argument its value and the default, which is left out."""
    more = [f"{key}={value!r}" for key, (value, default) in named.items() if value != default]
    return f"{name}({', '.join([*map(repr, given), *more])})"


def _side(pair: Any) -> Any:
    return pair[0] if isinstance(pair, tuple) and len(set(pair)) == 1 else pair


def _conv(m: Any) -> str:
    return _call(
        "nn.Conv2d", m.in_channels, m.out_channels, _side(m.kernel_size),
        stride=(_side(m.stride), 1), padding=(_side(m.padding), 0),
        dilation=(_side(m.dilation), 1), groups=(m.groups, 1),
        bias=(m.bias is not None, True), padding_mode=(m.padding_mode, "zeros"),
    )  # fmt: skip


def _transposed(m: Any) -> str:
    return _call(
        "nn.ConvTranspose2d", m.in_channels, m.out_channels, _side(m.kernel_size),
        stride=(_side(m.stride), 1), padding=(_side(m.padding), 0),
        output_padding=(_side(m.output_padding), 0), groups=(m.groups, 1),
        bias=(m.bias is not None, True), dilation=(_side(m.dilation), 1),
    )  # fmt: skip


def _linear(m: Any) -> str:
    return _call("nn.Linear", m.in_features, m.out_features, bias=(m.bias is not None, True))


def _upsample(m: Any) -> str:
    factor = float(m.scale_factor)
    return f"nn.Upsample(scale_factor={factor:g}, mode={m.mode!r})"


_CALLS: dict[type, Callable[[Any], str]] = {
    nn.Conv2d: _conv,
    nn.ConvTranspose2d: _transposed,
    nn.Linear: _linear,
    nn.Upsample: _upsample,
    nn.BatchNorm1d: lambda m: _call("nn.BatchNorm1d", m.num_features),
    nn.BatchNorm2d: lambda m: _call("nn.BatchNorm2d", m.num_features),
    nn.InstanceNorm2d: lambda m: _call("nn.InstanceNorm2d", m.num_features),
    nn.ReLU: lambda _: "nn.ReLU()",
    nn.LeakyReLU: lambda m: _call("nn.LeakyReLU", m.negative_slope),
    nn.PReLU: lambda _: "nn.PReLU()",
    nn.Tanh: lambda _: "nn.Tanh()",
    nn.Sigmoid: lambda _: "nn.Sigmoid()",
    nn.Flatten: lambda _: "nn.Flatten()",
    nn.Unflatten: lambda m: _call("nn.Unflatten", m.dim, tuple(m.unflattened_size)),
    nn.PixelShuffle: lambda m: _call("nn.PixelShuffle", m.upscale_factor),
    nn.PixelUnshuffle: lambda m: _call("nn.PixelUnshuffle", m.downscale_factor),
    nn.MaxPool2d: lambda m: _call("nn.MaxPool2d", m.kernel_size),
    nn.AvgPool2d: lambda m: _call("nn.AvgPool2d", m.kernel_size),
    nn.ZeroPad2d: lambda m: _call("nn.ZeroPad2d", tuple(m.padding)),
    nn.ReflectionPad2d: lambda m: _call("nn.ReflectionPad2d", tuple(m.padding)),
    nn.ReplicationPad2d: lambda m: _call("nn.ReplicationPad2d", tuple(m.padding)),
    layers.Dropout: lambda m: _call("Dropout", m.p),
    layers.Crop: lambda m: _call("Crop", m.size),
    layers.PixelNorm: lambda _: "PixelNorm()",
    layers.Attention: lambda m: _call("Attention", m.query.in_channels),
    layers.MinibatchDiscrimination: lambda m: _call(
        "MinibatchDiscrimination", m.matrix.in_features, m.kernels, m.dims
    ),
    layers.MinibatchStddev: lambda _: "MinibatchStddev()",
}
