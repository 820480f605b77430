"""Questions of the panel "Look inside".

``inside`` tells what one stage of G gives for z, and how far the picture has changed, with some
channels ``turned``; ``turned`` is the picture itself; ``important`` measures which channels of a
stage matter to it. Maps travel as signed bytes, each with the number that 127 stands for.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.config import ConfigError
from gan_lab.data import plane_of, to_points
from gan_lab.latent import Model, inside
from gan_lab.latent.inside import LOUDEST, Turned
from gan_lab.networks import Stage
from gan_lab.runs.pictures import mosaic, png, scatter
from gan_lab.server.explore.asked import Answer, Asked, Wrong

Answers = Generator[Answer, None, None]

TURNED = 64  # channels that may be turned at a time
TRIED = 512  # channels of a stage that are switched off one by one
_PART = 16  # of them in one step
_BYTES = 2**18  # of the maps that one answer carries


class Maps(NamedTuple):
    """What a stage gives, ready to be sent.

    Attributes:
        shape: (channels, height, width), perhaps smaller than they were; (units,).
        peaks: the largest size of a number in each map; of units the largest of all.
        data: int8, 127 times the number by its peak.
    """

    shape: tuple[int, ...]
    peaks: list[float]
    data: bytes


def look(asked: Asked) -> Answers:
    """The stages of G, and what ``stage`` gives; how far the picture is from what it was."""
    model, z, labels = asked.model, asked.z(), asked.label()
    stages, turned = stages_of(model), turned_by(asked)
    number = asked.whole("stage", 1, len(stages), 1)
    given = inside.activations(model, z, labels, turned)
    maps = packed(given[number - 1])
    header: dict[str, Any] = {
        "stages": told(stages),
        "stage": number,
        "shape": list(maps.shape),
        "peaks": maps.peaks,
        "points": model.kind.points,
        "change": 0.0,
        "difference": None,
    }
    data = maps.data
    if turned:
        with torch.no_grad():
            before = model.raw(z, labels)
        header["change"] = float(inside.difference(model, before, given[-1]))
        if not model.kind.points:
            ends = [
                inside.brightness(x, model.output).mean(1, keepdim=True)
                for x in (before, given[-1])
            ]
            difference = packed(ends[1] - ends[0])
            header["difference"] = {
                "shape": list(difference.shape[1:]),
                "peak": difference.peaks[0],
            }
            data += difference.data
    yield Answer(header, data)


def turned(asked: Asked) -> Answers:
    """The picture of z with channels ``turned``, as a "latent" frame has it."""
    model = asked.model
    try:
        with torch.no_grad():
            raw = inside.altered(model, asked.z(), asked.label(), turned_by(asked))
    except ConfigError as error:
        raise Wrong(f"{error}.") from None
    if model.kind.points:
        plane = plane_of(model.config.data.name)
        pixels = scatter(plane.reach * to_points(raw, model.output), plane.places, plane.reach)
    else:
        pixels = mosaic(model.pixels(raw))
    header = {"state": asked.state, "mime": "image/png", "tile": pixels.shape[1]}
    yield Answer(header, png(pixels))


def important(asked: Asked) -> Answers:
    """How much of the picture each channel of ``stage`` makes, part by part; of a stage with very
    many those that give most."""
    model, z, labels = asked.model, asked.z(), asked.label()
    stages, also = stages_of(model), turned_by(asked)
    number = asked.whole("stage", 1, len(stages))
    given = inside.activations(model, z, labels, also)[number - 1][0]
    order = given.flatten(1).abs().mean(1) if given.ndim > 1 else given.abs()
    channels = order.argsort(descending=True)[:TRIED].tolist()
    for begin in range(0, len(channels), _PART):
        some = channels[begin : begin + _PART]
        found = inside.importance(model, z, number, labels, also, some)
        header = {
            "stage": number,
            "channels": some,
            "changes": [round(x, 6) for x in found.tolist()],
            "tried": begin + len(some),
            "of": len(channels),
            "all": len(order),
        }
        yield Answer(header, more=begin + len(some) < len(channels))


# -- what they share ---------------------------------------------------------------------------


def stages_of(model: Model) -> tuple[Stage, ...]:
    """Raises Wrong."""
    try:
        return inside.stages(model)
    except ConfigError as error:
        raise Wrong(f"{error}.") from None


def told(stages: tuple[Stage, ...]) -> list[dict[str, Any]]:
    return [{"name": one.name, "detail": one.detail, "shape": list(one.shape)} for one in stages]


def turned_by(asked: Asked) -> list[Turned]:
    """Which channels are turned: a list of [stage, channel, scale]. Raises Wrong."""
    given = asked.fields.get("turned", [])
    if not isinstance(given, list) or len(given) > TURNED:
        raise Wrong(f"turned must be a list of up to {TURNED} channels.")
    shapes = [stage.shape for stage in stages_of(asked.model)]
    found = []
    for one in given:
        if not _sound(one, shapes):
            raise Wrong(
                "A turned channel is the number of a stage, of a channel in it from 0, and a"
                f" factor from 0 to {LOUDEST:g}."
            )
        found.append(Turned(*one))
    return found


def _sound(one: Any, shapes: list[tuple[int, ...]]) -> bool:
    if not isinstance(one, list) or len(one) != 3:
        return False
    stage, channel, scale = one
    return (
        type(stage) is int
        and type(channel) is int
        and type(scale) in (int, float)
        and 1 <= stage <= len(shapes)
        and 0 <= channel < shapes[stage - 1][0]
        and 0 <= scale <= LOUDEST
    )


def packed(x: Tensor) -> Maps:
    """One input's part of what a stage gives: 1×C×h×w or 1×C."""
    x = x.detach().float()
    if x.ndim == 4:
        while x.shape[-1] > 1 and x.numel() > _BYTES:
            x = F.avg_pool2d(x, 2, ceil_mode=True)
    x = x[0].nan_to_num()
    flat = x.flatten(1) if x.ndim > 1 else x[None]
    peaks = flat.abs().amax(1)
    scaled = 127.0 * flat / peaks.clamp(min=1e-30)[:, None]
    data = scaled.round().numpy().astype(np.int8).tobytes()
    return Maps(tuple(x.shape), [_short(peak) for peak in peaks.tolist()], data)


def _short(number: float) -> float:
    """With four digits that count."""
    return number if not number else round(number, 3 - math.floor(math.log10(abs(number))))
