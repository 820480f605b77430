"""Circles, squares and triangles: the simplest pictures that are not trivial."""

from __future__ import annotations

import numpy as np
from torch import Tensor, from_numpy

from gan_lab.data.drawn.canvas import Array, Canvas, box, disc
from gan_lab.data.drawn.traits import Dice, Traits, colours, draw

CLASSES = ("circle", "square", "triangle")
SIZE = 32
COUNTS = {True: 10_000, False: 1_000}
_SEED = 3
_INKS = colours("d94f45", "2f7fc1", "f0b429", "4a9d5b", "8a5bb0", "e27f3a", "2b2b33")
_PAPERS = colours("fbf3e4", "e3eef7", "eaf4e4", "f7e6ea", "efeaf7")
_ROOT3 = np.float32(np.sqrt(3))


def traits(train: bool) -> Traits:
    """What every picture of a part shows."""
    count = COUNTS[train]
    dice = Dice((_SEED, int(train)), count, 20)
    return Traits(
        kind=dice.choice(dict.fromkeys(CLASSES, 1.0)),
        u=dice.uniform(-0.35, 0.35), v=dice.uniform(-0.35, 0.35),
        turn=dice.uniform(-np.pi, np.pi), radius=dice.uniform(0.4, 0.7),
        ink=dice.palette(_INKS, 0.08), paper=dice.palette(_PAPERS, 0.03),
    )  # fmt: skip


def _artist(canvas: Canvas, t: Traits) -> None:
    canvas.rgb += t.colour("paper")
    radius = t.value("radius")
    local = canvas.framed(t.value("u"), t.value("v"), t.value("turn"), radius, radius)
    u, v = local.u, local.v
    each = (disc(u, v, 0.9), box(u, v, 0.8, 0.8, 0.05), _triangle(u, v))
    local.paint(np.choose(t["kind"][:, None, None], each), t.colour("ink"))


def _triangle(u: Array, v: Array) -> Array:
    """Equal sides, its corners 1.1 from the origin."""
    return np.maximum((np.abs(u) * _ROOT3 - v) / 2, v) - 0.55


def read(train: bool, size: int) -> tuple[Tensor, Tensor]:
    """uint8 N×3×size×size and the number of each one's class."""
    t = traits(train)
    return draw(t, size or SIZE, _artist), from_numpy(t["kind"].astype(np.int64))
