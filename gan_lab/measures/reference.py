"""What is real, prepared once for all measurements of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from gan_lab.config import RunConfig
from gan_lab.data import Pictures, plane_of
from gan_lab.games import game_of
from gan_lab.measures import spaces
from gan_lab.measures.spaces import Feature, Judge
from gan_lab.metrics import inception

T = TypeVar("T")

MOST = 4096
"""Real pictures that fakes are compared with while a run trains."""

FEW = 100
"""With fewer held-out pictures nothing can be said of them."""

_SEED = 0  # of the order in which real pictures are taken


class Reference:
    """Real pictures, as fakes are compared with them.

    They are those of training, and others that stand in for fakes, where one asks what the best
    is that fakes could come to: held-out pictures, or where there are too few of those the other
    half of the training pictures. Everything that is worked out about them is kept.

    Attributes:
        config: of the run when it began; only what cannot change while it trains is read.
        kind: what its pictures are like.
        train: what G learns from.
        held_out: what nobody is trained on; None where there are fewer than 100 such.
        judge: a classifier of these pictures, or None. May be set later.
        real: uint8 N×C×S×S, of the kind that G should make; points: float32 N×2, in the plane's
            units. In random order.
        spare: others of the same kind.
    """

    def __init__(
        self, config: RunConfig, train: Pictures, held_out: Pictures, judge: Judge | None = None,
        most: int = MOST, cache: Path | None = None,
    ) -> None:  # fmt: skip
        """Prepare nothing yet but the order.

        Args:
            held_out: may be the training pictures themselves, where the set has no others.
            most: of real pictures that are compared with.
            cache: a folder where features of them are kept for other processes, or None.
        """
        self.config, self.kind, self.judge = config, train.kind, judge
        self.train = train
        apart = len(held_out) != len(train) or held_out.digest != train.digest
        self.held_out = held_out if apart and len(held_out) >= FEW else None
        self._cache = cache
        self._kept: dict[Any, Any] = {}
        # of the kind that G makes, with the class where there are classes
        real, labels = self._shuffled(self.wanted_train(), train.labels)
        if self.held_out is not None:
            wanted = game_of(config).wanted(config, self.held_out)
            spare, spare_labels = self._shuffled(wanted, self.held_out.labels)
        else:
            half = len(real) // 2
            real, spare = real[:half], real[half:]
            if labels is None:
                spare_labels = None
            else:
                labels, spare_labels = labels[:half], labels[half:]
        self.real, self.spare = self._shaped(real[:most]), self._shaped(spare[:most])
        self.real_labels = None if labels is None else labels[:most]
        self.spare_labels = None if spare_labels is None else spare_labels[:most]

    @staticmethod
    def _shuffled(images: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor | None]:
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(_SEED))
        if labels is None or len(labels) != len(images):  # a game between two kinds takes some
            return images[order], None
        return images[order], labels[order]

    def _shaped(self, images: Tensor) -> Tensor:
        if not self.kind.points:
            return images
        return images.flatten(1) * plane_of(self.config.data.name).reach

    def wanted_train(self) -> Tensor:
        """All pictures of training that are of the kind which G makes, in their own order."""
        return game_of(self.config).wanted(self.config, self.train)

    def as_data(self, images: Tensor) -> Tensor:
        """Some of ``real`` or ``spare`` as a data set holds them: points as pictures of one px."""
        if not self.kind.points:
            return images
        return (images / plane_of(self.config.data.name).reach)[:, :, None, None]

    def enough(self, n: int) -> int:
        """How many fakes to draw, if ``n`` would be best: no more than there are real ones to stand
        in for them and to compare with, so that a measure and its floor are of as many."""
        most = min(len(self.real), len(self.spare))
        return min(n, most) if most >= FEW else n

    def features(self, space: str) -> Tensor:
        """float32, N×f: of all real pictures, in a space by its name."""
        return self.kept(("features", space), lambda: self.mapped(space, self.real))

    def mapped(self, space: str, images: Tensor) -> Tensor:
        """The features of real pictures in a space, from the cache where they are there."""
        feature = self.feature(space)
        if self._cache is None or space in {"points", "pixels"}:
            return spaces.in_parts(feature, images)
        path = self._cache / f"{_key(feature, images)}.pt"
        if path.exists():
            found = torch.load(path, weights_only=True)
            if isinstance(found, Tensor) and len(found) == len(images):
                return found
        found = spaces.in_parts(feature, images)
        path.parent.mkdir(parents=True, exist_ok=True)
        writing = path.with_suffix(".writing")
        torch.save(found, writing)
        writing.replace(path)
        return found

    def feature(self, space: str) -> Feature:
        """What takes a picture into a space. Raises ValueError if there is no such space here."""
        if space == "classifier" and self.judge is not None:
            return self.judge.features
        if space == "inception":
            return inception.features
        if space in {"points", "pixels"}:
            return getattr(spaces, space)
        raise ValueError(f"there are no features {space} here")

    def kept(self, key: Any, make: Callable[[], T]) -> T:
        """What was made once."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


def _key(feature: Feature, images: Tensor) -> str:
    """The same for the same pictures in the same eyes: what these see in the first few tells one
    extractor from another, whatever it is."""
    digest = hashlib.blake2b(images.numpy().tobytes(), digest_size=16)
    digest.update(str(tuple(images.shape)).encode())
    digest.update(feature(images[:8]).contiguous().numpy().tobytes())
    return digest.hexdigest()
