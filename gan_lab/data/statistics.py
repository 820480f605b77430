"""What a set of pictures is like as a whole, in numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lab.data.pictures import Pictures

BINS = 64
_PART = 4096  # pictures at a time, to bound the memory


def balance(pictures: Pictures) -> dict[str, int]:
    """How many pictures there are of each class; empty where there are no classes."""
    if pictures.labels is None:
        return {}
    counts = torch.bincount(pictures.labels, minlength=len(pictures.classes)).tolist()
    return dict(zip(pictures.classes, counts, strict=True))


def intensities(images: Tensor) -> Tensor:
    """Which share of each channel's pixels lies in each of ``BINS`` equal steps: float64, C×BINS.

    Args:
        images: uint8, N×C×H×W.
    """
    counts = torch.zeros(images.shape[1], 256, dtype=torch.int64)
    for part in images.split(_PART):
        for channel in range(images.shape[1]):
            counts[channel] += torch.bincount(part[:, channel].flatten(), minlength=256)
    binned = counts.view(images.shape[1], BINS, -1).sum(2).double()
    return binned / binned.sum(1, keepdim=True)


def mean_pictures(pictures: Pictures, most: int) -> tuple[Tensor, list[str]]:
    """The mean picture of each class, uint8 K×C×S×S, and their names; of all, without classes.

    Args:
        most: of so many classes at most, the first ones that have pictures.
    """
    if pictures.labels is None:
        return _mean(pictures.images).unsqueeze(0), ["all of them"]
    present = pictures.labels.unique()[:most].tolist()
    means = [_mean(pictures.images[pictures.labels == label]) for label in present]
    return torch.stack(means), [pictures.classes[label] for label in present]


def _mean(images: Tensor) -> Tensor:
    total = torch.zeros(images.shape[1:], dtype=torch.float64)
    for part in images.split(_PART):
        total += part.sum(0, dtype=torch.int64)
    return (total / len(images)).round().byte()
