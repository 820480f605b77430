"""Directions in which an early layer varies most (GANSpace, Härkönen et al. 2020, 2004.02546).

Principal components of an early layer's activations are coordinates of pictures, not of z. So
for each the step in z is taken that goes with it: least squares, z ≈ coordinates · M.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lab.latent.directions import Direction, signed, towards
from gan_lab.latent.entrance import early
from gan_lab.latent.model import Model
from gan_lab.latent.sampling import draw_labels

SAMPLES = 2000
_NOTHING = 1e-9  # of the variance


def principal(
    model: Model, count: int = 10, samples: int = SAMPLES, seed: int = 0
) -> list[Direction]:
    """The ``count`` directions (fewer if z has fewer numbers) that explain most.

    Activations are taken behind the first bend, of ``samples`` drawn z. Where G is told a class,
    classes are drawn too, and each class's mean is taken away: they are no directions of z.
    """
    z, labels = model.draw(samples, seed), draw_labels(len(model.classes), samples, seed)
    activations = _activations(model, z, labels)
    for own in [slice(None)] if labels is None else [labels == label for label in labels.unique()]:
        activations[own] -= activations[own].mean(0)
    components, shares = _components(activations, min(count, model.dim))
    coordinates = activations @ components.T
    steps = torch.linalg.lstsq(coordinates, (z - z.mean(0)).double()).solution
    found = []
    for k, (share, step) in enumerate(zip(shares, signed(steps), strict=True), 1):
        if share < _NOTHING:  # fewer units than asked for, or units that never change
            break
        note = f"{share:.1%} of an early layer's variance, from {samples:,} pictures"
        found.append(towards(model, step, f"PCA {k}", "PCA", note))
    return found


@torch.no_grad()
def _activations(model: Model, z: Tensor, labels: Tensor | None) -> Tensor:
    """float64, N×units."""
    entrance = early(model.network)
    source = model.source(z, labels)
    return torch.cat([entrance(part).flatten(1) for part in source.split(256)]).double()


def _components(activations: Tensor, count: int) -> tuple[Tensor, list[float]]:
    """Unit vectors, count×units, and the share of the variance that each explains."""
    samples, units = activations.shape
    if units <= samples:
        variances, vectors = torch.linalg.eigh(activations.T @ activations)
        components = vectors.T.flip(0)[:count]
    else:  # the same vectors, by way of the smaller matrix
        variances, weights = torch.linalg.eigh(activations @ activations.T)
        components = torch.nn.functional.normalize(weights.T.flip(0)[:count] @ activations, dim=1)
    shares = variances.flip(0)[:count] / variances.sum().clamp(min=1e-30)
    return components, shares.clamp(min=0).tolist()
