"""Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020).

Around every picture lies a ball that reaches to its k-th nearest neighbour in its own set; all
balls together are the manifold of the set. What is asked is who lies in whose balls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from gan_lab.threads import interruptible

K_PRECISION = 3
"""Kynkäänniemi et al. 2019, §2."""
K_DENSITY = 5
"""Naeem et al. 2020, §4.3."""
CELLS = 1 << 21  # distances in memory at once: 16 MB of float64
SAME = 1e-12  # of squared lengths: nearer than this is rounding
SLACK = 1.0 + 1e-9  # what lies on the surface is inside, whichever way it was rounded


class Manifold(NamedTuple):
    """How a set of fakes lies to the real ones.

    Attributes:
        precision: share of fakes in any ball of a real one; from 0 to 1: how believable.
        recall: share of real ones in any ball of a fake; from 0 to 1: how much is covered.
        density: real balls that a fake lies in, over k, on average; 1 for real against real, and
            above it where fakes keep to the crowded places.
        coverage: share of real balls with a fake in them; from 0 to 1.
    """

    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True)
class Balls:
    """A set and the balls around its members; made once, measured against as often as one likes.

    Attributes:
        centres: float64, n×f.
        narrow, wide: float64, n: squared radii, for precision and recall, and for density and
            coverage; 0 where a picture comes more than k times.
        ks: neighbours that the narrow and the wide balls reach to.
    """

    centres: Tensor
    narrow: Tensor
    wide: Tensor
    ks: tuple[int, int]

    @classmethod
    def around(cls, features: Tensor, narrow: int = K_PRECISION, wide: int = K_DENSITY) -> Balls:
        """Balls of n×f features that reach to the ``narrow``-th and the ``wide``-th neighbour.

        Raises:
            ValueError: not n×f, not finite, or not more pictures than neighbours.
        """
        if features.ndim != 2 or not bool(torch.isfinite(features).all()):
            raise ValueError(f"features must be finite and n×f, not {tuple(features.shape)}")
        most = max(narrow, wide)
        if min(narrow, wide) < 1 or most >= len(features):
            raise ValueError(
                f"k must be at least 1 and less than the pictures on a side: {narrow} and {wide}"
                f" do not fit {len(features)} pictures"
            )
        centres = features.double()
        # the nearest of all is the picture itself
        nearest = torch.cat(
            [d.topk(most + 1, largest=False).values for d in _squares(centres, centres)]
        )
        return cls(centres, nearest[:, narrow].clone(), nearest[:, wide].clone(), (narrow, wide))


def manifold(real: Tensor | Balls, fake: Tensor) -> Manifold:
    """Precision, recall, density and coverage, in one pass over all distances.

    Surfaces belong to their balls. A G that makes one picture over and over has balls of radius 0:
    its recall is 0 unless that picture is a real one. Fewer pictures have wider balls, so values
    of different n and m do not compare. Memory is bounded; time grows with (n + m)².

    Args:
        real: n×f features, or the balls around them.
        fake: m×f features.

    Raises:
        ValueError: not n×f and m×f, not finite, or not more pictures than neighbours.
    """
    if isinstance(real, Tensor):
        real = Balls.around(real)
    if fake.ndim != 2 or fake.shape[1] != real.centres.shape[1]:
        raise ValueError(
            f"fakes must be m×{real.centres.shape[1]} like the real ones, not {tuple(fake.shape)}"
        )
    narrow, wide = real.ks
    fakes = Balls.around(fake, narrow, narrow)
    believed = torch.zeros(len(fake), dtype=torch.bool, device=fake.device)
    recalled = inside = covered = start = 0
    for squares in _squares(real.centres, fakes.centres):
        rows = slice(start, start + len(squares))
        start += len(squares)
        believed |= (squares <= SLACK * real.narrow[rows, None]).any(0)
        recalled += int((squares <= SLACK * fakes.narrow).any(1).sum())
        in_wide = squares <= SLACK * real.wide[rows, None]
        inside += int(in_wide.sum())
        covered += int(in_wide.any(1).sum())
    n, m = len(real.centres), len(fake)
    return Manifold(float(believed.double().mean()), recalled / n, inside / (wide * m), covered / n)


def _squares(a: Tensor, b: Tensor) -> Iterator[Tensor]:
    """Squared distances from some rows of ``a`` to all of ``b``, chunk by chunk; of two that are
    the same, exactly 0."""
    middle = b.mean(0)  # short vectors lose less in the difference below
    a, b = a - middle, b - middle
    lengths = b.square().sum(1)
    for some in interruptible(a.split(max(1, CELLS // len(b)))):
        both = some.square().sum(1, keepdim=True) + lengths
        squares = both - 2.0 * some @ b.T
        yield squares.masked_fill_(squares < SAME * both, 0.0)
