"""Which classes a set of pictures has, beside those that it should have.

KL goes from the generated shares to the real ones, Σ q·ln(q / p) in nats: it stays finite when a
class was never generated. Of N pictures of K classes drawn by chance alone it comes to about
(K - 1) / 2N, so no number below that means anything. A classifier that errs moves a few counts.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan_lab.metrics.judge import Judge
from gan_lab.metrics.plane import kl, smoothed

FOUND = 0.2
"""A class is found if it has this share of the pictures that it should have; fewer may be errors
of who names the classes."""
STACKED, STACKED_SAMPLES = 1000, 26_000
"""Modes of Stacked MNIST, and samples that the protocol asks for."""
_DIGITS = 10


class Spread(NamedTuple):
    """How pictures are spread over classes.

    Attributes:
        modes: classes that are found.
        of: classes that there are.
        kl: of the generated shares to the real ones, nats.
        n: pictures.
        floor: what ``kl`` comes to by chance alone, (K - 1) / 2N.
    """

    modes: int
    of: int
    kl: float
    n: int
    floor: float


def histogram(classes: Tensor, count: int) -> Tensor:
    """float64, ``count``: pictures of each class.

    Args:
        classes: int64, N.

    Raises:
        ValueError: no pictures, or a class beyond ``count``.
    """
    if classes.ndim != 1 or not len(classes):
        raise ValueError(f"classes must be N numbers with N of at least 1, not {classes.shape}")
    if int(classes.min()) < 0 or int(classes.max()) >= count:
        raise ValueError(f"classes must be from 0 to {count - 1}")
    return torch.bincount(classes, minlength=count).double()


def spread(fake: Tensor, real: Tensor) -> Spread:
    """Compare two histograms of the same classes.

    Where the real ones lack a class, each class gets half a picture more, so that KL is finite.

    Args:
        fake: pictures of each class that were generated.
        real: pictures of each class that there are.

    Raises:
        ValueError: different classes, or an empty histogram.
    """
    wanted = real if bool((real > 0).all()) else smoothed(real)
    far = max(0.0, kl(fake, wanted))
    n = int(fake.sum())
    least = FOUND * real / real.sum() * n
    found = int(((fake >= least) & (fake > 0)).sum())
    return Spread(found, len(fake), far, n, floor(len(fake), n))


def floor(classes: int, n: int) -> float:
    """KL of ``n`` samples of ``classes`` classes drawn from the right shares, on average: nats."""
    return (classes - 1) / (2 * n)


def triples(judge: Judge, images: Tensor) -> Tensor:
    """int64, N: the mode of each picture of Stacked MNIST, 0 to 999: red, green, blue digit.

    Args:
        judge: of MNIST, which looks at one channel at a time.
        images: uint8, N×3×S×S.

    Raises:
        ValueError: pictures without three channels, or a judge of something else than ten digits.
    """
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"stacked digits are pictures N×3×S×S, not {tuple(images.shape)}")
    if len(judge.kind.classes) != _DIGITS:
        raise ValueError(f"the {judge.name} does not tell ten digits apart")
    digits = judge.classes(images.reshape(-1, 1, *images.shape[2:])).view(-1, 3)
    return digits[:, 0] * 100 + digits[:, 1] * 10 + digits[:, 2]


def stacked(modes: Tensor) -> Spread:
    """The protocol of PacGAN (Lin et al. 2018, arXiv 1712.04086): a mode is found if one sample has
    it, and KL is Σ q·ln(1000·q), of the generated shares to even ones. For the 26,000 samples that
    the protocol asks for the floor is (1000 - 1) / (2 · 26,000) = .0192.

    Args:
        modes: int64, N, see :func:`triples`.

    Raises:
        ValueError: no samples, or a mode beyond 999.
    """
    counts = histogram(modes, STACKED)
    shares = counts[counts > 0] / counts.sum()
    far = max(0.0, float((shares * (shares * STACKED).log()).sum()))
    return Spread(len(shares), STACKED, far, len(modes), floor(STACKED, len(modes)))
