"""From the bytes of an image file to pixels: upright, RGB, square where that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageOps

from gan_lab.images.headers import Unreadable
from gan_lab.images.opening import FORMATS, MAX_PIXELS, damaged, open_image

if TYPE_CHECKING:
    from gan_lab.config import Data

DEFAULT_SIZE = 32
HEAVY = 16_000_000
"""Pixels from which on an image is decoded alone, after all smaller ones of its set."""
_ROWS = 256  # composited onto the background at a time, so that a large image is not copied whole
_AHEAD = 3  # a draft is at least this many times as large as the result


@dataclass(frozen=True)
class Shape:
    """What is made of each image; the fields are the parameters of ``config.Data``."""

    side: int = DEFAULT_SIZE
    fit: str = "crop"
    background: str = "white"
    draft: bool = False
    halves: bool = False

    @classmethod
    def of(cls, data: Data) -> Shape:
        halves = data.pairs == "side-by-side"
        return cls(data.size or DEFAULT_SIZE, data.fit, data.background, data.draft, halves)

    @property
    def parts(self) -> int:
        """Squares made of one image."""
        return 1 + self.halves


class Facts(NamedTuple):
    """What an image was before anything was made of it."""

    kind: str
    width: int
    height: int
    clear: bool
    moving: bool


class Heavy(Unreadable):
    """An image of more than ``HEAVY`` pixels, where those are not decoded yet."""


@dataclass
class Budget:
    """Pixels that a set may be decoded from, in proportion to its bytes.

    A photo has some ten pixels a byte; a flat image has thousands, each of which costs hardly a
    byte to send, and a second of decoding for every 30 million.

    Attributes:
        free: pixels that a set may have, whatever its bytes.
        flat: of these, pixels of heavy images that have more than ``A_BYTE`` pixels a byte.
        pixels, size, flat_pixels: taken so far; ``size`` in bytes of files.
        heavy: whether images of more than ``HEAVY`` pixels are decoded.
    """

    FREE = 4_000_000_000
    FLAT = 128_000_000
    A_BYTE = 200

    free: int = FREE
    flat: int = FLAT
    pixels: int = 0
    size: int = 0
    flat_pixels: int = 0
    heavy: bool = True

    def take(self, pixels: int, size: int) -> None:
        """Before an image of a file of so many bytes is decoded.

        Raises:
            Heavy: its turn has not come.
            Unreadable: it is too much; nothing is taken.
        """
        heavy = pixels > HEAVY
        if heavy and not self.heavy:
            raise Heavy
        flat = pixels if heavy and pixels > self.A_BYTE * size else 0
        within = self.pixels + pixels <= max(self.free, self.A_BYTE * (self.size + size))
        if not within or (flat and self.flat_pixels + flat > self.flat):
            raise Unreadable("too many pixels out of too few bytes, as in bombs")
        self.pixels += pixels
        self.size += size
        self.flat_pixels += flat


def squares(
    content: bytes, shape: Shape, budget: Budget | None = None
) -> tuple[list[np.ndarray], Facts]:
    """One square of an image, or of each of its halves: uint8, side×side×3.

    Args:
        budget: of the set that it belongs to.

    Raises Unreadable.
    """
    image, facts = upright(content, shape, budget)
    parts = [image]
    if shape.halves:
        middle = image.width // 2
        if not middle:
            raise Unreadable("too narrow to have two halves")
        parts = [
            image.crop((0, 0, middle, image.height)),
            image.crop((image.width - middle, 0, image.width, image.height)),
        ]
    return [np.asarray(_fitted(part, shape)) for part in parts], facts


def _fitted(image: Image.Image, shape: Shape) -> Image.Image:
    size = (shape.side, shape.side)
    if shape.fit == "pad":
        colour = background(shape.background)
        return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=colour)
    if shape.fit == "stretch":
        return image.resize(size, Image.Resampling.LANCZOS)
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def background(name: str) -> tuple[int, int, int]:
    """RGB of ``data.background``, 0 to 255."""
    red, green, blue = ImageColor.getrgb("#808080" if name == "grey" else name)[:3]
    return red, green, blue


def upright(
    content: bytes, shape: Shape, budget: Budget | None = None, most_pixels: int = MAX_PIXELS
) -> tuple[Image.Image, Facts]:
    """RGB: upright, on the background where it was transparent; the first frame of an animation.

    Raises Unreadable; an image that is too large by its header is not decoded.
    """
    # the frames are not counted: only the first one is decoded, however many there are
    with open_image(content, formats=FORMATS, most_pixels=most_pixels, most_frames=None) as image:
        width, height = image.size
        if budget is not None:
            budget.take(width * height, len(content))
        try:
            kind, moving = image.format or "", getattr(image, "is_animated", False)
            if shape.draft and kind == "JPEG":
                image.draft("RGB", (_AHEAD * shape.side, _AHEAD * shape.side))
            # in place, since a copy of a large image is large
            ImageOps.exif_transpose(image, in_place=True)
            flat, clear = _on(image, shape.background)
        except MemoryError:
            raise
        except Exception:  # whatever a decoder stumbles over, this image is broken and no other
            raise damaged(content) from None
    return flat, Facts(kind, width, height, clear, moving)


def _on(image: Image.Image, colour: str) -> tuple[Image.Image, bool]:
    """RGB on that colour, and whether a pixel was transparent. May be the very same image."""
    if image.mode.startswith("I;16"):  # Pillow would clip it at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"RGB", "L"} and "transparency" not in image.info:
        image.load()
        return image if image.mode == "RGB" else image.convert("RGB"), False
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    clear = image.getchannel("A").histogram()[255] < image.width * image.height
    flat, behind = Image.new("RGB", image.size), (*background(colour), 255)
    for top in range(0, image.height, _ROWS):
        part = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
        base = Image.new("RGBA", part.size, behind)
        flat.paste(Image.alpha_composite(base, part).convert("RGB"), (0, top))
    return flat, clear
