"""What generated pictures are worth as a training set (Shmelkov, Schmid & Alahari 2018,
arXiv 1807.09499).

GAN-train: a classifier learns generated pictures of known classes and is tested on real ones; it
falls with what G lacks and with what it draws wrong. GAN-test: one learns real pictures and is
tested on generated ones; it falls with what G draws wrong, and a G that repeats one good picture a
class gets full marks. Beside both stands the same classifier with as many real pictures.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan_lab.data import Pictures
from gan_lab.metrics.classifier import Progress, Stop, taught
from gan_lab.metrics.judge import check


class Lessons(NamedTuple):
    """Shares of pictures that were told right, 0 to 1.

    Attributes:
        gan_train: learned from generated pictures, tested on held-out real ones.
        gan_test: learned from real pictures, tested on generated ones.
        real: learned from real pictures, tested on held-out real ones: what to compare with.
        n: pictures that each classifier learned, and generated ones that one was tested on.
        held_out: real pictures that both were tested on.
    """

    gan_train: float
    gan_test: float
    real: float
    n: int
    held_out: int


def lessons(
    images: Tensor,
    labels: Tensor,
    train: Pictures,
    held_out: Pictures,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Lessons:
    """GAN-train and GAN-test of generated pictures, beside real ones of the same number.

    Two classifiers with the same first weights learn for as many steps. Where one side has more
    pictures, it is drawn from by chance.

    Args:
        images, labels: generated, uint8 N×C×S×S, and the classes that were asked for, int64 N.
        train: real pictures with classes.
        held_out: others of the same kind.
        progress: hears the share that is done, 0 to 1.
        stop: asked before each step.

    Raises:
        ValueError: pictures without classes, or of another kind than the real ones.
        Stopped: ``stop`` said so.
    """
    check(train)
    if held_out.labels is None or not len(held_out):
        raise ValueError(f"{held_out.name} has no held-out pictures with classes to test on")
    if images.shape[1:] != train.images.shape[1:] or held_out.kind != train.kind:
        raise ValueError(
            "generated, real and held-out pictures must be of one kind, not"
            f" {tuple(images.shape[1:])}, {tuple(train.images.shape[1:])} and"
            f" {tuple(held_out.images.shape[1:])}"
        )
    n = min(len(images), len(train))
    chance = torch.Generator().manual_seed(seed)
    images, labels = _some(images.cpu(), labels.cpu(), n, chance)
    assert train.labels is not None
    real, names = _some(train.images, train.labels, n, chance)
    halves = [_half(progress, k) for k in (0, 1)]
    classes = len(train.classes)
    pupil = taught(images, labels, classes, seed=seed, progress=halves[0], stop=stop)
    peer = taught(real, names, classes, seed=seed, progress=halves[1], stop=stop)
    return Lessons(
        gan_train=pupil.accuracy(held_out.images, held_out.labels),
        gan_test=peer.accuracy(images, labels),
        real=peer.accuracy(held_out.images, held_out.labels),
        n=n,
        held_out=len(held_out),
    )


def _some(images: Tensor, labels: Tensor, n: int, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """``n`` of the pictures, by chance."""
    if len(images) == n:
        return images, labels
    index = torch.randperm(len(images), generator=chance)[:n]
    return images[index], labels[index]


def _half(progress: Progress | None, k: int) -> Progress | None:
    return None if progress is None else lambda share: progress((k + share) / 2)
