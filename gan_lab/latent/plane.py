"""A map: a plane through latent space, and the lattice of z on it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_SHORT = 1e-6  # of a vector's length: what is shorter has no direction of its own


class PlaneError(ValueError):
    """What spans no plane, in one sentence."""


@dataclass(frozen=True)
class Slice:
    """A flat slice of latent space: z = origin + x · across + y · up.

    ``across`` and ``up`` have length 1 and a right angle between them, so a distance on the map is
    one in latent space. (0, 0) is the plane's nearest place to z = 0, so
    |z|² = |origin|² + x² + y²: z of one length lie on a circle around it. Gaussian noise of many
    dimensions is nearly all of one length, √dim, so a plane that goes through drawn z has such a
    circle, on which z are as G knows them; farther in pictures are plainer, farther out they are
    exaggerated.

    Attributes:
        origin: float32, dim.
        across: float32, dim; z that one moves by, for one step to the right.
        up: float32, dim.
    """

    origin: Tensor
    across: Tensor
    up: Tensor

    @classmethod
    def through(cls, z: Tensor, first: Tensor, second: Tensor) -> Slice:
        """The plane on which z (dim) lies, first (dim) to the right, and second as far as it is not
        first already upwards. Raises PlaneError if they lead the same way, or nowhere."""
        z, first, second = z.double(), first.double(), second.double()
        if first.norm() < _SHORT or second.norm() < _SHORT:
            raise PlaneError("A plane needs two directions that lead somewhere.")
        across = first / first.norm()
        rest = second - (second @ across) * across
        if rest.norm() < _SHORT * second.norm():
            raise PlaneError("These two lead the same way, so they span a line and no plane.")
        up = rest / rest.norm()
        up = up - (up @ across) * across  # once more: rest may be short and round badly
        up = up / up.norm()
        origin = z - (z @ across) * across - (z @ up) * up
        return cls(origin.float(), across.float(), up.float())

    @classmethod
    def spanned(cls, a: Tensor, b: Tensor, c: Tensor) -> Slice:
        """The plane on which three z (dim) lie; what lies between them is w₁a + w₂b + w₃c with
        weights that sum to 1. Raises PlaneError if they lie on a line."""
        return cls.through(a, b - a, c - a)

    @classmethod
    def of_numbers(cls, z: Tensor, i: int, j: int) -> Slice:
        """The plane through z (dim) on which z_i and z_j change and all others stay: x is z_i and
        y is z_j. Raises PlaneError if both are the same."""
        axes = torch.eye(len(z), dtype=z.dtype, device=z.device)
        return cls.through(z, axes[i], axes[j])

    def at(self, places: Tensor) -> Tensor:
        """z, float32, N×dim, of places (x, y), N×2."""
        return self.origin + places[:, :1] * self.across + places[:, 1:] * self.up

    def place(self, z: Tensor) -> Tensor:
        """(x, y), N×2, of the places nearest to z (N×dim)."""
        return torch.stack([z @ self.across, z @ self.up], 1)

    def distance(self, z: Tensor) -> Tensor:
        """How far z (N×dim) are from the plane, N."""
        return (z - self.at(self.place(z))).norm(dim=1)


def lattice(x: float, y: float, step: float, columns: int, rows: int) -> Tensor:
    """Places, float32, (rows · columns)×2, around (x, y): row by row, the uppermost first."""
    right = x + step * (torch.arange(columns) - (columns - 1) / 2)
    down = y - step * (torch.arange(rows) - (rows - 1) / 2)
    return torch.cartesian_prod(down, right).flip(1).float()
