"""Sums of means in latent space: A − B + C (Radford et al. 2016, §6.3.2).

There, each of the three was the mean of three z: what differs from picture to picture cancels out,
what they share stays. A mean of n z is shorter by √n than they are, and the sum of three z that
have nothing to do with each other is longer by √3. Noise of many dimensions has nearly always the
same length, so G has seen little of what is much shorter or much longer: the former tends to look
bland, the latter overdone. :meth:`Shell.onto` brings the sum back to the usual length.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from gan_lab.config import Latent
from gan_lab.latent.sampling import draw
from gan_lab.objectives.noise import reach

_DRAWS = 4096  # z whose lengths are measured


class Shell(NamedTuple):
    """Where the noise of a model lies: nearly all of it near one length.

    Attributes:
        mean, std: of the lengths ‖z‖ of its z; for Gaussian noise of many dimensions nearly
            √dim and 1/√2.
        edge: how far a number of z may be from 0; infinite for Gaussian noise.
    """

    mean: float
    std: float
    edge: float

    def onto(self, z: Tensor) -> Tensor:
        """z (N×dim) in the same direction, of the usual length, no number beyond the edge.

        A z of length 0 has no direction and stays where it is.
        """
        length = z.norm(dim=1, keepdim=True)
        scaled = z * torch.where(length > 0, self.mean / length.clamp_min(1e-12), 1.0)
        return self.within(scaled)

    def within(self, z: Tensor) -> Tensor:
        """z with every number beyond the edge moved to it: G has never seen what lies beyond."""
        return z.clamp(-self.edge, self.edge)


def shell(latent: Latent) -> Shell:
    """The shell that the noise of a model lies on, measured from some thousand draws."""
    return _shell(latent.dim, latent.noise, latent.truncation)


@lru_cache(maxsize=32)
def _shell(dim: int, noise: str, truncation: float) -> Shell:
    latent = Latent.model_validate({"dim": dim, "noise": noise, "truncation": truncation})
    lengths = draw(latent, _DRAWS, seed=0).norm(dim=1)
    edge = float("inf") if latent.noise == "gaussian" else reach(latent)
    return Shell(lengths.mean().item(), lengths.std().item(), edge)


def mean(well: Tensor) -> Tensor:
    """The mean of the z in a well: N×dim to 1×dim; zeros for an empty well."""
    return well.mean(0, keepdim=True) if len(well) else well.new_zeros(1, well.shape[1])


def combine(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """mean(A) − mean(B) + mean(C), 1×dim, of wells of N×dim; an empty one counts as 0."""
    return mean(a) - mean(b) + mean(c)
