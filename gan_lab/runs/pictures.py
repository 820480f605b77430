"""Tiles to one mosaic, a mosaic to bytes."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_lab.games import Preview
from gan_lab.runs.messages import Picture

_LOSSLESS_PIXELS = 128 * 1024


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


def picture(preview: Preview) -> Picture:
    """All tiles of a preview as one encoded picture: PNG while it is small, a good JPEG beyond."""
    images, count = preview.images, len(preview.images)
    columns = preview.columns or math.ceil(math.sqrt(count))
    pixels = mosaic(images, columns)
    small = pixels.size <= _LOSSLESS_PIXELS
    return Picture(
        data=png(pixels) if small else _jpeg(pixels),
        mime="image/png" if small else "image/jpeg",
        columns=columns,
        tile=images.shape[-1],
        count=count,
        heads=preview.heads,
        caption=preview.caption,
    )
