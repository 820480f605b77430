"""A list of layers on paper: what comes out of each, what it costs, how far it sees.

Receptive fields are computed as by Araujo et al. (2019, Distill).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from gan_lab.config import ConfigError, LayerSpec
from gan_lab.networks.shapes import (
    DISTANCES,
    JOINS,
    RULES,
    SCORE,
    WEIGHTED,
    Shape,
    Unfit,
    attention_channels,
    span,
    words,
)

_MOST_NUMBERS = 2**26  # that one picture may become on its way
_MOST_WEIGHTS = 2**27  # with gradients, Adam and the averaged copy some 2.7 GB
_MOST_PLACES = 48**2  # that look at each other: the square of it, for every picture of a batch


class LayerError(ConfigError):
    """A layer that does not fit.

    Attributes:
        index: its number, counted from 1.
        kind: of the layer.
        why: in plain words.
    """

    def __init__(self, index: int, kind: str, why: str, network: str = "") -> None:
        """
        Args:
            network: path of the parameters it came from, such as ``networks.g``.
        """
        self.index, self.kind, self.why = index, kind, why
        super().__init__(f"{network + ', ' if network else ''}layer {index}, {kind}: {why}")


class Line(NamedTuple):
    """One layer in its place.

    Attributes:
        number: counted from 1; 0 is the input.
        spec: with its channels settled.
        takes, shape: of its input and output.
        parameters: trained numbers in it.
        field: receptive field: side, in pixels of the network's input, of what one place of the
            output can see through the layers so far; 0 for all of it.
    """

    number: int
    spec: LayerSpec
    takes: Shape
    shape: Shape
    parameters: int
    field: int


class _Field(NamedTuple):
    """Side of what a place sees, and how far apart two neighbours see, in pixels of the input."""

    side: Fraction
    jump: Fraction


def trace(layers: Sequence[LayerSpec], source: Shape, target: Shape | None = None) -> list[Line]:
    """Every layer with its shapes, its parameters and its receptive field.

    Args:
        layers: of the network, in order.
        source: shape of its input.
        target: what must come out, or None if anything may; ``SCORE`` accepts a map of scores.

    Raises:
        LayerError: at the first layer that does not fit.
        ConfigError: there are no layers, or far too many weights.
    """
    if not layers:
        raise ConfigError("a network needs at least one layer")
    lines: list[Line] = []
    shapes: list[Shape] = [source]
    fields: list[_Field | None] = [
        _Field(Fraction(1), Fraction(1)) if len(source) == 3 else None
    ]  # fmt: skip
    last, needed = _at_the_end(layers, target)
    for number, written in enumerate(layers, 1):
        takes = shapes[-1]
        try:
            spec = _settled(written, takes, needed if number == last else 0)
            if spec.kind in JOINS and spec.source >= number:
                raise Unfit(f"only layers before it can join in, 0 to {number - 1}")
            source_of_join = spec.source if spec.kind in JOINS else 0
            shape = RULES[spec.kind](spec, takes, shapes[source_of_join])
            _check_behind(spec, shape)
        except Unfit as error:
            raise LayerError(number, written.kind, str(error)) from None
        shapes.append(shape)
        field = _widened(spec, fields[-1], fields[source_of_join])
        fields.append(field)
        lines.append(
            Line(number, spec, takes, shape, _parameters(spec, takes, shape),
                 math.ceil(field.side) if field else 0)
        )  # fmt: skip
    _check_end(lines, target)
    return lines


def last_weighted(layers: Sequence[LayerSpec]) -> int:
    """Number of the last layer that has weights of its own choosing; 0 if there is none."""
    return max((i for i, spec in enumerate(layers, 1) if spec.kind in WEIGHTED), default=0)


def _at_the_end(layers: Sequence[LayerSpec], target: Shape | None) -> tuple[int, int]:
    """Number of the last layer with weights, and the channels it must give to reach the target."""
    last = last_weighted(layers)
    if target is None:
        return last, 0
    needed = target[0]
    for spec in reversed(layers[last:]):
        match spec.kind:
            case "shuffle":
                needed *= spec.stride**2
            case "unshuffle":
                needed = max(1, needed // spec.stride**2)
            case "reshape":
                needed *= spec.side**2
            case "concat" | "flatten":
                needed = 0  # cannot be known from behind
    return last, needed


def _settled(spec: LayerSpec, takes: Shape, needed: int) -> LayerSpec:
    """With the number of channels in the place of 0."""
    if spec.channels or spec.kind not in (*WEIGHTED, "minibatch"):
        return spec
    channels = DISTANCES if spec.kind == "minibatch" else needed or takes[0]
    return spec.model_copy(update={"channels": channels})


# -- checks ------------------------------------------------------------------------------------


def _check_behind(spec: LayerSpec, shape: Shape) -> None:
    """Whether norm and size are possible."""
    if spec.norm == "instance" and math.prod(shape[1:]) == 1:
        raise Unfit(f"instance normalisation needs several pixels, and here are {words(shape)}")
    if spec.kind == "attention" and math.prod(shape[1:]) > _MOST_PLACES:
        raise Unfit(f"{words(shape)} are too many places to look at each other; 48×48 are allowed")
    if math.prod(shape) > _MOST_NUMBERS:
        raise Unfit(f"{words(shape)} are more numbers than any picture here needs")


def _check_end(lines: list[Line], target: Shape | None) -> None:
    total = sum(line.parameters for line in lines)
    if total > _MOST_WEIGHTS:
        raise ConfigError(f"{total:,} parameters are too many; {_MOST_WEIGHTS:,} are allowed")
    if target is None:
        return
    number, spec, _, shape, _, _ = lines[-1]
    if target == SCORE and (len(shape) == 3 or shape == SCORE) and shape[0] == 1:
        return
    if target == SCORE:
        why = f"D ends with a score, 1 number (or 1 channel of them), not with {words(shape)}"
    elif shape != target:
        why = f"it ends with {words(shape)}, but the pictures are {words(target)}"
    else:
        return
    raise LayerError(number, spec.kind, why)


# -- weights and sight -------------------------------------------------------------------------


def _parameters(spec: LayerSpec, takes: Shape, shape: Shape) -> int:
    match spec.kind:
        case "linear":
            own = takes[0] * spec.channels + spec.channels * spec.bias
        case "conv" | "transposed":
            own = takes[0] * spec.channels // spec.groups * spec.kernel**2
            own += spec.channels * spec.bias
        case "attention":
            own = 4 * takes[0] * attention_channels(takes[0]) + 1
        case "minibatch":
            own = takes[0] * spec.channels * spec.kernel
        case _:
            own = 0
    return own + 2 * shape[0] * (spec.norm == "batch") + (spec.activation == "prelu")


def _widened(spec: LayerSpec, field: _Field | None, other: _Field | None) -> _Field | None:
    if field is None or spec.kind in ("linear", "flatten", "reshape", "attention"):
        return None
    side, jump = field
    match spec.kind:
        case "conv":
            return _Field(side + (span(spec) - 1) * jump, jump * spec.stride)
        case "max" | "average" | "unshuffle":
            return _Field(side + (spec.stride - 1) * jump, jump * spec.stride)
        case "transposed":  # an output pixel lies in span / stride of the windows
            seen = math.ceil(Fraction(span(spec), spec.stride))
            return _Field(side + (seen - 1) * jump, jump / spec.stride)
        case "bilinear":
            return _Field(side + jump, jump / spec.stride)
        case "upsample" | "shuffle":
            return _Field(side, jump / spec.stride)
        case "add" | "concat":
            return None if other is None else _Field(max(side, other.side), jump)
    return field
