"""Where distances are measured: what a picture, or a point, becomes before it is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.threads import interruptible

Feature = Callable[[Tensor], Tensor]
"""Pictures, uint8 N×C×S×S, or points, float32 N×2, to float32 N×f."""

SIDE = 16
"""px: larger pictures are made that small before their pixels are compared, since in more
dimensions the nearest are hardly nearer than the others."""

_PART = 512  # pictures that are looked at together


class Judge(Protocol):
    """A classifier of the data at hand."""

    @property
    def accuracy(self) -> float:
        """On held-out real pictures, 0 to 1."""
        ...

    def features(self, images: Tensor) -> Tensor:
        """float32, N×f, from uint8 N×C×S×S."""
        ...

    def classes(self, images: Tensor) -> Tensor:
        """int64, N: which class each is taken for."""
        ...


def points(cloud: Tensor) -> Tensor:
    """The plane itself."""
    return cloud.float()


def pixels(images: Tensor) -> Tensor:
    """All channels, from 0 to 1, of at most 16×16 px, as one row."""
    if images.shape[-1] > SIDE:
        parts = images.split(_PART)
        small = torch.cat(
            [F.interpolate(p.float(), (SIDE, SIDE), mode="area") for p in interruptible(parts)]
        )
    else:
        small = images.float()
    return small.flatten(1).div_(255.0)


def in_parts(feature: Feature, images: Tensor) -> Tensor:
    """The features of any number of pictures, made part by part."""
    return torch.cat([feature(part) for part in interruptible(images.split(_PART))])
