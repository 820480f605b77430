"""A batch is an index: walking a permutation of the real pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lab.data.pictures import to_range
from gan_lab.randomness import derived_seed

_STREAM = 1000  # apart from the numbers that randomness.Streams uses


class Batches:
    """Draws batches of real pictures, each picture once an epoch.

    The order of epoch ``e`` is a permutation computed from ``(seed, e)`` alone, so the state is
    just ``(epoch, position)``. A batch that reaches the end of an epoch takes the rest from the
    next one: every batch is full, which batch normalisation needs.
    """

    def __init__(self, images: Tensor, batch: int, seed: int, output: str) -> None:
        """
        Args:
            images: uint8, N×C×H×W, on the training device.
            batch: pictures in a batch; may exceed N.
            seed: of the run.
            output: last activation of G, whose range the pictures are mapped to.
        """
        self._images = images
        self._batch = batch
        self._seed = seed
        self._output = output
        self.epoch = 0
        self.position = 0
        self._order = self._permutation(0)

    def _permutation(self, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed(derived_seed(self._seed, _STREAM, epoch))
        return torch.randperm(len(self._images), generator=generator)

    def indices(self) -> Tensor:
        """int64, batch: which pictures come next; moves on."""
        parts, missing = [], self._batch
        while missing:
            part = self._order[self.position : self.position + missing]
            parts.append(part)
            missing -= len(part)
            self.position += len(part)
            if self.position == len(self._order):
                self.epoch, self.position = self.epoch + 1, 0
                self._order = self._permutation(self.epoch)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def draw(self) -> Tensor:
        """float32, batch×C×H×W, in the range of G's output."""
        index = self.indices().to(self._images.device)
        return to_range(self._images[index], self._output)

    def state_dict(self) -> dict[str, int]:
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.epoch, self.position = state["epoch"], state["position"]
        self._order = self._permutation(self.epoch)
