"""Frechet distance between two sets of features (FID's formula, Heusel et al. 2017, eq. 6)."""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(a: Tensor, b: Tensor) -> float:
    """‖μa - μb‖² + tr(Σa + Σb - 2·(Σa·Σb)^½), of Gaussians fitted to both sets.

    The trace of the root is taken as the sum of the roots of the eigenvalues of the symmetric
    Σa^½·Σb·Σa^½, which has the same ones as Σa·Σb and cannot go complex.

    Args:
        a, b: n×f and m×f features; n and m should well exceed f, or the value is biased upward.

    Raises:
        ValueError: fewer than two samples, or different feature counts.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"features must be n×f and m×f, not {tuple(a.shape)}, {tuple(b.shape)}")
    if min(len(a), len(b)) < 2:
        raise ValueError("a covariance needs at least two samples on each side")
    a, b = a.double(), b.double()
    cov_a, cov_b = torch.cov(a.T).reshape(a.shape[1], -1), torch.cov(b.T).reshape(b.shape[1], -1)
    values, vectors = torch.linalg.eigh(cov_a)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    shared = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()
    gap = (a.mean(0) - b.mean(0)).square().sum()
    return float(gap + cov_a.trace() + cov_b.trace() - 2 * shared)
