"""Labels that D is told: smoothed, flipped, noisy."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan_lab.config import Objective


class Targets(NamedTuple):
    """Labels for D, of the shapes of its scores; 1 is real, 0 is fake."""

    real: Tensor
    fake: Tensor


def targets(
    objective: Objective, real: Tensor, fake: Tensor, generator: torch.Generator
) -> Targets:
    """The labels of one move of D.

    Real ones are ``1 - smooth_real`` (one-sided smoothing, Salimans et al. 2016, §3.4), fake ones
    ``smooth_fake``; then a share ``label_flip`` of pictures is labelled as the other side, and
    the label of each picture moves by up to ``label_noise``. All patches of a picture have one
    label.

    Args:
        real, fake: D's scores; only shape and device count.
        generator: where chance comes from; untouched if no chance is asked for.
    """
    plain = Targets(
        torch.full_like(real, 1.0 - objective.smooth_real, requires_grad=False),
        torch.full_like(fake, objective.smooth_fake, requires_grad=False),
    )
    if not objective.label_flip and not objective.label_noise:
        return plain
    return Targets(
        _disturbed(plain.real, objective.smooth_fake, objective, generator),
        _disturbed(plain.fake, 1.0 - objective.smooth_real, objective, generator),
    )


def _disturbed(
    label: Tensor, other: float, objective: Objective, generator: torch.Generator
) -> Tensor:
    each = label.new_empty((len(label), *[1] * (label.ndim - 1)))  # one for each picture
    flipped = each.clone().bernoulli_(objective.label_flip, generator=generator)
    noise = each.uniform_(-1.0, 1.0, generator=generator)
    return torch.where(flipped.bool(), other, label) + objective.label_noise * noise
