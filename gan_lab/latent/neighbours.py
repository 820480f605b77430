"""The nearest real training pictures of any picture, in pixels and in features.

Real pictures are gone through part by part, so memory does not grow with their number, and what
goes on long says so after every part: the functions that do are generators, and :func:`all_of`
runs one to its end.

    near = all_of(nearest(unique(real.images).images, model.images(model.draw(8)), edges, 5))
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

T = TypeVar("T")
Feature = Callable[[Tensor], Tensor]
"""Pictures, uint8 N×C×S×S, to float32 N×F; near ones look alike."""

_PART = 1024  # real pictures that are looked at together
_LARGEST = 32  # px at which pixels are compared; more would see noise and cost much
_ORIENTATIONS = 8
_CELLS = 5  # a side: regions in which edges are counted
_MANY = 64  # pictures whose distances are measured exactly together


class Unique(NamedTuple):
    """Pictures, each once.

    Attributes:
        images: uint8, M×C×S×S.
        places: int64, M: where the first of its kind stood.
    """

    images: Tensor
    places: Tensor


class Nearest(NamedTuple):
    """The nearest real pictures of some pictures, nearest first.

    Attributes:
        distance: float32, N×k.
        places: int64, N×k: of the real pictures.
    """

    distance: Tensor
    places: Tensor


def pixels(images: Tensor) -> Tensor:
    """The pixels, such that a distance is the root of the mean squared difference, in shares of
    the whole range. Pictures of more than 32 px are made that small before."""
    flat = _small(images).flatten(1)
    return flat / math.sqrt(flat.shape[1])


def edges(images: Tensor) -> Tensor:
    """Which way edges run in each region: N×200, of unit length.

    Histograms of oriented gradients (Dalal & Triggs 2005), of eight directions in 5×5 regions that
    overlap. Nothing is learned: no data and no network stand behind it, so it is the same for every
    run, also for a generator whose D is gone, and no picture is nearer because D has seen it. It
    bears what changes pixels and not the picture: small shifts, some noise, another brightness.
    It does not know what a picture shows, and sees no colours.
    """
    grey = _blurred(_small(images).mean(1, keepdim=True))
    x = grey[..., 1:-1, 2:] - grey[..., 1:-1, :-2]
    y = grey[..., 2:, 1:-1] - grey[..., :-2, 1:-1]
    angles = torch.arange(_ORIENTATIONS) * (2 * math.pi / _ORIENTATIONS)
    # an edge counts for the directions near its own, the more the nearer
    ways = F.relu(x * angles.cos().view(1, -1, 1, 1) + y * angles.sin().view(1, -1, 1, 1))
    windows = _windows(ways.shape[-1])
    pooled = windows @ ways.square() @ windows.T
    # the root lets many weak edges count beside a few strong ones
    return F.normalize(pooled.flatten(1).sqrt(), eps=1e-6)


def _small(images: Tensor) -> Tensor:
    """From 0 to 1, of at most 32 px."""
    whole = images.float().div_(255.0)
    if images.shape[-1] <= _LARGEST:
        return whole
    return F.interpolate(whole, (_LARGEST, _LARGEST), mode="area")


def _blurred(grey: Tensor) -> Tensor:
    weights = torch.tensor([0.25, 0.5, 0.25])
    kernel = (weights[:, None] * weights).view(1, 1, 3, 3)
    return F.conv2d(F.pad(grey, (1, 1, 1, 1), mode="replicate"), kernel)


def _windows(side: int) -> Tensor:
    """5×side: means over windows that fade out into their neighbours."""
    width = side / _CELLS
    centres = (torch.arange(_CELLS) + 0.5) * width - 0.5
    weights = (1 - (torch.arange(side) - centres[:, None]).abs() / width).clamp_min(0.0)
    return weights / weights.sum(1, keepdim=True)


FEATURES: dict[str, Feature] = {"pixels": pixels, "edges": edges}
"""By the name that people choose."""


def unique(images: Tensor) -> Unique:
    """Pictures without exact copies of earlier ones: such would count as several neighbours."""
    first: dict[bytes, int] = {}
    for place, key in enumerate(fingerprints(images)):
        first.setdefault(key, place)
    places = torch.tensor(list(first.values()), dtype=torch.long)
    return Unique(images[places] if len(places) < len(images) else images, places)


def fingerprints(images: Tensor) -> list[bytes]:
    """The same for the same pictures."""
    return [hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in images.numpy()]


def nearest(
    real: Tensor, images: Tensor, feature: Feature, count: int, skip: Tensor | None = None
) -> Generator[float, None, Nearest]:
    """Yields the share that is done after every part of the real pictures; returns the nearest.

    Args:
        real: uint8, M×C×S×S.
        images: uint8, N×C×S×S, whose neighbours are wanted.
        count: how many; fewer if there are not so many.
        skip: int64, N: for each the place of a real picture that does not count, as it is itself.
    """
    wanted = feature(images)
    best = Nearest(torch.empty(len(images), 0), torch.empty(len(images), 0, dtype=torch.long))
    # more than are wanted: in float32 |a|² + |b|² − 2ab may confuse the order of near ones
    spare = count + 4
    for at in range(0, len(real), _PART):
        part = feature(real[at : at + _PART])
        far = torch.cdist(wanted, part)
        if skip is not None:
            inside = (skip >= at) & (skip < at + len(part))
            far[inside.nonzero()[:, 0], skip[inside] - at] = float("inf")
        best = _better(best, far, at, spare)
        yield min(1.0, (at + _PART) / len(real))
    return _exactly(real, wanted, feature, best, count)


def _better(best: Nearest, far: Tensor, at: int, count: int) -> Nearest:
    """The nearest of those known and of those in a part that begins at ``at``."""
    some = far.topk(min(count, far.shape[1]), largest=False)
    distance = torch.cat([best.distance, some.values], 1)
    index = torch.cat([best.places, some.indices + at], 1)
    kept = distance.topk(min(count, distance.shape[1]), largest=False)
    return Nearest(kept.values, index.gather(1, kept.indices))


def _exactly(real: Tensor, wanted: Tensor, feature: Feature, best: Nearest, count: int) -> Nearest:
    """The same, with distances from differences, sorted by them."""
    exact = []
    for features, index, known in zip(
        wanted.split(_MANY), best.places.split(_MANY), best.distance.split(_MANY), strict=True
    ):
        others = feature(real[index.flatten()]).view(*index.shape, -1)
        distance = (others - features.unsqueeze(1)).norm(dim=2)
        exact.append(torch.where(known.isinf(), known, distance))
    distance, order = torch.cat(exact).sort(dim=1)
    index = best.places.gather(1, order)
    return Nearest(distance[:, :count].contiguous(), index[:, :count].contiguous())


def look(
    real: Tensor, image: Tensor, feature: Feature, count: int
) -> Generator[float, None, Nearest]:
    """The nearest real pictures of one (uint8, 1×C×S×S), which may be shifted by a pixel.

    Yields and returns as :func:`nearest`; the distance is that of the best of nine shifts.
    """
    found = yield from nearest(real, shifts(image), feature, count)
    best: dict[int, float] = {}
    for index, far in zip(
        found.places.flatten().tolist(), found.distance.flatten().tolist(), strict=True
    ):
        best[index] = min(far, best.get(index, math.inf))
    order = sorted(best, key=lambda place: best[place])[:count]
    return Nearest(torch.tensor([[best[i] for i in order]]), torch.tensor([order]))


def shifts(image: Tensor) -> Tensor:
    """One picture moved by -1, 0 and 1 px both ways, 9×C×S×S; its rim is repeated."""
    side = image.shape[-1]
    padded = F.pad(image.float(), (1, 1, 1, 1), mode="replicate").byte()
    return torch.cat([padded[..., y : y + side, x : x + side] for y in range(3) for x in range(3)])


def all_of(steps: Generator[Any, None, T]) -> T:
    """What a generator returns, run to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
