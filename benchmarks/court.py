"""The judge of a set with the features of its held-out pictures, as several benchmarks ask it."""

from __future__ import annotations

from dataclasses import dataclass

import house  # noqa: F401  (the package, from anywhere)
from torch import Tensor

from gan_lab.config import Data
from gan_lab.data import load
from gan_lab.metrics import frechet
from gan_lab.metrics.classes import histogram
from gan_lab.metrics.judge import judge_of


@dataclass(frozen=True)
class Verdict:
    """What the judge says of some pictures.

    Attributes:
        distance: Frechet, in the 64 features.
        shares: of the classes, in the judge's eyes.
    """

    distance: float
    shares: tuple[float, ...]

    @property
    def classes(self) -> int:
        """Classes that hold at least 2 % of the pictures."""
        return sum(share >= 0.02 for share in self.shares)


class Court:
    """A judge with the features of the held-out real pictures."""

    def __init__(self, name: str) -> None:
        train, held_out = load(Data(name=name)), load(Data(name=name), train=False)
        self.judge = judge_of(train, held_out)
        self.accuracy = self.judge.accuracy
        self.real = self.judge.features(held_out.images)
        self.floor = frechet(self.judge.features(train.images[:4000]), self.real)

    def verdict(self, images: Tensor) -> Verdict:
        features = self.judge.features(images)
        counts = histogram(self.judge.classes_of(features), len(self.judge.kind.classes))
        return Verdict(frechet(features, self.real), tuple((counts / len(images)).tolist()))
