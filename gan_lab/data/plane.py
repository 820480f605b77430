"""Points in the plane: what is real is a cloud of which everything is known.

A point is held as a picture of one pixel with two channels, so every loss, penalty and network of
the house works on points as on pictures. Its numbers are floats from -1 to 1, a share of the
window that is shown; ``Plane.reach`` leads back to the plane's own units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_lab.data.pictures import DataError, class_numbers
from gan_lab.randomness import derived_seed

COUNTS = {True: 50_000, False: 10_000}
"""Points to train on, and held out."""

DRAWN = "drawn"
"""Name of the set that a person draws; what was drawn follows behind a colon."""

_SEED = 4000
_ALONG = 160  # places along a curve: nearer to one another than σ
_CELLS = 64  # of the drawing, per side
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"  # base64url
_PEN = 0.06  # σ around what was drawn, in a window from -2 to 2


@dataclass(frozen=True)
class Plane:
    """Where the points of a set come from: a place, all equally likely, and a Gaussian around it.

    Attributes:
        title: for people.
        places: float64, K×2: the centres of the modes, or places close together along a curve.
        sigma: of the Gaussian.
        groups: int64, K: to which class a place belongs; all 0 where there are none.
        modal: whether each place is a mode of its own.
    """

    title: str
    places: Tensor
    sigma: float
    groups: Tensor
    modal: bool

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, none if all points are of one."""
        count = int(self.groups.max()) + 1
        return tuple(str(i) for i in range(count)) if count > 1 else ()

    @property
    def reach(self) -> float:
        """Half the side of the window around 0 that holds all of it, in the plane's units."""
        return math.ceil(2 * (float(self.places.abs().max()) + 4 * self.sigma) + 0.5) / 2

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Points, float64 count×2 in the plane's units, and their classes, int64 count."""
        place = torch.randint(len(self.places), (count,), generator=generator)
        noise = torch.randn(count, 2, generator=generator, dtype=torch.float64)
        return self.places[place] + self.sigma * noise, self.groups[place]

    def only(self, numbers: list[int]) -> Plane:
        """The part that is of some classes, numbered anew in their order."""
        chosen = torch.tensor(numbers)
        kept = torch.isin(self.groups, chosen)
        groups = torch.searchsorted(chosen, self.groups[kept])
        return replace(self, places=self.places[kept], groups=groups)


# -- the sets ----------------------------------------------------------------------------------


def _modes(title: str, centres: list[tuple[float, float]], sigma: float) -> Plane:
    places = torch.tensor(centres, dtype=torch.float64)
    return Plane(title, places, sigma, torch.arange(len(places)), modal=True)


def _curves(title: str, sigma: float, *lines: NDArray[np.float64]) -> Plane:
    """Lines through points, K×2 each; every line a class, with its share of the whole length."""
    total = sum(_length(line) for line in lines)
    parts = [_evenly(line, max(2, round(_ALONG * _length(line) / total))) for line in lines]
    groups = torch.cat([torch.full((len(part),), i) for i, part in enumerate(parts)])
    return Plane(title, torch.from_numpy(np.concatenate(parts)), sigma, groups, modal=False)


def _length(line: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def _evenly(line: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """``count`` places along a line of straight pieces, equally far apart."""
    along = np.concatenate([[0.0], np.linalg.norm(np.diff(line, axis=0), axis=1).cumsum()])
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, line[:, i]) for i in (0, 1)], axis=1)


def _ring(title: str, sigma: float) -> Plane:
    turns = [2 * math.pi * k / 8 for k in range(8)]
    return _modes(title, [(2 * math.cos(t), 2 * math.sin(t)) for t in turns], sigma)


def _grid(title: str, spacing: float, sigma: float) -> Plane:
    steps = [spacing * k for k in range(-2, 3)]
    return _modes(title, [(x, y) for y in steps for x in steps], sigma)


def _curve(at: Callable[[NDArray[np.float64]], tuple[object, object]], end: float) -> NDArray:
    t = np.linspace(0.0, end, 500)
    return np.stack([np.asarray(part, np.float64) for part in at(t)], axis=1)


_SEGMENTS = (((-1.8, 1.2), (-0.6, 1.8)), ((0.6, 1.2), (1.8, 0.0)), ((-1.2, -1.5), (0.6, -1.2)))

PLANES: dict[str, Plane] = {
    "line": _curves("A line", 0.08, np.array([(-1.8, -0.9), (1.8, 0.9)])),
    "gaussians": _modes("Two heaps", [(-1.2, -0.6), (1.2, 0.6)], 0.3),
    "ring": _ring("A ring of 8 heaps", 0.1),
    "grid": _grid("A grid of 25 heaps", 1.0, 0.1),
    "disjoint": _curves("Three lines apart", 0.08, *(np.array(line) for line in _SEGMENTS)),
    "moons": _curves(
        "Two moons", 0.1,
        _curve(lambda t: (1.2 * np.cos(t) - 0.6, 1.2 * np.sin(t) - 0.3), math.pi),
        _curve(lambda t: (0.6 - 1.2 * np.cos(t), 0.3 - 1.2 * np.sin(t)), math.pi),
    ),
    "spiral": _curves(
        "A spiral", 0.06,
        _curve(lambda t: ((0.3 + 0.16 * t) * np.cos(t), (0.3 + 0.16 * t) * np.sin(t)), 10.0),
    ),
    "ring-fine": _ring("A ring of 8 tiny heaps (as in the papers)", 0.02),
    "grid-fine": _grid("A wide grid of 25 tiny heaps (as in the papers)", 2.0, 0.05),
}  # fmt: skip
"""By name. The fine ones are those of VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018).
"""


def read(name: str, train: bool) -> tuple[Tensor, Tensor]:
    """All points of a named set, float32 N×2×1×1 from -1 to 1, and their classes, int64 N."""
    return _points(PLANES[name], train)


def _points(plane: Plane, train: bool) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(derived_seed(_SEED, int(train)))
    points, groups = plane.draw(COUNTS[train], generator)
    return (points / plane.reach).float()[:, :, None, None], groups


def plane_of(name: str) -> Plane:
    """What is known of a set of points, under the name that ``data.name`` gives it.

    Raises DataError if there is no such set, or no such class of it.
    """
    base, _, rest = name.partition(":")
    if base == DRAWN:
        return _drawn(rest)
    if base not in PLANES:
        raise DataError(f"{name} is no set of points; those are {', '.join([*PLANES, DRAWN])}")
    plane = PLANES[base]
    if not rest:
        return plane
    wanted = tuple(part.strip() for part in rest.split(","))
    return plane.only(class_numbers(base, plane.classes, wanted))


# -- what a person draws -----------------------------------------------------------------------


def read_drawn(name: str, train: bool) -> Tensor:
    """The points of ``drawn:…``, float32 N×2×1×1 from -1 to 1. Raises DataError."""
    return _points(plane_of(name), train)[0]


@lru_cache(maxsize=64)
def _drawn(text: str) -> Plane:
    """Strokes of a pen on a sheet of 64×64 cells, as text: two characters of base64url a cell,
    column then row from the lower left, a dot between strokes. Raises DataError.
    """
    lines = []
    for stroke in text.split("."):
        numbers = [_ALPHABET.find(letter) for letter in stroke]
        if len(numbers) % 2 or -1 in numbers:
            raise DataError(
                f"{DRAWN}:{text[:20]} is no drawing: it must be pairs of letters, digits, - and _"
            )
        if numbers:
            cells = np.array(numbers, np.float64).reshape(-1, 2)
            line = (cells + 0.5) * (4 / _CELLS) - 2.0
            lines.append(line if len(line) > 1 else np.repeat(line, 2, axis=0))
    if not lines:
        raise DataError(f"{DRAWN}: nothing is drawn yet; draw a line or a few dots first")
    return _whole(lines)


def _whole(lines: list[NDArray[np.float64]]) -> Plane:
    """One class of all lines; a dot counts as a line as short as the pen is wide."""
    lengths = [max(_length(line), _PEN) for line in lines]
    parts = [
        _evenly(line, max(2, round(_ALONG * length / sum(lengths))))
        for line, length in zip(lines, lengths, strict=True)
    ]
    places = torch.from_numpy(np.concatenate(parts))
    return Plane("Your drawing", places, _PEN, torch.zeros(len(places), dtype=torch.long), False)
