"""Whether samples are copies of training pictures, with unseen real pictures as the yardstick.

A picture counts as suspiciously near if two things are unusual beside unseen real pictures: its
distance to the nearest training picture, and that distance beside those to the next ones. The
second is what tells a copy from a picture that is merely plain: a blurred or typical picture is
near to many, a copy to one (Carlini et al. 2023, §4.2, for diffusion models).
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan_lab.latent.neighbours import Feature, fingerprints, nearest, unique

OTHERS = 20  # further neighbours that a distance is measured beside
_UNUSUAL = 0.05  # share of unseen real pictures that are as near
_SIGMAS = 3.0  # by how much more the samples must be, in standard errors
_NEARER = 0.2  # share of unseen real pictures that count as the nearer ones
_COPIES = 3  # so many pictures that are all but the same are no chance
_FEW = 100  # fewer pictures on one side say nothing

Verdict = Literal["memorised", "new", "unclear"]


@dataclass(frozen=True)
class Distances:
    """Of some pictures from the training pictures.

    Attributes:
        nearest: float32, N: to the nearest.
        beside: float32, N: that, beside the mean distance of the next ones; 1 where the nearest is
            no nearer than they are.
        index: int64, N: of the nearest.
    """

    nearest: Tensor
    beside: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.nearest)


@dataclass(frozen=True)
class Yardstick:
    """How near unseen real pictures are to the training pictures.

    Attributes:
        distances: of them.
        held_out: whether they were held out; else they are training pictures, each measured
            from the others, as there are none that nobody was trained on.
        copies: how many were left out, as the very same picture is among the training pictures.
    """

    distances: Distances
    held_out: bool
    copies: int


@dataclass(frozen=True)
class Finding:
    """What the distances say.

    Attributes:
        near: how many samples are suspiciously near to one training picture.
        expected: how many would be if they were unseen real pictures.
        copied: how many are less than half as far as any unseen real picture.
        sentence: for people.
    """

    verdict: Verdict
    near: int
    expected: float
    copied: int
    sentence: str


def distances(
    train: Tensor, images: Tensor, feature: Feature, skip: Tensor | None = None
) -> Generator[float, None, Distances]:
    """Yields the share that is done; arguments as of :func:`neighbours.nearest`. ``train`` holds
    every picture once."""
    found = yield from nearest(train, images, feature, 1 + OTHERS, skip)
    first, others = found.distance[:, 0], found.distance[:, 1:].mean(1)
    beside = (first / others.clamp_min(1e-9)).nan_to_num(1.0)
    return Distances(first, beside, found.places[:, 0])


def yardstick(
    train: Tensor, held_out: Tensor | None, feature: Feature, count: int = 1000, seed: int = 0
) -> Generator[float, None, Yardstick]:
    """Yields the share that is done.

    Args:
        train: uint8, M×C×S×S, every picture once.
        held_out: pictures that nobody was trained on, or None.
        count: how many are measured at most.
    """
    order = torch.Generator().manual_seed(seed)
    if held_out is None:
        some = torch.randperm(len(train), generator=order)[:count]
        far = yield from distances(train, train[some], feature, skip=some)
        return Yardstick(far, held_out=False, copies=0)
    some = held_out[torch.randperm(len(held_out), generator=order)[:count]]
    known = set(fingerprints(train))
    fresh = torch.tensor([key not in known for key in fingerprints(some)], dtype=torch.bool)
    far = yield from distances(train, unique(some[fresh]).images, feature)
    return Yardstick(far, held_out=True, copies=int((~fresh).sum()))


def judge(samples: Distances, stick: Yardstick) -> Finding:
    """What the distances of samples say beside those of unseen real pictures."""
    unseen = stick.distances
    n, m = len(samples), len(unseen)
    if min(n, m) < _FEW:
        text = f"It cannot be said: {n} samples and {m} real pictures are too few."
        return Finding("unclear", 0, 0.0, 0, text)
    close, single = unseen.nearest.quantile(_UNUSUAL), unseen.beside.quantile(_UNUSUAL)
    near, alone = samples.nearest < close, samples.beside < single
    # smooth samples are near more often: of them as many may be near to one as of unseen pictures
    # that are near, since sets have pictures that are nearly copies of others
    chance = max(_single(unseen, share, single) for share in (_UNUSUAL, _NEARER))
    share = max(near.float().mean().item(), _UNUSUAL) * max(chance, _UNUSUAL)
    flagged = int((near & alone).sum())
    copied = int(((samples.nearest < unseen.nearest.min() / 2) & alone).sum())
    far = samples.nearest.median() > unseen.nearest.quantile(1 - _UNUSUAL)
    smooth = near.float().mean().item() > _UNUSUAL + _SIGMAS * _error(_UNUSUAL, n, m)
    others = "unseen real pictures" if stick.held_out else "training pictures of each other"
    verdict: Verdict = "unclear"
    if flagged / n > share + _SIGMAS * _error(share, n, m) or copied >= _COPIES:
        verdict, count = "memorised", max(flagged, copied)
        text = (
            f"Memorised, in part: {count:,} of {n:,} samples are suspiciously near to one training"
            f" picture; of as many {others} {share * n:.0f} would be."
        )
    elif far:
        text = (
            f"It cannot be said: most of {n:,} samples are farther from all training pictures than"
            f" 95 % of {m:,} {others}. They are no copies, but not like real pictures either."
        )
    elif smooth:
        text = (
            f"It cannot be said: {n:,} samples are nearer to the training pictures than {m:,}"
            f" {others}, but not to a single one. Smooth or typical pictures do that, too."
        )
    else:
        verdict = "new"
        text = (
            f"As new as {others}: {n:,} samples are no nearer to the training pictures than"
            f" {m:,} of those."
        )
    return Finding(verdict, flagged, share * n, copied, text)


def _single(unseen: Distances, nearest: float, single: Tensor) -> float:
    """What share of a share of unseen pictures, the nearest ones, is near to a single picture."""
    nearer = unseen.nearest <= unseen.nearest.quantile(nearest)
    return (unseen.beside[nearer] < single).float().mean().item()


def _error(share: float, n: int, m: int) -> float:
    """Standard error of a share, both sides being samples."""
    return math.sqrt(share * (1 - share) * (1 / n + 1 / m))
