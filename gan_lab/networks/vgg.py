"""VGG19 as far as its last convolution: eyes trained on photographs, which nobody here trains."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

VGG19 = (
    64, 64, "max", 128, 128, "max", 256, 256, 256, 256, "max",
    512, 512, 512, 512, "max", 512, 512, 512, 512,
)  # fmt: skip
"""Channels of each 3×3 convolution, and where sides are halved (Simonyan & Zisserman 2015, table 1,
column E), to conv5_4 before its bend: what SRGAN calls VGG5,4 is this or what the bend leaves of
it; ESRGAN (Wang et al. 2018, §3.3) found it better without."""


def features(layout: tuple[int | str, ...], weights: Mapping[str, Tensor]) -> nn.Sequential:
    """N×3×H×W, normalised as ImageNet's, to N×channels×h×w; in eval mode and frozen.

    Args:
        layout: as :data:`VGG19`.
        weights: ``0.weight``, ``0.bias``, ``2.weight``, … as in torchvision's ``vgg19().features``;
            used as they are, without a copy.

    Raises:
        ValueError: the weights are of another network.
    """
    network = bare(layout)
    try:
        network.load_state_dict(dict(weights), assign=True)
    except RuntimeError:  # PyTorch lists every weight that does not fit
        raise ValueError("these are the weights of another network") from None
    return network.eval().requires_grad_(False)


def bare(layout: tuple[int | str, ...]) -> nn.Sequential:
    """The same without weights, on the meta device: nothing is drawn for what will be replaced."""
    layers: list[nn.Module] = []
    channels = 3
    with torch.device("meta"):
        for part in layout:
            if isinstance(part, int):
                layers += [nn.Conv2d(channels, part, 3, padding=1), nn.ReLU(inplace=True)]
                channels = part
            else:
                layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers[:-1])
