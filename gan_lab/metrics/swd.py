"""Sliced Wasserstein distance of patches on Laplacian pyramids (Karras et al. 2018, §5).

Each level of a pyramid holds what pictures have at one size of detail, the last one what is left.
Small patches of a level, of all pictures together, are points in a space; seen from one side after
another, how far have the points of one set to move to become those of the other? It needs no
network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.threads import interruptible

PATCH = 7  # px a side; all of a level that is smaller
COARSEST, COARSEST_OF_SMALL = 16, 7
"""Side, px, below which no level goes: the paper's, and of pictures under 32 px."""
SMALLEST = 4
"""Side, px, below which a picture has no details to compare."""
STILL = 1e-3  # of 255: less than this is rounding
_PART = 64  # pictures that are taken apart at once, to bound the memory
SCALE = 1000.0  # as in the paper's tables


class Swd(NamedTuple):
    """×10³, as in the paper.

    Attributes:
        mean: over the levels.
        levels: distance by the side of the level in px, finest first.
    """

    mean: float
    levels: dict[int, float]


@dataclass(frozen=True)
class Slicing:
    """How pictures are cut: by default for a look in passing; in the paper it is 128 patches, 512
    directions and 16384 pictures.

    Attributes:
        patches: of each picture at each level, at random places; a level that has fewer places
            gives as many as it has.
        directions: that the patches are seen from.
        seed: of places and directions.

    Raises:
        ValueError: no patches or no directions.
    """

    patches: int = 32
    directions: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.patches, self.directions) < 1:
            raise ValueError("there must be at least one patch and one direction")

    def of(self, images: Tensor) -> Slices:
        """Cut uint8 pictures, N×C×H×W.

        Raises:
            ValueError: not so, no pictures, or sides below 4 px.
        """
        if images.dtype != torch.uint8 or images.ndim != 4 or not len(images):
            raise ValueError(
                f"pictures must be uint8 and N×C×H×W, not {images.dtype} {tuple(images.shape)}"
            )
        if min(images.shape[2:]) < SMALLEST:
            raise ValueError(
                f"pictures must be {SMALLEST} px or more a side, not {tuple(images.shape[2:])}"
            )
        generator = torch.Generator().manual_seed(self.seed)
        levels = tuple(self._seen(level, generator) for level in _pyramids(images))
        return Slices(self, tuple(images.shape), sides(images), levels)

    def _seen(self, level: Tensor, generator: torch.Generator) -> Tensor:
        """Projections of the patches of one level, each row sorted: directions×M."""
        patches = normalised(cut(level, self.patches, generator)).flatten(1)
        directions = torch.randn(self.directions, patches.shape[1], generator=generator)
        directions = F.normalize(directions, dim=1).to(patches)
        # NumPy's sort of short floats is many times faster than PyTorch's on a processor
        return torch.from_numpy(np.sort((directions @ patches.T).cpu().numpy(), axis=1))


@dataclass(frozen=True)
class Slices:
    """A set of pictures, cut: made once of the real ones, then compared with many sets of fakes.

    Attributes:
        slicing: how.
        shape: of the pictures, N×C×H×W.
        sides: of each level, px, finest first.
        levels: of each level the sorted projections, float32, directions×M.
    """

    slicing: Slicing
    shape: tuple[int, ...]
    sides: tuple[int, ...]
    levels: tuple[Tensor, ...]

    def distance(self, other: Slices) -> Swd:
        """How far ``other`` is; raises ValueError unless both were cut alike."""
        if self.shape != other.shape:
            raise ValueError(
                "both sides must be as many pictures of one shape, not"
                f" {self.shape} and {other.shape}"
            )
        if self.slicing != other.slicing:
            raise ValueError("both sides must be cut in the same way, with the same seed")
        found = [
            SCALE * float((a - b).abs().mean(dtype=torch.float64))
            for a, b in zip(self.levels, other.levels, strict=True)
        ]
        return Swd(sum(found) / len(found), dict(zip(self.sides, found, strict=True)))


def swd(a: Tensor, b: Tensor, seed: int = 0, patches: int = 32, directions: int = 128) -> Swd:
    """Sliced Wasserstein distance ×10³ of two sets, each level and their mean.

    Channels of a level have mean 0 and deviation 1 on each side, as in the paper's program: light
    and contrast alone make no distance. Sets of one kind have one too, the more the fewer
    pictures: know that floor at your N.

    Args:
        a, b: uint8, N×C×H×W, of one shape, 4 px or more a side.
        seed, patches, directions: see :class:`Slicing`.

    Raises:
        ValueError: not such pictures, or different shapes or numbers of them.
    """
    slicing = Slicing(patches, directions, seed)
    return slicing.of(a).distance(slicing.of(b))


def sides(images: Tensor) -> tuple[int, ...]:
    """Shorter side of each level that N×C×H×W pictures are looked at in, px: 128, 64, 32, 16; of
    small ones 28, 14, 7 or 8 alone."""
    side = min(images.shape[2:])
    coarsest = COARSEST if side >= 2 * COARSEST else COARSEST_OF_SMALL
    found = [side]
    while (half := (found[-1] + 1) // 2) >= coarsest:
        found.append(half)
    return tuple(found)


def pyramid(images: Tensor) -> list[Tensor]:
    """The Laplacian pyramid (Burt & Adelson 1983) of float N×C×H×W, finest level first: what each
    level has beyond its smoothed half, and as the last what remains. Added up, they are the
    picture again."""
    levels = [images]
    for _ in sides(images)[1:]:
        level = levels[-1]
        half = smoothed(level)[..., ::2, ::2]
        levels[-1] = level - enlarged(half, level.shape)
        levels.append(half)
    return levels


def _pyramids(images: Tensor) -> list[Tensor]:
    """The same of uint8 pictures, some at a time: on the way one takes ten times its own room."""
    parts = [pyramid(part.float()) for part in interruptible(images.split(_PART))]
    return [torch.cat(level) for level in zip(*parts, strict=True)]


def smoothed(x: Tensor) -> Tensor:
    """Every channel under the binomial kernel [1 4 6 4 1] ⊗ [1 4 6 4 1] / 256, edges mirrored."""
    padded = F.pad(x, (2, 2, 2, 2), mode="reflect")
    return _binomial(_binomial(padded, 2), 3) / 256.0


def _binomial(x: Tensor, dim: int) -> Tensor:
    # five shifted sums are faster than a convolution of one channel
    size = x.shape[dim] - 4
    first, second, third, fourth, fifth = (x.narrow(dim, i, size) for i in range(5))
    return first + fifth + 4.0 * (second + fourth) + 6.0 * third


def enlarged(half: Tensor, shape: torch.Size) -> Tensor:
    """``half`` at twice the size, cut to ``shape``: zeros between the pixels, then smoothed."""
    sparse = half.new_zeros(shape)
    sparse[..., ::2, ::2] = half
    return 4.0 * smoothed(sparse)


def cut(level: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` patches of every picture at random places: N×C×H×W to N·count×C×h×w."""
    patches = level
    for dim in (2, 3):
        patches = patches.unfold(dim, min(PATCH, level.shape[dim]), 1)
    n, _, down, across = patches.shape[:4]
    count = min(count, down * across)
    places = torch.randint(down * across, (n, count), generator=generator).to(level.device)
    pictures = torch.arange(n, device=level.device).unsqueeze(1)
    return patches[pictures, :, places // across, places % across].flatten(0, 1)


def normalised(patches: Tensor) -> Tensor:
    """Every channel with mean 0 and deviation 1 over all M×C×h×w patches; one that is the same
    everywhere stays at 0."""
    deviation, mean = torch.std_mean(patches, dim=(0, 2, 3), correction=0, keepdim=True)
    return (patches - mean) / torch.where(deviation > STILL, deviation, 1.0)
