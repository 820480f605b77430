"""One picture of a user's: from the bytes of a file to pixels."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageColor, ImageOps
from torch import Tensor

from gan_lab.archives import kind_of
from gan_lab.config import Data
from gan_lab.data.pictures import DataError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000  # of one picture, before it is made small
MAX_LETTERS = 4 * 2**20  # bytes of a PNM whose numbers are written out: they are read one by one
_GAP = rb"(?:\s|#[^\r\n]{0,500}[\r\n])+"
_PNM = re.compile(rb"P\w{1,7}" + _GAP + rb"\d{1,9}" + _GAP + rb"\d{1,9}\s")
_PNM_HEAD = 4096  # bytes; Pillow would read comments on and on, a byte at a time
_ROWS = 256  # laid onto the background at a time, so that what is large is not there three times
DEFAULT_SIZE = 32
_AHEAD = 3  # a draft is at least this many times as large as what is made of it


@dataclass(frozen=True)
class Shape:
    """What is made of each picture; the fields are the knobs of ``config.Data``."""

    side: int = DEFAULT_SIZE
    fit: str = "crop"
    background: str = "white"
    draft: bool = False
    halves: bool = False

    @classmethod
    def of(cls, data: Data) -> Shape:
        halves = data.pairs == "side-by-side"
        return cls(data.size or DEFAULT_SIZE, data.fit, data.background, data.draft, halves)


class Facts(NamedTuple):
    """What a picture was before anything was made of it."""

    kind: str
    width: int
    height: int
    clear: bool
    moving: bool


class Unreadable(ValueError):
    """Why a file is no picture, in a few words."""


class Budget:
    """Pixels that a set may be decoded from: so many in any case, and beyond that so many a byte.

    A photo has some ten pixels a byte and a flat picture of a bomb many thousands, each of which
    costs hardly a byte to send and a second to decode. Thread-safe.
    """

    FREE = 4_000_000_000
    A_BYTE = 200

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pixels = self._bytes = 0

    def take(self, pixels: int, size: int) -> None:
        """Before a picture is decoded. Raises Unreadable, and takes nothing, if it is too much."""
        with self._lock:
            if self._pixels + pixels > max(self.FREE, self.A_BYTE * (self._bytes + size)):
                raise Unreadable("too many pixels out of too few bytes, as in bombs")
            self._pixels += pixels
            self._bytes += size


def squares(
    content: bytes, shape: Shape, budget: Budget | None = None
) -> tuple[list[np.ndarray], Facts]:
    """One square of a picture, or of each of its halves: uint8, side×side×3.

    Args:
        budget: of the set that it belongs to.

    Raises Unreadable.
    """
    picture, facts = upright(content, shape, budget)
    parts = [picture]
    if shape.halves:
        middle = picture.width // 2
        if not middle:
            raise Unreadable("too narrow to have two halves")
        parts = [
            picture.crop((0, 0, middle, picture.height)),
            picture.crop((picture.width - middle, 0, picture.width, picture.height)),
        ]
    return [np.asarray(_fitted(part, shape)) for part in parts], facts


def _fitted(picture: Image.Image, shape: Shape) -> Image.Image:
    size = (shape.side, shape.side)
    if shape.fit == "pad":
        colour = background(shape.background)
        return ImageOps.pad(picture, size, Image.Resampling.LANCZOS, color=colour)
    if shape.fit == "stretch":
        return picture.resize(size, Image.Resampling.LANCZOS)
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def background(name: str) -> tuple[int, int, int]:
    """RGB of ``data.background``, 0 to 255."""
    red, green, blue = ImageColor.getrgb("#808080" if name == "grey" else name)[:3]
    return red, green, blue


def upright(
    content: bytes, shape: Shape, budget: Budget | None = None
) -> tuple[Image.Image, Facts]:
    """RGB: upright, on the background where it was transparent; of a film its first picture.

    Raises Unreadable; nothing is decoded of what is too large by its header.
    """
    if not content:
        raise Unreadable("empty")
    if len(content) > MAX_FILE_BYTES:
        raise Unreadable(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
    _check_pnm(content)
    try:
        # by content and not by name, so only what is meant: some formats start other programs
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise Unreadable(f"{width:,}×{height:,} pixels are too many")
            if budget is not None:
                budget.take(width * height, len(content))
            kind, moving = picture.format or "", getattr(picture, "is_animated", False)
            if shape.draft and kind == "JPEG":
                picture.draft("RGB", (_AHEAD * shape.side, _AHEAD * shape.side))
            # in place, since a copy of what is large is large
            ImageOps.exif_transpose(picture, in_place=True)
            flat, clear = _on(picture, shape.background)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable("too many pixels") from None
    except Unreadable:
        raise
    except Exception:  # whatever a decoder stumbles over, this picture is broken and no other
        raise Unreadable(_what(content)) from None
    return flat, Facts(kind, width, height, clear, moving)


def _check_pnm(content: bytes) -> None:
    """Raises Unreadable if a PNM would take long to read, and is none."""
    if content[:1] != b"P" or content[1:2] not in b"0123456fy" or len(content) < 2:
        return
    if not _PNM.match(content[:_PNM_HEAD]):
        raise Unreadable("a damaged PPM" if content[2:3].isspace() else "no picture")
    if content[1:2] in b"123" and len(content) > MAX_LETTERS:
        raise Unreadable(f"a PPM of letters, larger than {MAX_LETTERS // 2**20} MiB")


def _what(content: bytes) -> str:
    kind = kind_of(content)
    if kind in FORMATS:
        return f"a damaged {kind}"
    if not kind:
        return "no picture"
    return f"{'an' if kind[0] in 'AEIHMNRSX' and kind.isupper() else 'a'} {kind}, no picture"


def _on(picture: Image.Image, colour: str) -> tuple[Image.Image, bool]:
    """RGB on that colour, and whether anything of it was transparent. May be the very same one."""
    if picture.mode.startswith("I;16"):  # Pillow would cut it off at 255
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in {"RGB", "L"} and "transparency" not in picture.info:
        picture.load()
        return picture if picture.mode == "RGB" else picture.convert("RGB"), False
    if picture.mode != "RGBA":
        picture = picture.convert("RGBA")
    clear = picture.getchannel("A").histogram()[255] < picture.width * picture.height
    flat, behind = Image.new("RGB", picture.size), (*background(colour), 255)
    for top in range(0, picture.height, _ROWS):
        part = picture.crop((0, top, picture.width, min(top + _ROWS, picture.height)))
        base = Image.new("RGBA", part.size, behind)
        flat.paste(Image.alpha_composite(base, part).convert("RGB"), (0, top))
    return flat, clear


def read_picture(
    content: bytes, channels: int, *, side: int = 0, longest: int = 0, background: str = "white"
) -> Tensor:
    """One picture, uint8 channels×H×W; grey if ``channels`` is 1.

    Args:
        content: of a picture file.
        side: of the middle square that is cut out and resized; 0 keeps the whole.
        longest: of a whole picture that is larger, its longer side is made this; 0 for any.
        background: behind what is transparent.

    Raises:
        DataError: it is no picture that can be read.
    """
    try:
        whole, _ = upright(content, Shape(background=background))
    except Unreadable:
        raise DataError("this file is no picture that can be read, or far too large") from None
    if side:
        whole = ImageOps.fit(whole, (side, side), Image.Resampling.LANCZOS)
    elif longest:
        whole.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    pixels = np.array(whole.convert("L") if channels == 1 else whole)
    return torch.from_numpy(pixels).view(*pixels.shape[:2], channels).permute(2, 0, 1).contiguous()
