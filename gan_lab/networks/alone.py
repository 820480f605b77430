"""Networks that cannot learn from a batch of one picture."""

from __future__ import annotations

import math

from torch import nn

from gan_lab.networks.build import LayerList
from gan_lab.networks.layers import MinibatchDiscrimination, MinibatchStddev

_COMPARES = "has a layer that compares the pictures of a batch"
_NORM = "is normalised over the batch where a picture has a single value in each channel"


def why_not_alone(network: nn.Module) -> str:
    """Why a network cannot be trained on one picture at a time, as the end of a sentence about it;
    "" if it can be.

    A single value less its mean is 0 whatever it was, and nothing can be compared with nothing.
    """
    for module in network.modules():
        if isinstance(module, MinibatchDiscrimination | MinibatchStddev):
            return _COMPARES
        if isinstance(module, nn.BatchNorm1d):
            return _NORM
        if isinstance(module, LayerList) and any(
            line.spec.norm == "batch" and math.prod(line.shape[1:]) == 1 for line in module.lines
        ):
            return _NORM
    return ""
