"""Where the noise lives: nearly all z of many numbers are of one length."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from torch import Tensor, tensor

from gan_lab.config import Latent
from gan_lab.latent.sampling import draw
from gan_lab.objectives.noise import reach

_DRAWS = 4096  # z whose lengths are measured
_BAND = (0.05, 0.5, 0.95)  # quantiles


class Shell(NamedTuple):
    """Measured on z that are drawn, so it holds for every kind of noise and for few numbers.

    Attributes:
        mean, std: of the lengths ‖z‖ of its z; for Gaussian noise of many dimensions nearly
            √dim and 1/√2.
        low, middle, high: 90 % of the lengths lie between ``low`` and ``high``, half of them below
            ``middle``.
        edge: how far a number of z may be from 0; infinite for Gaussian noise.
    """

    mean: float
    std: float
    low: float
    middle: float
    high: float
    edge: float

    def onto(self, z: Tensor) -> Tensor:
        """z (N×dim) in the same direction, of the usual length, no number beyond the edge.

        A z of length 0 has no direction and stays where it is.
        """
        length = z.norm(dim=1, keepdim=True)
        return self.within(z * (self.mean / length.clamp_min(1e-12)).where(length > 0, 1.0))

    def within(self, z: Tensor) -> Tensor:
        """z with every number beyond the edge moved to it: G has never seen what lies beyond."""
        return z.clamp(-self.edge, self.edge)


def shell(latent: Latent) -> Shell:
    """The shell that the noise of a model lies on, measured from some thousand draws."""
    return _shell(latent.dim, latent.noise, latent.truncation)


def edge(latent: Latent) -> float:
    """No number of the noise is farther from 0."""
    return math.inf if latent.noise == "gaussian" else reach(latent)


@lru_cache(maxsize=32)
def _shell(dim: int, noise: str, truncation: float) -> Shell:
    latent = Latent.model_validate({"dim": dim, "noise": noise, "truncation": truncation})
    lengths = draw(latent, _DRAWS, seed=0).norm(dim=1)
    low, middle, high = lengths.quantile(tensor(_BAND)).tolist()
    mean, std = lengths.mean().item(), lengths.std().item()
    return Shell(mean, std, low, middle, high, edge(latent))
