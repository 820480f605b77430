"""Two kinds of pictures, A and B, for games that turn one into the other."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.data.pictures import DataError, Pictures

PAIRED = ("classes", "side-by-side")
"""Values of ``data.pairs`` with which the k-th picture of one class belongs to the k-th of another:
there is no choosing of single pictures."""

_LINE = 2.0  # how dark an outline is: a step of half the range is black
_PART = 256  # pictures at a time: on the way one takes thirty times its own room


def domains(pictures: Pictures, pairs: str) -> tuple[Tensor, Tensor]:
    """The two kinds, as ``data.pairs`` asks.

    ``classes``: the first class and the second in the order of labels, k-th with k-th;
    ``side-by-side``: the same, since the halves of own pictures are two classes;
    ``unpaired``: the same, each as many as there are; ``edges``: B is every picture, A its
    outlines; ``grey``: B is every picture, A its luma.

    Returns:
        A and B, uint8, N×C×S×S each, with the same C.

    Raises:
        DataError: fewer than two classes, or classes of unequal size where pairs are asked for.
    """
    if pairs in {*PAIRED, "unpaired"}:
        return _first_two_classes(pictures, paired=pairs in PAIRED)
    b = pictures.images
    if pairs == "edges":
        return torch.cat([outlines(part) for part in b.split(_PART)]), b
    if pairs == "grey":
        grey = pictures.shaped(0, "grey").images
        return grey.expand(-1, b.shape[1], -1, -1).contiguous(), b
    raise DataError(
        f"data.pairs is {pairs!r}; a game between two kinds of pictures needs classes, unpaired,"
        " side-by-side, edges or grey"
    )


def _first_two_classes(pictures: Pictures, *, paired: bool) -> tuple[Tensor, Tensor]:
    present = [] if pictures.labels is None else pictures.labels.unique().tolist()
    if pictures.labels is None or len(present) < 2:
        raise DataError(
            f"{pictures.name} has no two classes to make pairs of; use a folder or zip with two"
            " sub-folders, or data.pairs = edges or grey"
        )
    a, b = (pictures.images[pictures.labels == label] for label in present[:2])
    if paired and len(a) != len(b):
        first, second = (pictures.classes[label] for label in present[:2])
        raise DataError(
            f"{pictures.name} has {len(a)} pictures of {first} and {len(b)} of {second}, which"
            " are no pairs; use data.pairs = unpaired"
        )
    return a, b


def outlines(images: Tensor) -> Tensor:
    """uint8 N×C×H×W to outlines of the same shape: dark on white, alike in all channels.

    The length of the gradient by Sobel's filter, of the channel where it is longest: outlines
    between colours of equal brightness count too.
    """
    across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
    kernels = torch.stack([across, across.T]).unsqueeze(1).to(images.device)  # 2×1×3×3
    count, channels, height, width = images.shape
    flat = images.reshape(-1, 1, height, width).float()
    gradient = F.conv2d(F.pad(flat, (1, 1, 1, 1), mode="replicate"), kernels)
    steepness = gradient.square().sum(1).sqrt().view(count, channels, height, width).amax(1, True)
    lines = (255.0 - _LINE * steepness).round().clamp(0, 255).byte()
    return lines.expand(-1, channels, -1, -1).contiguous()
