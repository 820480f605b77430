"""What the families of networks have in common when they write down their layers."""

from __future__ import annotations

import math
from typing import Any

from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork, LayerSpec, Network


def stages(size: int, base: int) -> tuple[int, int]:
    """How often a picture doubles, and the side from which it grows.

    The number of doublings is the largest that starts at no less than ``base``; the start is
    rounded up, and the surplus cropped, so that any size can be made: 64 from 4 in four
    stages, 28 from 7 in two, 30 from 8 in two (32, cropped).

    Args:
        size: of the picture, px.
        base: smallest side to begin from, px.
    """
    count = max(1, int(math.log2(size / base)))
    return count, math.ceil(size / 2**count)


def channels(config: Network, count: int) -> list[int]:
    """Channels from the picture's side to the middle: width, twice that, …, max_width."""
    return [min(config.width * 2**i, max(config.max_width, config.width)) for i in range(count)]


def normed_at(config: Network, *, edge: bool) -> bool:
    """Whether a norm stands at a place; an edge is G's output side or D's input."""
    return config.batch_norm == "everywhere" or (config.batch_norm == "paper" and not edge)


def wants_bias(config: Network, *, before_norm: bool) -> bool:
    """Batch and instance normalisation subtract any constant, so one before them only costs."""
    cancelled = before_norm and config.norm != "pixel"
    return not cancelled if config.bias == "auto" else config.bias == "always"


def norm(config: Network, *, wanted: bool) -> dict[str, Any]:
    """The field ``norm`` of a layer."""
    return {"norm": config.norm if wanted else "none"}


def bend(config: Network) -> dict[str, Any]:
    """The fields of a hidden layer's activation."""
    slope = {"slope": config.slope} if config.activation == "leaky" else {}
    return {"activation": config.activation, **slope}


def behind(config: Network, *, normed: bool) -> dict[str, Any]:
    """The fields of all that follows a hidden layer: norm where wanted, activation, dropout."""
    return {**norm(config, wanted=normed), **bend(config), "dropout": config.dropout}


def picture(config: GeneratorNetwork) -> dict[str, Any]:
    """The fields of G's last activation."""
    return {"activation": "none" if config.output == "linear" else config.output}


def odd(kernel: int) -> int:
    """The window of a convolution that keeps the side: an even one cannot, so one smaller."""
    return max(1, kernel - (kernel + 1) % 2)


def double(
    config: GeneratorNetwork, up: str, width: int, *, bias: bool, **after: Any
) -> list[LayerSpec]:
    """Layers that double the side, in one of the ways of ``up``, and give ``width`` channels.

    Args:
        width: 0 for what the picture has.
        after: fields of what follows them.
    """
    if up == "transposed":
        conv = LayerSpec(
            kind="transposed", channels=width, kernel=config.kernel, stride=2, bias=bias, **after
        )
        return [conv]
    same = {"kernel": odd(config.kernel), "border": config.padding, "bias": bias}
    if up == "upsample":
        return [LayerSpec(kind="upsample", stride=2), LayerSpec(channels=width, **same, **after)]
    return [LayerSpec(channels=4 * width, **same), LayerSpec(kind="shuffle", stride=2, **after)]


def halve(config: DiscriminatorNetwork, width: int, *, bias: bool, **after: Any) -> list[LayerSpec]:
    """Layers that halve the side by ``config.down`` and give ``width`` channels."""
    if config.down == "stride":
        conv = LayerSpec(
            channels=width, kernel=config.kernel, stride=2, border=config.padding, bias=bias,
            **after,
        )  # fmt: skip
        return [conv]
    conv = LayerSpec(
        channels=width, kernel=odd(config.kernel), border=config.padding, bias=bias
    )  # fmt: skip
    return [conv, LayerSpec(kind=config.down, stride=2, **after)]


def halved(config: DiscriminatorNetwork, side: int) -> int:
    """The side after :func:`halve`: a strided odd kernel rounds up, all else rounds down."""
    return (side + config.kernel % 2) // 2 if config.down == "stride" else side // 2


def batch_aware(config: DiscriminatorNetwork, *, flat: bool) -> list[LayerSpec]:
    """The layer that compares the pictures of a batch, if there is to be one at this place:
    distances of rows, behind everything; a standard deviation before it is flattened."""
    if config.minibatch == "discrimination" and flat:
        return [LayerSpec(kind="minibatch", kernel=5)]
    if config.minibatch == "stddev" and not flat:
        return [LayerSpec(kind="stddev")]
    return []


def attention_at(config: Network, side: int) -> list[LayerSpec]:
    """A self-attention layer, if it is wanted at this side."""
    return [LayerSpec(kind="attention")] if side == config.attention else []


def check_attention(config: Network, sides: list[int]) -> None:
    """Raises ConfigError if self-attention is wanted at a side that the network does not pass."""
    if config.attention and config.attention not in sides:
        role = "g" if isinstance(config, GeneratorNetwork) else "d"
        raise ConfigError(
            f"networks.{role}.attention must be 0 or a side that the network passes,"
            f" {', '.join(map(str, sides))}, not {config.attention}"
        )
