"""How much a picture moves with each number of z."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from gan_lab.data import plane_of
from gan_lab.latent.model import Model

_BATCH = 64
_BATCHES = 4


def effects(model: Model, label: Tensor | None = None, seed: int = 0) -> Tensor:
    """What a unit of each z_i moves, to about 5 %, float32, dim: the last of :func:`measured`."""
    *_, last = measured(model, label, seed)
    return last


def measured(
    model: Model,
    label: Tensor | None = None,
    seed: int = 0,
    *,
    batch: int = _BATCH,
    batches: int = _BATCHES,
) -> Iterator[Tensor]:
    """The effect of each z_i, better known with every batch of z; float32, dim.

    Pictures: root mean square, over pixels, channels and z as they are drawn, of the derivative of
    a pixel's value (0 to 255) by z_i. Points: how far a point moves, in units of the plane, as the
    root mean square over z.

    One pass back tells of all numbers at once, however many: for a random v of independent numbers
    with variance 1, the expectation of (Jᵀv)_i² is the squared length of the i-th column of the
    Jacobian J (Hutchinson 1990). The error of one effect is about 1 / √(2 · batch · batches).

    Args:
        label: the class that is drawn, int64, 1, where the model is told of one.
    """
    noise = torch.Generator().manual_seed(seed)
    labels = None if label is None else label.expand(batch)
    total = torch.zeros(model.dim, dtype=torch.float64)
    for number in range(1, batches + 1):
        with torch.enable_grad():
            z = model.draw(batch, seed + number).requires_grad_()
            made = model.raw(z, labels)
            probe = torch.randn(made.shape, generator=noise)
            (pull,) = torch.autograd.grad(made, z, probe)
        total += pull.double().square().mean(0)
        yield (_unit(model) * (total / (number * _parts(model, made))).sqrt()).float()


def _unit(model: Model) -> float:
    """What one unit of G's output is in a picture, or on the plane."""
    span = 1.0 if model.output == "sigmoid" else 0.5
    return span * (2.0 * plane_of(model.config.data.name).reach if model.kind.points else 255.0)


def _parts(model: Model, made: Tensor) -> int:
    """Over how many numbers of a picture the mean is taken; a point moves as a whole."""
    return 1 if model.kind.points else made[0].numel()
