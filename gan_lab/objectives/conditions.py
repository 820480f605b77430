"""How the players are told a class: ones behind z, planes behind a picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def with_classes(z: Tensor, labels: Tensor | None, classes: int) -> Tensor:
    """z with a one at the place of the class behind it: N×dim to N×(dim + classes).

    Args:
        labels: int64, N; None leaves z as it is.
    """
    if labels is None:
        return z
    return torch.cat([z, F.one_hot(labels, classes).to(z.dtype)], 1)


def with_planes(x: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Pictures with a plane for each class behind their channels, ones in that of their own
    (Mirza & Osindero 2014, §3.1, for convolutions): N×C×H×W to N×(C + classes)×H×W."""
    planes = F.one_hot(labels, classes).to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat([x, planes], 1)
