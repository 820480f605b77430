"""Tiles to one mosaic, a mosaic to bytes; a plane to numbers, or to a picture of it."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_lab.colours import REAL, G
from gan_lab.games import Preview, Sheet, Still, View
from gan_lab.runs.messages import Bars, Drawing, Picture

_LOSSLESS_PIXELS = 128 * 1024
_SIDE = 384  # px of a picture of a plane
_DOT = 2  # px, half the side of a point in it


def mosaic(images: Tensor, columns: int = 0) -> NDArray[np.uint8]:
    """uint8 N×C×H×W side by side: H'×W' (grey) or H'×W'×3; 0 columns makes it about square."""
    n, c, h, w = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    canvas = np.zeros((rows * columns, c, h, w), np.uint8)
    canvas[:n] = images.numpy()
    tiled = canvas.reshape(rows, columns, c, h, w).transpose(0, 3, 1, 4, 2)
    flat = tiled.reshape(rows * h, columns * w, c)
    return flat[:, :, 0] if c == 1 else flat


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Lossless, quick to write."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    # no chroma subsampling: tiles of 32 px would bleed into each other
    Image.fromarray(pixels).save(buffer, "JPEG", quality=92, subsampling=0)
    return buffer.getvalue()


def packed(pixels: NDArray[np.uint8]) -> tuple[bytes, str]:
    """PNG while it is small, a good JPEG beyond; and which."""
    small = pixels.size <= _LOSSLESS_PIXELS
    return (png(pixels), "image/png") if small else (_jpeg(pixels), "image/jpeg")


def scatter(fake: Tensor, real: Tensor, reach: float) -> NDArray[np.uint8]:
    """Points (N×2, in units of the plane) on white, S×S×3, fakes before real ones."""
    canvas = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    for points, colour, half in ((real, REAL, 1), (fake, G, _DOT)):
        cells = ((points.double() / reach + 1.0) * (_SIDE / 2)).floor().long()
        for x, y in cells[((cells >= 0) & (cells < _SIDE)).all(1)].tolist():
            top = _SIDE - 1 - y
            spot = canvas[max(0, top - half) : top + half, max(0, x - half) : x + half]
            spot[:] = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
    return canvas


def pixels(view: View) -> NDArray[np.uint8]:
    """What a page shows as one picture."""
    if isinstance(view, Sheet):
        return scatter(view.fake, view.real, view.reach)
    return mosaic(view.images, view.columns)


def encoded(view: View) -> Picture | Drawing:
    """What a page shows, ready to be sent."""
    return _drawing(view) if isinstance(view, Sheet) else picture(view)


def _drawing(sheet: Sheet) -> Drawing:
    parts = sheet.parts()
    return Drawing(
        data=b"".join(x.numpy().astype("<f4").tobytes() for x in parts.values()),
        parts=tuple((name, tuple(x.shape)) for name, x in parts.items()),
        reach=sheet.reach,
        measures=sheet.measures,
        caption=sheet.caption,
    )


def still(one: Still) -> Picture | Bars:
    """What the scene shows and what never changes, ready to be sent."""
    if isinstance(one, Preview):
        return picture(one.cpu())
    rows, columns = one.shape
    return Bars(one.cpu().numpy().astype("<f4").tobytes(), rows, columns)


def picture(preview: Preview) -> Picture:
    """All tiles of a preview as one encoded picture."""
    images, count = preview.images, len(preview.images)
    columns = preview.columns or math.ceil(math.sqrt(count))
    data, mime = packed(mosaic(images, columns))
    return Picture(
        data=data,
        mime=mime,
        columns=columns,
        tile=images.shape[-1],
        count=count,
        heads=preview.heads,
        caption=preview.caption,
    )
