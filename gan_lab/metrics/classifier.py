"""A small classifier of pictures: what a judge sees with, and what generated pictures teach."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.randomness import seeded
from gan_lab.threads import interruptible

FEATURES = 64
WIDTH = 48
"""Channels of the last convolution; each one before it has half as many."""
SMALLEST = 8  # px
BATCH, RATE = 128, 2e-3
EPOCHS, LEAST, MOST_EPOCHS, LEAST_STEPS = 3, 60_000, 200, 100
"""A set is seen three times; a small one until 60,000 pictures are seen, but no picture more than
200 times unless that makes fewer than 100 steps."""
_PART = 125  # pictures at a time, to bound the memory

Progress = Callable[[float], object]
"""Hears the share that is done, 0 to 1."""
Stop = Callable[[], bool]
"""Whether nobody waits any more."""


class Stopped(Exception):
    """Somebody no longer wanted what was being computed."""


class Classifier(nn.Module):
    """Convolutions that halve the side, until it is 8 px or less; 64 features; a class each.

    Takes float pictures from 0 to 1, gives logits. Pictures of 8 to 35 px have two convolutions
    (24 and 48 channels), those of 64 px three, those of 128 px four.
    """

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        stages = max(2, (max(size, SMALLEST) // 9).bit_length())
        widths = [channels, *(WIDTH >> k for k in reversed(range(stages)))]
        body: list[nn.Module] = []
        for before, width in pairwise(widths):
            body += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        flat = WIDTH * (size >> stages) ** 2
        self.body = nn.Sequential(*body, nn.Flatten(), nn.Linear(flat, FEATURES), nn.ReLU())
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """float32 N×64 of uint8 pictures N×C×S×S."""
        parts = [self.body(part.float() / 255) for part in interruptible(images.split(_PART))]
        return torch.cat(parts) if len(images) else torch.empty(0, FEATURES)

    @torch.no_grad()
    def accuracy(self, images: Tensor, labels: Tensor) -> float:
        """Share of uint8 pictures that are told right."""
        return float((self.head(self.features(images)).argmax(1) == labels).double().mean())


def steps_for(count: int) -> int:
    """Steps of training for a set of ``count`` pictures."""
    epochs = max(EPOCHS, min(LEAST // count, MOST_EPOCHS))
    return max(LEAST_STEPS, epochs * count // BATCH)


def taught(
    images: Tensor,
    labels: Tensor,
    classes: int,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Classifier:
    """A classifier that has learned these pictures, in eval mode.

    Draws from generators of its own and computes with the caller's threads; the same seed on the
    same machine with as many threads gives the same weights.

    Args:
        images: uint8, N×C×S×S.
        labels: int64, N, below ``classes``.

    Raises:
        ValueError: pictures that cannot be learned.
        Stopped: ``stop`` said so.
    """
    _check(images, labels, classes)
    steps = steps_for(len(images))
    order = torch.Generator().manual_seed(seed)
    # whoever asks may be in no_grad
    with torch.inference_mode(False), torch.enable_grad():
        with seeded(seed):
            network = Classifier(images.shape[1], images.shape[2], classes)
        optimiser = torch.optim.Adam(network.parameters(), RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
        for step in interruptible(range(steps)):
            if stop is not None and stop():
                raise Stopped("the classifier was stopped while it learned")
            index = torch.randint(len(images), (BATCH,), generator=order)
            logits = network(images[index].float() / 255)
            optimiser.zero_grad()
            F.cross_entropy(logits, labels[index]).backward()
            optimiser.step()
            schedule.step()
            if progress is not None:
                progress((step + 1) / steps)
    return network.eval().requires_grad_(False)


def _check(images: Tensor, labels: Tensor, classes: int) -> None:
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[2] != images.shape[3]:
        raise ValueError(
            f"a classifier learns uint8 pictures N×C×S×S, not {images.dtype} {tuple(images.shape)}"
        )
    if not len(images) or len(labels) != len(images):
        raise ValueError(f"{len(images)} pictures with {len(labels)} labels cannot be learned")
    if images.shape[2] < SMALLEST:
        raise ValueError(f"pictures must be {SMALLEST} px or more a side, not {images.shape[2]}")
    if classes < 2:
        raise ValueError("a classifier needs pictures of at least two classes")
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise ValueError(f"labels must be from 0 to {classes - 1}")
