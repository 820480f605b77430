"""The judge of the benchmarks: a small classifier with 64 features, trained here and kept.

It is no part of the product. What it says of a set of pictures: the Frechet distance of its
features to those of held-out real pictures, and the share of each class.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.config import Data
from gan_lab.data import Pictures, load
from gan_lab.metrics import frechet
from gan_lab.randomness import seeded

CACHE = Path(__file__).parent.parent / "build" / "judges"


class Judge(nn.Module):
    """Two convolutions, a hidden layer of 64 features, ten or so classes."""

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        side = size // 4
        self.body = nn.Sequential(
            nn.Conv2d(channels, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(48 * side * side, 64), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """N×64 from uint8 pictures."""
        return torch.cat([self.body(part.float() / 255) for part in images.split(125)])


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
    """A trained judge with the features of the held-out real pictures."""

    def __init__(self, name: str, seed: int = 0) -> None:
        train, held_out = load(Data(name=name)), load(Data(name=name), train=False)
        path = CACHE / f"{name}-{train.digest}-{seed}.pt"
        with seeded(seed):
            self.judge = Judge(train.channels, train.size, len(train.classes))
        if path.exists():
            self.judge.load_state_dict(torch.load(path, weights_only=True))
        else:
            _train(self.judge, train, seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(self.judge.state_dict(), path)
        self.judge.eval()
        self.real = self.judge.features(held_out.images)
        assert held_out.labels is not None
        self.accuracy = float(
            (self.judge.head(self.real).argmax(1) == held_out.labels).float().mean()
        )
        self.floor = frechet(self.judge.features(train.images[:4000]), self.real)

    def verdict(self, images: Tensor) -> Verdict:
        features = self.judge.features(images)
        votes = self.judge.head(features).argmax(1)
        counts = torch.bincount(votes, minlength=self.judge.head.out_features)
        return Verdict(frechet(features, self.real), tuple((counts / len(images)).tolist()))


def _train(judge: Judge, pictures: Pictures, seed: int, epochs: int = 3) -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    assert pictures.labels is not None
    order = torch.Generator().manual_seed(seed)
    epochs = max(epochs, 60_000 // len(pictures))
    steps = epochs * len(pictures) // 128
    optimiser = torch.optim.Adam(judge.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, steps)
    for _ in range(steps):
        index = torch.randint(len(pictures), (128,), generator=order)
        logits = judge(pictures.images[index].float() / 255)
        optimiser.zero_grad()
        F.cross_entropy(logits, pictures.labels[index]).backward()
        optimiser.step()
        schedule.step()
