"""How well each direction predicts each attribute of a model's pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gan_lab.latent.directions import Direction
from gan_lab.latent.measures import Attribute, auc
from gan_lab.latent.model import Model
from gan_lab.latent.sampling import draw_labels

SAMPLES = 1000
_FLAGGED = 0.5  # from where on a flag counts as there
_RARE = 0.01  # a flag that fewer pictures have, or lack, tells nothing
_STILL = 1e-6  # a standard deviation below which nothing varies


Measuring = Callable[[Tensor], Tensor]
"""Pictures, uint8 N×C×S×S, to what they show, float32 N×K, such as a ``Measure``."""


class Prediction(NamedTuple):
    """What a place along a direction says of an attribute.

    Attributes:
        correlation: Pearson's r, -1 to 1; nan if the model's pictures do not differ in it.
        auc: of a flag: how often a picture that has it lies further along than one without, 0 to
            1, 0.5 for no idea; nan for numbers, and if almost all or almost none have it.
    """

    correlation: float
    auc: float


class Sampled(NamedTuple):
    """Pictures of a model and what they show.

    Attributes:
        z: float32, N×dim.
        labels: int64, N; None where G is told of no class.
        values: measured attributes, float32, N×K.
    """

    z: Tensor
    labels: Tensor | None
    values: Tensor


def sampled(model: Model, measure: Measuring, count: int = SAMPLES, seed: int = 1) -> Sampled:
    """Draw pictures, of any class where there are classes, and measure them."""
    z, labels = model.draw(count, seed), draw_labels(len(model.classes), count, seed)
    parts = [
        measure(model.images(z[i : i + 256], None if labels is None else labels[i : i + 256]))
        for i in range(0, count, 256)
    ]
    return Sampled(z, labels, torch.cat(parts))


def predictions(
    directions: Sequence[Direction], attributes: Sequence[Attribute], seen: Sampled
) -> list[list[Prediction]]:
    """Of every direction (rows) and attribute (columns)."""
    return [
        [_prediction(direction.along(seen.z), seen.values[:, k], attribute)
         for k, attribute in enumerate(attributes)]
        for direction in directions
    ]  # fmt: skip


def _prediction(along: Tensor, values: Tensor, attribute: Attribute) -> Prediction:
    r = correlation(along, values)
    if not attribute.flag:
        return Prediction(r, math.nan)
    flags = (values > _FLAGGED).float()
    share = float(flags.mean())
    rare = min(share, 1 - share) < _RARE
    return Prediction(r, math.nan if rare else auc(along, flags))


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's r of N and N numbers; nan if one of them does not vary."""
    a, b = a.double(), b.double()
    a, b = a - a.mean(), b - b.mean()
    sizes = a.square().mean().sqrt(), b.square().mean().sqrt()
    if min(sizes) < _STILL:
        return math.nan
    return float((a * b).mean() / (sizes[0] * sizes[1]))


@torch.no_grad()
def along(
    model: Model,
    direction: Direction,
    measure: Measuring,
    sigmas: Sequence[float] = (-2, -1, 0, 1, 2),
    count: int = 256,
    seed: int = 2,
) -> Tensor:
    """What many pictures show on the way: float32, len(sigmas)×K, means over ``count`` pictures
    that all move by so many σ from where they are."""
    z, labels = model.draw(count, seed), draw_labels(len(model.classes), count, seed)
    means = [measure(model.images(direction.moved(z, k), labels)).mean(0) for k in sigmas]
    return torch.stack(means)
