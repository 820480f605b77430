"""What each kind of layer makes of a shape; nothing is built here.

The rules follow the arithmetic of convolutions (Dumoulin & Visin 2016, arXiv 1603.07285).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gan_lab.config import LayerSpec

Shape = tuple[int, ...]
"""Of one input without the batch: (units,) or (channels, height, width)."""

SCORE: Shape = (1,)
"""What D ends with; a map of scores, (1, h, w), will do as well."""

JOINS = ("add", "concat")
WEIGHTED = ("linear", "conv", "transposed")
DISTANCES = 50  # of a minibatch layer that names no number


class Unfit(ValueError):
    """Why a layer does not fit, by those who do not know its number."""


def _linear(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    _vector(takes)
    return (spec.channels,)


def _conv(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    _picture(takes)
    _grouped(spec, takes)
    sides = []
    for side in takes[1:]:
        before, after = borders(spec)
        window, full = span(spec), side + before + after
        if spec.border == "reflect" and max(before, after) >= side:
            raise Unfit(f"a mirror of {max(before, after)} px needs more than {side} px")
        if window > full:
            room = f"{side} px" if full == side else f"{side} px ({full} with the border)"
            raise Unfit(f"a window of {window} px does not fit into {room}")
        sides.append((full - window) // spec.stride + 1)
    return (spec.channels, *sides)


def _transposed(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    _picture(takes)
    _grouped(spec, takes)
    if spec.border != "zeros":
        raise Unfit(f"its border must be zeros, not {spec.border}; upsample and conv know others")
    padding, surplus = transposed_padding(spec)
    if surplus >= max(spec.stride, spec.dilation):
        raise Unfit(f"a window of {spec.kernel} px cannot keep the side; choose an odd one")
    sides = [(side - 1) * spec.stride - 2 * padding + span(spec) + surplus for side in takes[1:]]
    if min(sides) < 1:
        raise Unfit(f"a border of {padding} px cuts everything off")
    return (spec.channels, *sides)


def _grown(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    channels, *sides = _picture(takes)
    return (channels, *(side * spec.stride for side in sides))


def _shuffled(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    channels, *sides = _picture(takes)
    area = spec.stride**2
    if channels % area:
        raise Unfit(
            f"{channels} channels cannot be laid out as {spec.stride}×{spec.stride} pixels;"
            f" it needs a multiple of {area}"
        )
    return (channels // area, *(side * spec.stride for side in sides))


def _unshuffled(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    channels, *sides = _picture(takes)
    return (channels * spec.stride**2, *(math.ceil(side / spec.stride) for side in sides))


def _pooled(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    channels, *sides = _picture(takes)
    if spec.stride > min(sides):
        raise Unfit(f"a window of {spec.stride} px does not fit into {min(sides)} px")
    return (channels, *(side // spec.stride for side in sides))


def _flat(_spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    return (math.prod(takes),)


def _reshaped(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    units = _vector(takes)[0]
    if not spec.side:
        raise Unfit("it needs a side")
    if units % spec.side**2:
        raise Unfit(f"{units} units do not fill pictures of {spec.side}×{spec.side} px")
    channels = units // spec.side**2
    if spec.channels not in (0, channels):
        raise Unfit(f"{units} units make {channels} channels of this side, not {spec.channels}")
    return (channels, spec.side, spec.side)


def _cropped(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    channels, *sides = _picture(takes)
    if not 0 < spec.side <= min(sides):
        raise Unfit(f"its side must be from 1 to {min(sides)} px, not {spec.side}")
    return (channels, spec.side, spec.side)


def _added(spec: LayerSpec, takes: Shape, other: Shape) -> Shape:
    if takes != other:
        raise Unfit(f"{words(takes)} and {words(other)} of layer {spec.source} cannot be added")
    return takes


def _joined(spec: LayerSpec, takes: Shape, other: Shape) -> Shape:
    if takes[1:] != other[1:]:
        raise Unfit(
            f"{words(takes)} and {words(other)} of layer {spec.source} differ in more than channels"
        )
    return (takes[0] + other[0], *takes[1:])


def _attentive(_spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    return _picture(takes)


def _distances(spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    return (_vector(takes)[0] + spec.channels,)


def _spread(_spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    return (takes[0] + 1, *takes[1:])


def _as_it_is(_spec: LayerSpec, takes: Shape, _other: Shape) -> Shape:
    return takes


RULES: dict[str, Callable[[LayerSpec, Shape, Shape], Shape]] = {
    "linear": _linear, "conv": _conv, "transposed": _transposed, "upsample": _grown,
    "bilinear": _grown, "shuffle": _shuffled, "unshuffle": _unshuffled, "max": _pooled,
    "average": _pooled, "flatten": _flat, "reshape": _reshaped, "crop": _cropped, "add": _added,
    "concat": _joined, "attention": _attentive, "minibatch": _distances, "stddev": _spread,
    "none": _as_it_is,
}  # fmt: skip


def words(shape: Shape) -> str:
    """A shape for people: 64×7×7."""
    return "×".join(map(str, shape))


def _vector(shape: Shape) -> Shape:
    if len(shape) != 1:
        raise Unfit(f"it takes a row of units, not {words(shape)}; put flatten before it")
    return shape


def _picture(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise Unfit(f"it takes a picture, not {shape[0]} units; put reshape before it")
    return shape


def _grouped(spec: LayerSpec, takes: Shape) -> None:
    if takes[0] % spec.groups or spec.channels % spec.groups:
        raise Unfit(
            f"{takes[0]} channels in and {spec.channels} out do not split into {spec.groups} groups"
        )


def span(spec: LayerSpec) -> int:
    """Side of the window with its gaps."""
    return spec.dilation * (spec.kernel - 1) + 1


def borders(spec: LayerSpec) -> tuple[int, int]:
    """Pixels that a conv adds before (left, top) and after its picture.

    With stride 1, "same" keeps the side, also of an even window; with others the border is the
    same on all sides, and an even side is divided by the stride.
    """
    if spec.padding == "valid":
        return 0, 0
    if spec.padding != "same":
        return spec.padding, spec.padding
    whole = span(spec) - 1
    return (whole // 2, whole - whole // 2) if spec.stride == 1 else (whole // 2, whole // 2)


def transposed_padding(spec: LayerSpec) -> tuple[int, int]:
    """PyTorch's padding and output_padding of a transposed conv; "same" gives side·stride."""
    if spec.padding == "valid":
        return 0, 0
    if spec.padding != "same":
        return spec.padding, 0
    # (side - 1)·stride - 2·padding + span + surplus = side·stride
    padding = max(0, math.ceil((span(spec) - spec.stride) / 2))
    return padding, spec.stride + 2 * padding - span(spec)


def attention_channels(channels: int) -> int:
    """Of a self-attention layer's queries, keys and values (SAGAN, §3: an eighth)."""
    return max(1, channels // 8)
