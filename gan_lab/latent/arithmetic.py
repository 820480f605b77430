"""Sums of means in latent space: A − B + C (Radford et al. 2016, §6.3.2).

There, each of the three was the mean of three z: what differs from picture to picture cancels out,
what they share stays. A mean of n z is shorter by √n than they are, and the sum of three z that
have nothing to do with each other is longer by √3. Noise of many dimensions has nearly always the
same length, so G has seen little of what is much shorter or much longer: the former tends to look
bland, the latter overdone. ``Shell.onto`` (``lengths.py``) brings the sum back to the usual length.
"""

from __future__ import annotations

from torch import Tensor


def mean(well: Tensor) -> Tensor:
    """The mean of the z in a well: N×dim to 1×dim; zeros for an empty well."""
    return well.mean(0, keepdim=True) if len(well) else well.new_zeros(1, well.shape[1])


def combine(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """mean(A) − mean(B) + mean(C), 1×dim, of wells of N×dim; an empty one counts as 0."""
    return mean(a) - mean(b) + mean(c)
