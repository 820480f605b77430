"""Directions learned from pictures that somebody, or a measure, has told apart.

The noise is the same in all directions, and its numbers know nothing of each other: that is known
and need not be estimated from a few clicks. So Fisher's discriminant, with the covariance shrunk
all the way to that of the noise, is the plain difference of the groups' means.
In d numbers, n pictures a group leave an error of √(2d/n) σ in it, so clearly different pictures
help more than many.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lab.latent.directions import Direction, DirectionError, spread, towards
from gan_lab.latent.measures import Attribute
from gan_lab.latent.model import Model

FEWEST = 2
"""Pictures in a group at least."""
MOST = 500
"""Pictures in a group at most."""
SAMPLES = 2000
_RIDGE = 1.0  # pictures' worth of doubt


def from_groups(
    model: Model, these: Tensor, those: Tensor, name: str = "these, not those"
) -> Direction:
    """Towards these z (N×dim) and away from those (M×dim).

    Its note tells how many fall on the right side of the middle when they are left out.
    Raises DirectionError if a group is too small, or both are the same.
    """
    if min(len(these), len(those)) < FEWEST:
        raise DirectionError(f"each group needs at least {FEWEST} pictures; more make it clearer")
    sigma = spread(model.latent)
    right = _left_out(these, those, sigma) + _left_out(those, these, sigma)
    total = len(these) + len(those)
    note = f"{len(these)} against {len(those)} pictures; left out, {right} of {total} fit"
    return towards(model, these.mean(0) - those.mean(0), name, "groups", note)


def _left_out(own: Tensor, other: Tensor, sigma: float) -> int:
    """How many of ``own`` lie nearer to the middle of the rest of their group than to the other's.

    A mean of n pictures of d numbers is off by √(d/n) σ. That is taken off both distances: else the
    larger group would seem the nearer one, and groups that do not differ to be told apart.
    """
    rest = (own.sum(0) - own) / (len(own) - 1)
    off = own.shape[1] * sigma**2
    here = (own - rest).square().sum(1) - off / (len(own) - 1)
    there = (own - other.mean(0)).square().sum(1) - off / len(other)
    return int((here < there).sum())


def from_values(
    model: Model, z: Tensor, values: Tensor, name: str, source: str = "labels"
) -> Direction:
    """The direction along which a value (N) of the pictures of z (N×dim) rises most steadily: ridge
    regression.

    Its note tells how much of the value it explains, of pictures that it has not learned from: each
    is left out once (Allen 1974). Raises DirectionError if the value never changes.
    """
    centred, wanted = (z - z.mean(0)).double(), (values - values.mean()).double()
    if wanted.std() < 1e-6:
        raise DirectionError(f"{name}: all pictures of this model are alike in it")
    gram = centred.T @ centred + _RIDGE * torch.eye(z.shape[1], dtype=torch.float64)
    solved = torch.linalg.solve(gram, centred.T)  # dim×N
    slope = solved @ wanted
    # how much each picture's own value pulls the line to it; what it lacks without that
    pull = (centred * solved.T).sum(1) + 1 / len(z)
    missed = (wanted - centred @ slope) / (1 - pull)
    share = 1 - missed.square().mean() / wanted.square().mean()
    note = f"a straight line explains {max(0.0, float(share)):.0%} of it, in {len(z):,} pictures"
    return towards(model, slope, name, source, note)


def from_attributes(
    model: Model, z: Tensor, values: Tensor, attributes: tuple[Attribute, ...]
) -> list[Direction]:
    """One direction for each attribute (columns of ``values``, N×K) that can be measured and that
    this model's pictures differ in."""
    found = []
    for attribute, column in zip(attributes, values.T, strict=True):
        if attribute.trusted and column.std() > 1e-3:
            found.append(from_values(model, z, column, attribute.name))
    return found
