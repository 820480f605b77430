"""Changes to every picture that D sees, real and fake alike, so that it cannot learn a small set
by heart, and how strong they are.

Differentiable augmentation (DiffAugment, Zhao et al. 2020): G learns through the changes, so it
never learns to make changed pictures. Adaptive strength (ADA, Karras et al. 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from gan_lab.config import Objective

Change = Callable[[Tensor, torch.Generator], Tensor]


def augmented(
    x: Tensor, policy: str, share: float | Tensor, generator: torch.Generator, half: float = 1.0,
    images: int = 1,
) -> Tensor:  # fmt: skip
    """Each change of ``policy`` on about ``share`` of the pictures, each drawn for itself.

    Args:
        x: pictures, N×C×H×W; gradients flow back to them.
        policy: as ``objective.augment``.
        share: 0 to 1. The draws are as many whatever it is, but for the float 0.
        generator: where chance comes from, on the device of ``x``.
        half: of the pixels' range, 1 for pixels from -1 to 1, ½ from 0 to 1; brightness needs it.
        images: how many images of equally many channels C is made of, such as the two of a pair.
            They share all draws; the grey and the mean are each image's own.

    Returns:
        pictures of the same shape; ``x`` itself, with no draw, if nothing is to be changed.
    """
    if policy == "none" or (isinstance(share, float | int) and not share):
        return x
    for change in _changes(policy, half):
        changed = change(x.unflatten(1, (images, -1)), generator).flatten(1, 2)
        chosen = _uniform(x, generator) < share
        x = torch.where(chosen, changed, x)
    return x


def _changes(policy: str, half: float) -> tuple[Change, ...]:
    """By the names of ``objective.augment``, in the order in which they are applied."""
    colour = (partial(_brighter, by=0.5 * half), _saturated, _contrasted)
    return {
        "colour": colour,
        "translation": (_shifted,),
        "cutout": (_cut,),
        "geometry": (_shifted, _cut),
        "all": (*colour, _shifted, _cut),
    }[policy]


def _brighter(x: Tensor, generator: torch.Generator, by: float) -> Tensor:
    """By up to ±``by``."""
    return x + (by * (2.0 * _uniform(x, generator) - 1.0)).to(x.dtype)


def _saturated(x: Tensor, generator: torch.Generator) -> Tensor:
    """Colours 0 to 2 times as far from each pixel's own grey; grey pictures stay."""
    grey = x.mean(-3, keepdim=True)
    return grey + (x - grey) * (2.0 * _uniform(x, generator)).to(x.dtype)


def _contrasted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Pixels ½ to 1½ times as far from the picture's mean."""
    mean = x.mean((-3, -2, -1), keepdim=True)
    return mean + (x - mean) * (0.5 + _uniform(x, generator)).to(x.dtype)


def _shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """By whole pixels, at most ⅛ of the side (rounded to the nearest, as DiffAugment's authors do)
    each way; zeros come in."""
    for axis in (-2, -1):
        side = x.shape[axis]
        most = int(side / 8 + 0.5)
        shift = torch.randint(
            -most, most + 1, (len(x), 1), generator=generator, device=x.device
        )  # fmt: skip
        source = torch.arange(side, device=x.device) - shift  # N×side
        shape = [len(x), *[1] * (x.ndim - 1)]
        shape[axis] = side
        inside = ((source >= 0) & (source < side)).view(shape)
        index = source.clamp(0, side - 1).view(shape).expand(x.shape)
        x = x.gather(axis, index) * inside
    return x


def _cut(x: Tensor, generator: torch.Generator) -> Tensor:
    """Zeros in a square of half the side, centred anywhere, so that part of it may be outside."""
    inside = torch.ones((len(x), *[1] * (x.ndim - 1)), dtype=torch.bool, device=x.device)
    for axis in (-2, -1):
        side = x.shape[axis]
        length = (side + 1) // 2
        # with an even length the centre lies between two pixels, or on the border
        centres = side + 1 - length % 2
        centre = torch.randint(centres, (len(x), 1), generator=generator, device=x.device)
        place = torch.arange(side, device=x.device) - (centre - length // 2)  # N×side
        shape = [len(x), *[1] * (x.ndim - 1)]
        shape[axis] = side
        inside = inside & ((place >= 0) & (place < length)).view(shape)
    return x * ~inside


def _uniform(x: Tensor, generator: torch.Generator) -> Tensor:
    """U(0, 1), one for each of N, with as many dimensions as ``x``, float32."""
    return torch.rand((len(x), *[1] * (x.ndim - 1)), generator=generator, device=x.device)


class Adaptive:
    """A share that follows D (ADA, Karras et al. 2020, §3): more augmentation while it overfits.

    r_t, the mean sign of D's scores on real pictures, is near 0 where D cannot tell, and 1 once it
    knows them all by heart. The share is 0 at first.
    """

    every = 4
    """Moves of D over which r_t is taken."""

    def __init__(self) -> None:
        self.share = 0.0
        self._signs: Tensor | None = None  # of the moves since the last change; on D's device
        self._moves = 0

    def update(self, real_scores: Tensor, batch: int, objective: Objective) -> None:
        """Note one move of D; at every fourth the share moves by 4·batch / ``ada_images``.

        Args:
            real_scores: logits of real pictures, of any shape, as augmented.
            batch: real pictures of a move.
        """
        signs = real_scores.detach().float().sign().mean()
        self._signs = signs if self._signs is None else self._signs + signs
        self._moves += 1
        if self._moves < self.every:
            return
        surplus = self._signs.item() / self.every - objective.ada_target
        step = self.every * batch / objective.ada_images
        self.share = min(1.0, max(0.0, self.share + step * ((surplus > 0) - (surplus < 0))))
        self._signs, self._moves = None, 0

    def state_dict(self) -> dict[str, Any]:
        return {"share": self.share, "signs": self._signs, "moves": self._moves}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.share, self._signs, self._moves = state["share"], state["signs"], state["moves"]
