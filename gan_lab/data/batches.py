"""A batch is an index: walking a permutation of the real pictures."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan_lab.data.pairs import domains
from gan_lab.data.pictures import Pictures, to_range
from gan_lab.randomness import derived_seed

_STREAM = 1000  # apart from the numbers that randomness.Streams uses


class Batch(NamedTuple):
    """Real pictures for one move.

    Attributes:
        x: float32, batch×C×H×W, in the range of G's output.
        labels: int64, batch, or None where the set has no classes.
    """

    x: Tensor
    labels: Tensor | None = None


class _Walk:
    """Each of ``count`` pictures once an epoch.

    The order of epoch ``e`` is a permutation computed from ``(seed, stream, e)`` alone, so the
    state is just ``(epoch, position)``. A batch that reaches the end of an epoch takes the rest
    from the next one: every batch is full, which batch normalisation needs.
    """

    def __init__(self, count: int, seed: int, stream: int) -> None:
        self.count = count
        self._seed = seed
        self._stream = stream
        self.go_to(0, 0)

    def go_to(self, epoch: int, position: int) -> None:
        self.epoch, self.position = epoch, position
        seed = derived_seed(self._seed, self._stream, epoch)
        self._order = torch.randperm(self.count, generator=torch.Generator().manual_seed(seed))

    def take(self, missing: int) -> Tensor:
        """int64, missing: which pictures come next; moves on."""
        parts = []
        while missing:
            part = self._order[self.position : self.position + missing]
            parts.append(part)
            missing -= len(part)
            self.position += len(part)
            if self.position == self.count:
                self.go_to(self.epoch + 1, 0)
        return parts[0] if len(parts) == 1 else torch.cat(parts)


class Batches:
    """Draws batches of real pictures, or of pairs of them, each once an epoch.

    ``len`` is the number of pictures (or pairs) of an epoch. Where two kinds of pictures are not
    paired, each has its own order, and the epoch is that of the larger kind.

    Attributes:
        labels: int64, N, classes of the pictures on the device; None with pairs or without classes.
    """

    def __init__(self, pictures: Pictures, batch: int, seed: int, output: str,
                 device: torch.device | str = "cpu", pairs: str = "none") -> None:  # fmt: skip
        """
        Args:
            pictures: what is real.
            batch: pictures in a batch; may exceed their number.
            seed: of the run.
            output: last activation of G, whose range the pictures are mapped to.
            device: where the pictures shall lie.
            pairs: as ``data.pairs``.

        Raises:
            DataError: the pictures have no such pairs.
        """
        self.batch = batch
        self._output = output
        self._paired = pairs != "none"
        kinds = domains(pictures, pairs) if self._paired else (pictures.images,)
        self._kinds: tuple[Tensor, ...] = tuple(kind.to(device) for kind in kinds)
        self.labels: Tensor | None = None
        if not self._paired and pictures.labels is not None:
            self.labels = pictures.labels.to(device)
        apart = self._kinds if pairs == "unpaired" else self._kinds[:1]
        self._walks = tuple(_Walk(len(k), seed, _STREAM + i) for i, k in enumerate(apart))

    def __len__(self) -> int:
        return max(walk.count for walk in self._walks)

    @property
    def _longest(self) -> _Walk:
        return max(self._walks, key=lambda walk: walk.count)

    @property
    def epoch(self) -> int:
        """Epochs that are over."""
        return self._longest.epoch

    @property
    def position(self) -> int:
        """Pictures (or pairs) drawn in this epoch."""
        return self._longest.position

    def indices(self) -> Tensor:
        """int64, batch: which pictures come next (with pairs: of B); moves on."""
        return self._walks[-1].take(self.batch)

    def draw(self) -> Batch:
        """The next pictures; with pairs, of the second kind, which G shall make."""
        images = self._kinds[-1]
        index = self.indices().to(images.device)
        labels = None if self.labels is None else self.labels[index]
        return Batch(to_range(images[index], self._output), labels)

    def draw_pair(self) -> tuple[Tensor, Tensor]:
        """A and B, float32, batch×C×H×W, in the range of G's output; needs ``pairs``."""
        assert self._paired, "data.pairs is none"
        a, b = self._kinds
        index = self._walks[0].take(self.batch)
        other = self._walks[1].take(self.batch) if len(self._walks) > 1 else index
        return (
            to_range(a[index.to(a.device)], self._output),
            to_range(b[other.to(b.device)], self._output),
        )

    def state_dict(self) -> dict[str, int]:
        state = {"epoch": self._walks[0].epoch, "position": self._walks[0].position}
        if len(self._walks) > 1:
            state |= {"epoch_b": self._walks[1].epoch, "position_b": self._walks[1].position}
        return state

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._walks[0].go_to(state["epoch"], state["position"])
        if len(self._walks) > 1:
            self._walks[1].go_to(state["epoch_b"], state["position_b"])
