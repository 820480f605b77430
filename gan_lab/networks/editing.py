"""A list of layers as people read and change it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from gan_lab.config import LayerSpec
from gan_lab.networks.shapes import JOINS

_WINDOW = ("channels", "kernel", "stride", "padding", "dilation", "groups", "bias")
_RESAMPLING = ("upsample", "bilinear", "shuffle", "unshuffle", "max", "average")
_BEHIND = ("norm", "activation", "dropout")
_OWN: dict[str, tuple[str, ...]] = {
    "linear": ("channels", "bias"),
    "conv": (*_WINDOW, "border"),
    "transposed": _WINDOW,
    **dict.fromkeys(_RESAMPLING, ("stride",)),
    "reshape": ("side",),
    "crop": ("side",),
    "add": ("source",),
    "concat": ("source",),
    "minibatch": ("channels", "kernel"),
}


def counting(spec: LayerSpec) -> tuple[str, ...]:
    """The fields that have any effect on such a layer, beside its kind."""
    slope = ("slope",) if spec.activation == "leaky" else ()
    return (*_OWN.get(spec.kind, ()), *_BEHIND, *slope)


def in_words(spec: LayerSpec) -> str:
    """What is special about a layer, in few words; its channels are seen from what comes out."""
    plain = LayerSpec(kind=spec.kind)
    said = {
        "kernel": f"{spec.kernel}×{spec.kernel} px",
        "stride": f"stride {spec.stride}",
        "padding": f"border {spec.padding}",
        "border": spec.border,
        "dilation": f"dilation {spec.dilation}",
        "groups": f"{spec.groups} groups",
        "bias": "no constant",
        "side": f"{spec.side} px",
        "source": f"layer {spec.source}",
        "norm": f"{spec.norm} norm",
        "activation": spec.activation,
        "slope": f"{spec.slope:g}",
        "dropout": f"dropout {spec.dropout:g}",
    }
    always = {"kernel", "source", "slope"}
    return ", ".join(
        text
        for field, text in said.items()
        if field in counting(spec)
        and (field in always or getattr(spec, field) != getattr(plain, field))
    )


def inserted(layers: Sequence[LayerSpec], place: int, spec: LayerSpec) -> tuple[LayerSpec, ...]:
    """With one more layer, which becomes number ``place``; joins still join what they did."""
    before, after = layers[: place - 1], layers[place - 1 :]
    return (*before, spec, *(_renumbered(s, lambda n: n + (n >= place)) for s in after))


def removed(layers: Sequence[LayerSpec], numbers: Collection[int]) -> tuple[LayerSpec, ...]:
    """Without some layers; joins still join what they did, or if that is gone what led to it."""
    return tuple(
        _renumbered(spec, lambda n: n - sum(gone <= n for gone in numbers))
        for number, spec in enumerate(layers, 1)
        if number not in numbers
    )


def _renumbered(spec: LayerSpec, new: Callable[[int], int]) -> LayerSpec:
    if spec.kind not in JOINS:
        return spec
    return spec.model_copy(update={"source": new(spec.source)})
