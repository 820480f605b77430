"""What is drawn: traits of many pictures, thrown by dice, and the loop that has them drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gan_lab.data.drawn.canvas import Array, Canvas

_AT_ONCE = 32  # pictures; always the same ones together, so that rounding is always the same


class Traits(dict[str, Array]):
    """What is drawn: a value a picture under each name, n; colours are n×3."""

    def part(self, pick: slice | Array) -> Traits:
        return Traits({name: values[pick] for name, values in self.items()})

    def value(self, name: str) -> Array:
        """n×1×1, to be used with the pixels of a canvas."""
        return self[name].astype(np.float32)[:, None, None]

    def colour(self, name: str) -> Array:
        """3×n×1×1."""
        return np.ascontiguousarray(self[name].T.astype(np.float32))[..., None, None]


class Dice:
    """Random numbers in columns; row i depends on the seed and on i alone, whatever the count."""

    def __init__(self, seed: tuple[int, ...], count: int, columns: int) -> None:
        self._rolls = np.random.default_rng(seed).random((count, columns))
        self._next = 0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Array:
        """n, evenly from low to high."""
        column = self._rolls[:, self._next]
        self._next += 1
        return low + (high - low) * column

    def choice(self, shares: dict[str, float]) -> Array:
        """n, numbers of the names, each as often as its share of the whole."""
        edges = np.cumsum(list(shares.values())) / sum(shares.values())
        return np.searchsorted(edges[:-1], self.uniform(), side="right")

    def palette(self, colours: Array, jitter: float) -> Array:
        """n×3: one colour a picture, from a number of them with some change to each channel."""
        base = colours[np.minimum((self.uniform() * len(colours)).astype(int), len(colours) - 1)]
        return self.jittered(base, jitter)

    def jittered(self, base: Array, jitter: float) -> Array:
        """n×3: each picture's colour, lighter or darker and a little off in each channel."""
        light = self.uniform(-jitter, jitter)
        each = np.stack([self.uniform(-jitter / 2, jitter / 2) for _ in range(3)], 1)
        return np.clip(base + light[:, None] + each, 0, 1)


def colours(*codes: str) -> Array:
    """k×3, 0..1, from codes such as ``e8b48c``."""
    return np.array([[int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)] for code in codes])


def ramp(stops: Array, at: Array) -> Array:
    """n×3: the colour at a place 0..1 of a ramp of stops k×3."""
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(at, places, stops[:, c]) for c in range(3)], 1)


def draw(traits: Traits, size: int, artist: Callable[[Canvas, Traits], None]) -> Tensor:
    """uint8 n×3×size×size: everything that the traits say, drawn by the artist."""
    count = len(next(iter(traits.values())))
    images = np.empty((count, 3, size, size), np.uint8)
    for start in range(0, count, _AT_ONCE):
        part = traits.part(slice(start, start + _AT_ONCE))
        canvas = Canvas.blank(len(next(iter(part.values()))), size)
        artist(canvas, part)
        pixels = np.clip(np.rint(canvas.rgb * 255), 0, 255).astype(np.uint8)
        images[start : start + _AT_ONCE] = pixels.transpose(1, 0, 2, 3)
    return torch.from_numpy(images)
