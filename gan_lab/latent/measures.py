"""What a picture shows, as numbers: a small network that has learned it from labelled pictures.

Of the drawn faces every attribute is known; of other sets the classes. The network sees real
pictures only, and how well it does on held-out ones is told beside everything it says.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.config import Data
from gan_lab.data import load, split_name
from gan_lab.data.drawn import faces
from gan_lab.latent.directions import DirectionError
from gan_lab.latent.model import Model
from gan_lab.latent.real import real_pictures
from gan_lab.randomness import seeded

_STEPS = 640  # of training
_CHUNK = 8  # of them at once
_BATCH = 96
_MOST = 12_000  # pictures to learn from
_HELD_OUT = 1_000  # pictures to be judged by
_RATE = 3e-3
_PART = 256  # pictures measured at once


@dataclass(frozen=True)
class Attribute:
    """One thing that a picture shows more or less of.

    Attributes:
        name: for people.
        flag: whether it is there or not (0 or 1); else it is a number.
        skill: how well it is measured on held-out real pictures: of a number R², the share of its
            variance that is explained; of a flag the AUC, how often one with it gets more than one
            without. Both are 1 at best; knowing nothing gives 0 and 0.5.
    """

    name: str
    flag: bool
    skill: float

    @property
    def trusted(self) -> bool:
        """Whether it is measured well enough to speak of."""
        return self.skill >= (0.9 if self.flag else 0.6)


@dataclass(frozen=True)
class Measure:
    """Pictures in, attributes out.

    Attributes:
        attributes: what is measured, in the order of the columns.
        held_out: real pictures that the skills were measured on.
    """

    attributes: tuple[Attribute, ...]
    held_out: int
    _network: nn.Module
    _mean: Tensor
    _std: Tensor

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """float32, N×K, from uint8, N×C×S×S; numbers in their own units, flags around 0 to 1."""
        return _measured(self._network, images) * self._std + self._mean


@dataclass(frozen=True)
class Known:
    """Pictures with what is known of them: uint8 N×C×S×S, float32 N×K."""

    images: Tensor
    values: Tensor


class Learning:
    """A measure that is being learned, a little whenever somebody who waits for it asks."""

    def __init__(self, names: tuple[str, ...], train: Known, test: Known, seed: int = 0) -> None:
        self.measure: Measure | None = None
        self._names, self._train, self._test = names, train, test
        self._lock = threading.Lock()
        self._done = 0
        self._std, self._mean = torch.std_mean(train.values, 0)
        self._std.clamp_(min=1e-6)
        with seeded(seed):
            self._network = _network(train.images.shape[1], train.images.shape[-1], len(names))
        self._optimiser = torch.optim.Adam(self._network.parameters(), _RATE, betas=(0.9, 0.99))
        self._generator = torch.Generator().manual_seed(seed)

    def advance(self) -> float:
        """Learn for a fraction of a second; returns the share that is done. Thread-safe."""
        with self._lock:
            for _ in range(_CHUNK):
                if self._done < _STEPS:
                    self._step()
            if self._done >= _STEPS and self.measure is None:
                self.measure = self._judged()
            return self._done / _STEPS

    def _step(self) -> None:
        rate = _RATE * 0.5 * (1 + math.cos(math.pi * self._done / _STEPS))
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        chosen = torch.randint(len(self._train.images), (_BATCH,), generator=self._generator)
        wanted = (self._train.values[chosen] - self._mean) / self._std
        self._network.train()
        loss = F.mse_loss(self._network(_floats(self._train.images[chosen])), wanted)
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        self._done += 1

    def _judged(self) -> Measure:
        self._network.eval().requires_grad_(False)
        found = _measured(self._network, self._test.images) * self._std + self._mean
        attributes = []
        for k, name in enumerate(self._names):
            known, told = self._test.values[:, k], found[:, k]
            flag = bool(torch.isin(known, torch.tensor([0.0, 1.0])).all())
            attributes.append(Attribute(name, flag, (auc if flag else r_squared)(told, known)))
        return Measure(
            tuple(attributes), len(self._test.images), self._network, self._mean, self._std
        )


def auc(scores: Tensor, flags: Tensor) -> float:
    """How often a picture with the flag has the higher score, N and N of 0 or 1; nan if all or none
    have it. From the ranks, ties in the middle (Hanley & McNeil 1982)."""
    has = flags.numpy() > 0.5
    yes, no = int(has.sum()), int((~has).sum())
    if not yes or not no:
        return math.nan
    _, places, counts = np.unique(scores.numpy(), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return float((ranks[has].sum() - yes * (yes + 1) / 2) / (yes * no))


def r_squared(found: Tensor, known: Tensor) -> float:
    """Share of the variance of ``known`` that is explained; below 0 it is worse than the mean."""
    error = (found - known).square().mean()
    return float(1 - error / known.var(correction=0).clamp(min=1e-12))


def learning_of(model: Model) -> Learning:
    """What is known of the pictures that a model was trained on; the same one for all who ask.

    Raises DirectionError if nothing is known of them, DataError if they are not there.
    """
    data = model.config.data
    if model.kind.points:
        raise DirectionError("This model makes points: where they lie is all there is to know.")
    name = split_name(data.name)[0]
    # all faces are known, whichever classes the model has seen
    wanted = Data(name=name, size=model.kind.size, colour=data.colour) if name == "faces" else data
    key = wanted.model_dump_json() + ("" if name == "faces" else model.real)
    with _LOCK:
        if key not in _LEARNED:
            known = known_faces(wanted) if name == "faces" else _classes(model)
            _LEARNED[key] = Learning(*known)
            while len(_LEARNED) > _REMEMBERED:
                del _LEARNED[next(iter(_LEARNED))]
        return _LEARNED[key]


def measure_of(model: Model, progress: Callable[[float], None] = lambda _: None) -> Measure:
    """A measure for a model's pictures, learned now if it is not yet; raises as the above."""
    learning = learning_of(model)
    while learning.measure is None:
        progress(learning.advance())
    return learning.measure


_WORDS = {
    "skin": "dark skin", "open": "open mouth", "tilt": "tilted", "u": "left to right",
    "v": "top to bottom", "scale": "size", "width": "wide face",
}  # fmt: skip
"""What a drawn face's numbers are called where more is more of it."""

_LEARNED: dict[str, Learning] = {}
_REMEMBERED = 4
_LOCK = threading.Lock()


def known_faces(data: Data) -> tuple[tuple[str, ...], Known, Known]:
    """Names of numbers and flags of drawn faces, those that a picture of a few pixels can show; the
    faces to learn from, and the held-out ones."""
    parts = []
    for train in (True, False):
        names, values = faces.table(train)
        column = dict(zip(names, values.T, strict=True))
        found = {_WORDS.get(name, name): column[name] for name in faces.NUMBERS}
        found["glasses"] = column["glasses"]
        found["hat"] = 1 - column["hat=none"]
        found["beard"] = 1 - column["beard=none"]
        found["bald"] = column["hair=bald"]
        found["long hair"] = column["hair=long"] + column["hair=bob"]
        parts.append(Known(load(data, train=train).images, torch.stack([*found.values()], 1)))
    return tuple(found), parts[0], parts[1]


def _classes(model: Model) -> tuple[tuple[str, ...], Known, Known]:
    """A flag for each class."""
    parts = []
    for pictures, most in zip(real_pictures(model), (_MOST, _HELD_OUT), strict=True):
        if pictures.labels is None or len(pictures.classes) < 2:
            raise DirectionError(
                "Nothing is known of these pictures but how they look: a set with classes, or the"
                " drawn faces, can be measured."
            )
        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))[:most]
        flags = F.one_hot(pictures.labels[order], len(pictures.classes)).float()
        parts.append(Known(pictures.images[order], flags))
    return model.kind.classes, parts[0], parts[1]


def _network(channels: int, size: int, outputs: int) -> nn.Module:
    """Three convolutions and two dense layers, for pictures of any size."""
    widths, layers, side = (channels, 24, 48, 64), [], size
    for before, width in pairwise(widths):
        stride = 2 if side > 6 else 1
        side = -(-side // stride)
        layers += [nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)]
        layers += [nn.ReLU(inplace=True)]
    side = min(side, 8)
    layers += [nn.AdaptiveAvgPool2d(side), nn.Flatten(), nn.Linear(widths[-1] * side**2, 128)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True), nn.Linear(128, outputs))


def _floats(images: Tensor) -> Tensor:
    return images.float() / 127.5 - 1


def _measured(network: nn.Module, images: Tensor) -> Tensor:
    return torch.cat([network(_floats(part)) for part in images.split(_PART)])
