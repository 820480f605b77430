"""Directions that the weights of the first layer name (SeFa, Shen & Zhou 2021, arXiv 2007.06600).

A step d in z changes the first layer's outputs by d A. The unit vectors that change them most are
the eigenvectors of A Aᵀ: no picture need be drawn. As in the authors' code, every output (column of
A) is brought to length 1 first, so that none counts for its size alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from gan_lab.latent.directions import Direction, signed, towards
from gan_lab.latent.entrance import first_matrix
from gan_lab.latent.model import Model


def factorised(model: Model, count: int = 10) -> list[Direction]:
    """The ``count`` directions (fewer if z has fewer numbers) that move the first layer most.

    Raises DirectionError if the first layer does not take z.
    """
    a = F.normalize(first_matrix(model).double(), dim=0)
    strengths, vectors = torch.linalg.eigh(a @ a.T)  # from the weakest to the strongest
    shares = (strengths / strengths.sum()).flip(0)[:count].tolist()
    found = []
    for k, (share, vector) in enumerate(zip(shares, signed(vectors.T.flip(0)), strict=False), 1):
        note = f"{share:.1%} of what the first layer can do"
        found.append(towards(model, vector, f"SeFa {k}", "SeFa", note))
    return found
