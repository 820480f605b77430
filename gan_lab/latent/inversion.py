"""From a picture back to the z that makes it, without an encoder.

z is found by gradient descent on the difference of the pictures (Lipton & Tripathi 2017; Creswell &
Bharath 2018). Such a descent ends in whatever valley it began in, so many z are drawn, the best of
them begin, and all descend together as one batch. They do not know of each other: G is at rest, so
no picture of a batch has to do with another.

    for found in invert(model, picture):
        print(found.step, found.psnr.max())
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.config import ConfigError
from gan_lab.data import to_range
from gan_lab.latent.lengths import shell
from gan_lab.latent.model import Model
from gan_lab.metrics.psnr import psnr
from gan_lab.randomness import derived_seed

_PART = 64  # random draws that are looked at together
_CLASSES = 8801  # seed path of the classes of random draws


@dataclass(frozen=True)
class Search:
    """How to look for z.

    Attributes:
        starts: how many z descend.
        draws: how many random z they are the best of.
        steps: of the descent.
        rate: learning rate of Adam at the start; it falls to 0 along half a cosine.
        prior: weight of how unusual the length of z is, ((‖z‖ − mean) / std)², beside the mean
            squared difference of the pictures. A z of a length that G was not trained with may
            match a picture better, but what is near it means little.
        scales: at how many sizes the pictures are compared, each half of the one before. The small
            ones pull where details do not overlap yet.
    """

    starts: int = 16
    draws: int = 512
    steps: int = 300
    rate: float = 0.1
    prior: float = 1e-5
    scales: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.starts <= self.draws:
            raise ConfigError(f"starts must be from 1 to the number of draws, not {self.starts}")
        if self.steps < 1 or self.scales < 1 or self.rate <= 0 or self.prior < 0:
            raise ConfigError("steps and scales must be at least 1, rate above 0, prior at least 0")


@dataclass(frozen=True)
class Found:
    """How far a search is.

    Attributes:
        step: steps done; 0 for the random draws that it begins with.
        z: float32, starts×dim.
        labels: int64, starts, where G is told of classes.
        images: uint8, starts×C×S×S, what G makes of them.
        psnr: float64, starts: how near each is to the picture, dB.
    """

    step: int
    z: Tensor
    labels: Tensor | None
    images: Tensor
    psnr: Tensor

    @property
    def best(self) -> int:
        """The number of the nearest start."""
        return int(self.psnr.argmax())


def invert(
    model: Model,
    picture: Tensor,
    search: Search = Search(),
    label: int | None = None,
    seed: int = 0,
) -> Iterator[Found]:
    """Look for the z that makes a picture; yields after the draws and after every step.

    Whoever stops asking ends the search.

    Args:
        picture: uint8, C×S×S, as the model's own pictures.
        label: the class that G is told; None looks among all classes, where it is told of any.
            The starts keep the class that they were drawn with.

    Raises:
        ConfigError: the model makes points, or pictures of another shape.
    """
    target = _target(model, picture)
    pyramid = _pyramid(to_range(target, model.output), search.scales)
    z, labels = _starts(model, target, search, label, seed)
    usual = shell(model.latent)
    z.requires_grad_(True)
    adam = torch.optim.Adam([z], search.rate)
    for step in range(search.steps + 1):
        with torch.enable_grad():
            made = model.raw(z, labels)
            unusual = ((z.norm(dim=1) - usual.mean) / usual.std).square()
            loss = difference(made, pyramid) + search.prior * unusual
            # of z alone: nobody may leave gradients in the weights of a model that others look at
            (z.grad,) = torch.autograd.grad(loss.sum(), z)
        images = model.pixels(made)
        decibels = psnr(images, target.expand_as(images))
        yield Found(step, z.detach().clone(), labels, images, decibels)
        adam.param_groups[0]["lr"] = search.rate * _falling(step / search.steps)
        adam.step()
        with torch.no_grad():
            z.copy_(usual.within(z))


def difference(made: Tensor, pyramid: list[Tensor]) -> Tensor:
    """Mean squared difference to one picture at all sizes of a pyramid, the mean of them: N."""
    sizes = _pyramid(made, len(pyramid))
    each = [(a - b).square().mean(dim=(1, 2, 3)) for a, b in zip(sizes, pyramid, strict=True)]
    return torch.stack(each).mean(0)


def residual(image: Tensor, picture: Tensor) -> Tensor:
    """How far pixels are apart: uint8 of the same shape, 0 where they agree."""
    return (image.short() - picture.short()).abs().byte()


def _target(model: Model, picture: Tensor) -> Tensor:
    if model.kind.points:
        raise ConfigError("this model makes points, not pictures; there is no picture to look for")
    shape = (model.kind.channels, model.kind.size, model.kind.size)
    if picture.dtype != torch.uint8 or picture.shape != shape:
        wanted = "×".join(map(str, shape))
        raise ConfigError(f"the picture must be uint8, {wanted}, not {tuple(picture.shape)}")
    return picture.unsqueeze(0)


def _starts(
    model: Model, target: Tensor, search: Search, label: int | None, seed: int
) -> tuple[Tensor, Tensor | None]:
    """The best of random draws; of the nearest classes at least one each."""
    z = model.draw(search.draws, seed)
    labels = _labels(model, search.draws, label, seed)
    far: list[Tensor] = []
    for at in range(0, len(z), _PART):
        part = slice(at, at + _PART)
        images = model.images(z[part], None if labels is None else labels[part])
        far.append((images.float() - target.float()).square().mean(dim=(1, 2, 3)))
    order = torch.cat(far).argsort()
    if labels is not None:
        order = _some_of_each(order, labels, search.starts // 2)
    chosen = order[: search.starts]
    return z[chosen].clone(), None if labels is None else labels[chosen]


def _labels(model: Model, count: int, label: int | None, seed: int) -> Tensor | None:
    """The given class, or all in turn, in a random order."""
    if not model.classes:
        return None
    if label is not None:
        return torch.full((count,), label)
    generator = torch.Generator().manual_seed(derived_seed(seed, _CLASSES))
    return torch.randperm(len(model.classes), generator=generator).repeat(
        math.ceil(count / len(model.classes))
    )[:count]


def _some_of_each(order: Tensor, labels: Tensor, most: int) -> Tensor:
    """The same places, but the best of each of the ``most`` best classes before the others."""
    seen: set[int] = set()
    first, rest = [], []
    for place in order.tolist():
        kind = int(labels[place])
        fresh = kind not in seen and len(first) < most
        seen.add(kind)
        (first if fresh else rest).append(place)
    return torch.tensor(first + rest)


def _pyramid(x: Tensor, scales: int) -> list[Tensor]:
    """x, and as many halvings of its sides as are asked for and as leave a pixel."""
    sizes = [x]
    while len(sizes) < scales and min(sizes[-1].shape[-2:]) >= 2:
        sizes.append(F.avg_pool2d(sizes[-1], 2))
    return sizes


def _falling(share: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * share))
