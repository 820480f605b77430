"""A canvas for many pictures at once: shapes are distances, edges are smooth at any size.

A shape is the signed distance of every pixel to its outline, negative inside (Quilez, "2D distance
functions"). Pixels nearer than half a pixel to the outline are covered in part, so a drawing is
antialiased without supersampling, and it looks the same at 32 and at 128 px.

Coordinates ``u`` (right) and ``v`` (down) run from -1 to 1 over the picture, unless a frame turns,
moves or stretches them. Values of one picture each have shape n×1×1, colours 3×n×1×1 in 0..1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32, but for flags and numbers of kinds
Value = Array | float


class Canvas:
    """Pictures in the making.

    Attributes:
        rgb: 3×n×H×W, 0..1.
        u, v: n×H×W, where each pixel is.
        pixel: n×1×1, side of a pixel in those units.
        who: int64 n, which of the pictures of the whole canvas these are.
    """

    def __init__(self, rgb: Array, u: Array, v: Array, pixel: Array, who: Array) -> None:
        self.rgb, self.u, self.v, self.pixel, self.who = rgb, u, v, pixel, who

    @classmethod
    def blank(cls, count: int, size: int) -> Canvas:
        """Black pictures in the plain frame."""
        line = ((np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1).astype(np.float32)
        shape = (count, size, size)
        return cls(
            np.zeros((3, *shape), np.float32),
            np.broadcast_to(line, shape),
            np.broadcast_to(line[:, None], shape),
            np.full((count, 1, 1), 2 / size, np.float32),
            np.arange(count),
        )

    def framed(self, u0: Value, v0: Value, turn: Value, across: Value, down: Value) -> Canvas:
        """The same pictures in a frame at (u0, v0), turned clockwise, with these units.

        ``across`` may be negative: a mirror.
        """
        right, below = self.u - u0, self.v - v0
        cos, sin = np.cos(turn), np.sin(turn)
        u = (right * cos + below * sin) / across
        v = (below * cos - right * sin) / down
        pixel = self.pixel / np.sqrt(np.abs(across * down))
        return Canvas(self.rgb, u, v, np.broadcast_to(pixel, self.pixel.shape), self.who)

    @contextmanager
    def window(
        self, left: float, top: float, right: float, bottom: float, who: Array | None = None
    ) -> Iterator[Canvas]:
        """A part of the pictures: what can hold this box of the frame, and only where ``who``.

        Painting a small part of few pictures is what makes thousands a matter of seconds.
        """
        chosen = np.arange(len(self.u)) if who is None else np.flatnonzero(who)
        u, v = (self.u, self.v) if who is None else (self.u[chosen], self.v[chosen])
        inside: Array = (np.abs(u - (left + right) / 2) < (right - left) / 2) & (
            np.abs(v - (top + bottom) / 2) < (bottom - top) / 2
        )
        inside = np.any(inside, axis=0)
        rows, columns = np.flatnonzero(np.any(inside, 1)), np.flatnonzero(np.any(inside, 0))
        if len(rows) == 0:
            rows = columns = np.zeros(1, int)
        h = slice(rows[0], rows[-1] + 1)
        w = slice(columns[0], columns[-1] + 1)
        if who is None:
            rgb, u, v = self.rgb[..., h, w], self.u[:, h, w], self.v[:, h, w]
            yield Canvas(rgb, u, v, self.pixel, self.who)
            return
        part = Canvas(
            self.rgb[:, chosen, h, w], self.u[chosen, h, w], self.v[chosen, h, w],
            self.pixel[chosen], self.who[chosen],
        )  # fmt: skip
        yield part
        self.rgb[:, chosen, h, w] = part.rgb

    def cover(self, distance: Array, blur: Value = 0.0) -> Array:
        """n×H×W: the share of each pixel that a shape covers; ``blur`` widens its edge."""
        return np.clip(0.5 - distance / (self.pixel + blur), 0, 1)

    def paint(
        self, distance: Array, colour: Array, opacity: Value = 1.0, blur: Value = 0.0
    ) -> None:
        """Lay a shape of one colour over what is there."""
        cover = self.cover(distance, blur)
        if not isinstance(opacity, float) or opacity != 1.0:
            cover *= opacity
        for c in range(3):
            self.rgb[c] += cover * (colour[c] - self.rgb[c])


# -- shapes ---------------------------------------------------------------------------------------


def ellipse(u: Array, v: Array, a: Value, b: Value) -> Array:
    """Around the origin, with half-axes a and b; near its outline to first order."""
    p, q = u / a, v / b
    k = p * p
    k += q * q
    np.sqrt(k, out=k)
    p /= a
    q /= b
    p *= p
    p += q * q
    p += 1e-9  # the middle has no direction
    return k * (k - 1) / np.sqrt(p, out=p)


def disc(u: Array, v: Array, radius: Value) -> Array:
    """Around the origin."""
    return np.sqrt(u * u + v * v) - radius


def box(u: Array, v: Array, a: Value, b: Value, round_by: Value = 0.0) -> Array:
    """Around the origin, with half-sides a and b and round corners."""
    p, q = np.abs(u) - (a - round_by), np.abs(v) - (b - round_by)
    outside = disc(np.maximum(p, 0), np.maximum(q, 0), round_by)
    return outside + np.minimum(np.maximum(p, q), 0)


def limb(
    u: Array, v: Array, u0: Value, v0: Value, u1: Value, v1: Value, r0: Value, r1: Value
) -> Array:
    """A bone from one point to another, with round ends, as thick as r0 there and r1 here."""
    du, dv = u1 - u0, v1 - v0
    p, q = u - u0, v - v0
    along = np.clip((p * du + q * dv) / (du * du + dv * dv), 0, 1)
    p, q = p - along * du, q - along * dv
    return disc(p, q, r0 + along * (r1 - r0))


def bow(u: Array, v: Array, half: Value, bend: Value, thick: Value) -> Array:
    """A line from (-half, 0) to (half, 0) that hangs down by ``bend`` in its middle."""
    p = u / half
    sag = bend * (1 - p * p)
    slope = 2 * bend * p / half
    line = np.abs(v - sag) / np.sqrt(1 + slope * slope)
    return np.maximum(line, np.abs(u) - half) - thick


def joined(first: Array, second: Array, soft: float) -> Array:
    """Both shapes, their meeting filled as by clay (Quilez' polynomial smooth minimum)."""
    near = np.maximum(soft - np.abs(first - second), 0)
    return np.minimum(first, second) - near * near / (4 * soft)
