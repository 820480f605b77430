"""Pictures as the house holds them: one uint8 tensor, N×C×H×W, and labels where there are any.

Points of the plane (``gan_lab.data.plane``) go the same way, as pictures of one pixel in float32.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class DataError(ValueError):
    """Real pictures that cannot be had as asked, in one sentence that says what to do."""


class Kind(NamedTuple):
    """What pictures are like; all that a network must know of them.

    Attributes:
        channels: 1 or 3; 2 for points.
        size: side, px; 1 for points.
        classes: names, indexed by label; empty where there are none.
    """

    channels: int
    size: int
    classes: tuple[str, ...]

    @property
    def points(self) -> bool:
        """Whether they are points of the plane, not pictures."""
        return self.size == 1


@dataclass(frozen=True)
class Pictures:
    """What is real.

    Attributes:
        name: as the user asked for it, such as ``mnist:3,8``.
        images: uint8, N×C×S×S, C is 1 or 3; points: float32, N×2×1×1, from -1 to 1.
        labels: int64, N, or None where the set has no classes.
        classes: names of the classes, indexed by label.
    """

    name: str
    images: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.images.shape[0]

    @property
    def channels(self) -> int:
        return self.images.shape[1]

    @property
    def size(self) -> int:
        return self.images.shape[2]

    @property
    def kind(self) -> Kind:
        return Kind(self.channels, self.size, self.classes)

    @cached_property
    def digest(self) -> str:
        """A fingerprint of the pictures themselves, to know them again."""
        return hashlib.blake2b(self.images.contiguous().numpy().data, digest_size=16).hexdigest()

    def only(self, wanted: tuple[str, ...]) -> Pictures:
        """The pictures of some classes, given by name or by number; raises DataError if unknown.

        The others are forgotten, also as labels: nobody can ask a G for what it never saw.
        """
        if self.labels is None:
            raise DataError(f"{self.name} has no classes to choose from; leave out the ':'")
        numbers = class_numbers(self.name, self.classes, wanted)
        kept = self.chosen(torch.isin(self.labels, torch.tensor(numbers)))
        assert kept.labels is not None
        labels = torch.searchsorted(torch.tensor(numbers), kept.labels)
        return replace(kept, labels=labels, classes=tuple(self.classes[i] for i in numbers))

    def chosen(self, keep: Tensor) -> Pictures:
        """The pictures where ``keep``, bool N, is true."""
        labels = None if self.labels is None else self.labels[keep]
        return replace(self, images=self.images[keep], labels=labels)

    def shaped(self, size: int, colour: str) -> Pictures:
        """Resized to ``size`` (0 keeps it) and made ``grey`` or ``rgb`` (``own`` keeps it)."""
        images = self.images
        if size and size != self.size:
            images = _resize(images, size)
        if colour == "rgb" and images.shape[1] == 1:
            images = images.repeat(1, 3, 1, 1)
        elif colour == "grey" and images.shape[1] == 3:
            # ITU-R 601 luma, the weights that Pillow uses too
            weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
            images = torch.cat(
                [
                    (part * weights).sum(1, keepdim=True).round().byte()
                    for part in images.split(4096)
                ]
            )
        return replace(self, images=images)


def split_name(name: str) -> tuple[str, tuple[str, ...]]:
    """The set and the classes that a name such as ``mnist:3,8`` asks for; no classes mean all."""
    base, _, some = name.partition(":")
    return base, tuple(c.strip() for c in some.split(",")) if some else ()


def class_numbers(name: str, classes: tuple[str, ...], wanted: tuple[str, ...]) -> list[int]:
    """Classes of the set ``name``, asked for by name or by number, as numbers in their order.

    Raises DataError if one is unknown.
    """
    lowered, numbers = [c.lower() for c in classes], set()
    for one in wanted:
        if one.lower() in lowered:
            numbers.add(lowered.index(one.lower()))
        elif one.isdecimal() and int(one) < len(classes):
            numbers.add(int(one))
        else:
            raise DataError(
                f"{name} has no class {one!r}; it has {', '.join(classes)}"
                f" (or 0 to {len(classes) - 1})"
            )
    return sorted(numbers)


def _resize(images: Tensor, size: int) -> Tensor:
    """uint8 N×C×H×W to N×C×size×size, antialiased; in parts, to bound the memory in float."""
    parts = []
    for part in images.split(2048):
        resized = F.interpolate(
            part.float(), (size, size), mode="bilinear", antialias=True, align_corners=False
        )
        parts.append(resized.round().clamp(0, 255).byte())
    return torch.cat(parts)


def to_range(images: Tensor, output: str) -> Tensor:
    """uint8 pictures as the float range of G's output: [-1, 1], or [0, 1] if that is a sigmoid.

    Points are float32 from -1 to 1 already.
    """
    if images.is_floating_point():
        return (images + 1.0) / 2.0 if output == "sigmoid" else images
    if output == "sigmoid":
        return images.float().div_(255.0)
    return images.float().div_(127.5).sub_(1.0)


def to_pixels(x: Tensor, output: str) -> Tensor:
    """The inverse of :func:`to_range`, rounded and clamped to uint8."""
    scaled = x * 255.0 if output == "sigmoid" else (x + 1.0) * 127.5
    return scaled.round().clamp(0, 255).byte()


def to_points(x: Tensor, output: str) -> Tensor:
    """The inverse of :func:`to_range` for points: float32, N×2, where G may leave [-1, 1]."""
    return (2.0 * x - 1.0 if output == "sigmoid" else x).flatten(1)


def held_out(pictures: Pictures, share: float) -> Tensor:
    """bool N: which pictures to keep aside, evenly spread over each class in the present order.

    Classes of equal size give the same places, so that the k-th of one class stays with the k-th
    of another on both sides. None if fewer than two pictures would be left to train on.
    """
    labels = pictures.labels if pictures.labels is not None else torch.zeros(len(pictures))
    aside = torch.zeros(len(pictures), dtype=torch.bool)
    parts = round(share * 10_000)  # whole numbers: .1 · 30 is not 3 in binary
    for label in labels.unique():
        places = (labels == label).nonzero()[:, 0]
        whole = torch.arange(len(places) + 1) * parts // 10_000
        aside[places] = whole.diff() > 0
    for label in labels.unique() if aside.any() else ():
        places = (labels == label).nonzero()[:, 0]
        if len(places) > 1 and not aside[places].any():
            aside[places[-1]] = True  # a game between two classes wants to look at both
    return aside if len(pictures) - int(aside.sum()) >= 2 else torch.zeros_like(aside)
