"""Looking into a generator: what its layers give for a z, and what becomes of the picture when
single channels are switched off or made louder (GAN Dissection, Bau et al. 2019, arXiv 1811.10597).

Nothing is hooked into the network and nothing in it changes: it is walked through stage by stage,
and what one stage gives is multiplied before the next one takes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lab.config import ConfigError
from gan_lab.data import plane_of, to_points
from gan_lab.latent.model import Model
from gan_lab.networks import Change, Stage, Staged

LOUDEST = 4.0
"""Of a channel, 1 being as it is."""

_MOST = 64  # channels that are tried in one go
_NUMBERS = 2**22  # that one stage may then give


@dataclass(frozen=True)
class Turned:
    """One channel, or unit, made louder or softer.

    Attributes:
        stage: number of the stage whose channel it is, from 1.
        channel: from 0.
        scale: 0 switches it off, 1 leaves it as it is; up to :data:`LOUDEST`.
    """

    stage: int
    channel: int
    scale: float = 0.0


def stages(model: Model) -> tuple[Stage, ...]:
    """What G does, one thing after the other; the last gives the picture."""
    return _staged(model).stages


@torch.no_grad()
def activations(
    model: Model, z: Tensor, labels: Tensor | None = None, turned: Sequence[Turned] = ()
) -> list[Tensor]:
    """What every stage gives for z (N×dim): float32, N×C×h×w or N×C, one each of :func:`stages`.

    Args:
        turned: channels that are louder or softer; what later stages give follows from that.

    Raises:
        ConfigError: there is no such stage or channel, or the scale is out of bounds.
    """
    return list(_walk(model, z, labels, _turning(model, turned)))


def altered(
    model: Model, z: Tensor, labels: Tensor | None = None, turned: Sequence[Turned] = ()
) -> Tensor:
    """What G makes with some channels turned, as ``Model.raw``, N×C×S×S; gradients flow to z.

    With every scale at 1 it is ``Model.raw``, to the bit. Raises ConfigError as
    :func:`activations`.
    """
    return _last(_walk(model, z, labels, _turning(model, turned)))


@torch.no_grad()
def importance(
    model: Model,
    z: Tensor,
    stage: int,
    labels: Tensor | None = None,
    turned: Sequence[Turned] = (),
    channels: Sequence[int] | None = None,
) -> Tensor:
    """How much the picture of one z (1×dim) changes as each channel of a stage is switched off.

    Measured, one channel at a time, everything else as it is: see :func:`difference`. Only from
    that stage on G works for each of them.

    Args:
        stage: its number, from 1.
        turned: what is turned already.
        channels: which of them, from 0; all by default.

    Returns:
        float32, one a channel. Raises ConfigError as :func:`activations`.
    """
    wanted = range(_width(model, stage)) if channels is None else channels
    for channel in wanted:
        _check(model, Turned(stage, channel))
    turning = _turning(model, turned)
    before = _last(_walk(model, z, labels, turning))
    found = [torch.zeros(0)]
    for some in torch.tensor(list(wanted), dtype=torch.long).split(_at_once(model, stage)):

        def change(number: int, x: Tensor, some: Tensor = some) -> Tensor:
            x = turning(number, x)
            return _each_without(x, some) if number == stage else x

        found.append(difference(model, before, _last(_walk(model, z, labels, change))))
    return torch.cat(found)


def difference(model: Model, before: Tensor, after: Tensor) -> Tensor:
    """How far two of G's outputs (N×C×S×S, as ``Model.raw`` gives them) are apart, float32, N.

    Of pictures the mean difference of their pixels, as a share of the pixels' range, from 0 to 1;
    of points their distance, in units of the plane.
    """
    if model.kind.points:
        way = to_points(after, model.output) - to_points(before, model.output)
        return plane_of(model.config.data.name).reach * way.norm(dim=1)
    way = brightness(after, model.output) - brightness(before, model.output)
    return way.abs().flatten(1).mean(1)


def brightness(raw: Tensor, output: str) -> Tensor:
    """G's pictures from 0, black, to 1."""
    return (raw if output == "sigmoid" else (raw + 1.0) / 2.0).clamp(0.0, 1.0)


# -- the walk ----------------------------------------------------------------------------------


def _staged(model: Model) -> Staged:
    if not isinstance(model.network, Staged):
        raise ConfigError("this generator has no stages that one could look into")
    return model.network


def _walk(model: Model, z: Tensor, labels: Tensor | None, change: Change) -> Iterator[Tensor]:
    return _staged(model).outputs(model.source(z, labels), change)


def _last(outputs: Iterator[Tensor]) -> Tensor:
    made = None
    for output in outputs:
        made = output
    assert made is not None
    return made


# -- what is done to channels ------------------------------------------------------------------


def _turning(model: Model, turned: Sequence[Turned]) -> Change:
    """Multiplies channels. Raises ConfigError."""
    factors: dict[int, Tensor] = {}
    for one in turned:
        width = _check(model, one)
        factors.setdefault(one.stage, torch.ones(width))[one.channel] *= one.scale

    def change(number: int, x: Tensor) -> Tensor:
        factor = factors.get(number)
        return x if factor is None else x * factor.view(-1, *[1] * (x.ndim - 2))

    return change


def _each_without(x: Tensor, channels: Tensor) -> Tensor:
    """One input (1×C×…) as many times as there are ``channels``, each time without one of them."""
    keep = torch.ones(len(channels), x.shape[1])
    keep[torch.arange(len(channels)), channels] = 0.0
    return x * keep.view(*keep.shape, *[1] * (x.ndim - 2))


def _width(model: Model, stage: int) -> int:
    """How many channels a stage has. Raises ConfigError if there is no such stage."""
    every = stages(model)
    if not 1 <= stage <= len(every):
        raise ConfigError(f"there is no stage {stage}; choose 1 to {len(every)}")
    return every[stage - 1].shape[0]


def _check(model: Model, one: Turned) -> int:
    """The channels of its stage. Raises ConfigError."""
    width = _width(model, one.stage)
    if not 0 <= one.channel < width:
        raise ConfigError(
            f"stage {one.stage} has no channel {one.channel}; choose 0 to {width - 1}"
        )
    if not 0.0 <= one.scale <= LOUDEST:
        raise ConfigError(f"a channel is scaled by 0 to {LOUDEST:g}, not by {one.scale}")
    return width


def _at_once(model: Model, stage: int) -> int:
    """How many channels are tried in one go, to bound the memory."""
    largest = max(math.prod(one.shape) for one in stages(model)[stage - 1 :])
    return max(1, min(_MOST, _NUMBERS // largest))
