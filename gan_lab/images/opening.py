"""The one function that opens image files, in few formats and within limits.

Pillow chooses a decoder by the content of a file, and some decoders start other programs: an EPS
file is handed to Ghostscript, whatever its name says. So no other module calls ``PIL.Image.open``;
a lint rule forbids it (``banned-api`` in ``pyproject.toml``).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from gan_lab.archives import kind_of
from gan_lab.images.headers import Unreadable, check_headers

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
"""Formats of users' images."""
STORED = ("PNG", "JPEG")
"""Formats in which a run stores its own images."""
MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000  # of one image, before it is resized


def open_image(
    source: bytes | Path,
    *,
    formats: Sequence[str] = STORED,
    most_pixels: int = MAX_PIXELS,
    most_frames: int | None = 1,
    most_bytes: int = MAX_FILE_BYTES,
) -> Image.Image:
    """Open an image file; the pixels are not decoded yet.

    Args:
        source: the content of a file, or its path.
        formats: names of Pillow's decoders that may be used.
        most_pixels: limit of width × height, as the header states them.
        most_frames: limit of the number of frames; with None the frames are not counted, and only
            the first one is meant to be read.
        most_bytes: limit of the file's size.

    Raises:
        Unreadable: the file is in another format, damaged or over a limit.
        OSError: the file cannot be read.
    """
    if isinstance(source, Path):
        size = source.stat().st_size
        content = source.read_bytes() if size <= most_bytes else b""
    else:
        content, size = source, len(source)
    if size > most_bytes:
        raise Unreadable(f"larger than {most_bytes // 2**20} MiB")
    if not content:
        raise Unreadable("empty")
    check_headers(content)
    try:
        image = Image.open(io.BytesIO(content), formats=tuple(formats))
        frames = 1 if most_frames is None else getattr(image, "n_frames", 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable("too many pixels") from None
    except MemoryError:
        raise
    except Exception:  # a decoder may raise anything for a damaged file
        raise damaged(content, formats) from None
    width, height = image.size
    if width * height > most_pixels:
        raise Unreadable(f"{width:,}×{height:,} pixels are too many")
    if most_frames is not None and frames > most_frames:
        raise Unreadable(f"{frames:,} frames are too many")
    return image


def damaged(content: bytes, formats: Sequence[str] = FORMATS) -> Unreadable:
    """The error for a file that cannot be decoded: what it is instead, or that it is damaged."""
    kind = kind_of(content)
    if kind in formats:
        return Unreadable(f"a damaged {kind}")
    if not kind:
        return Unreadable("no picture")
    article = "an" if kind[0] in "AEIHMNRSX" and kind.isupper() else "a"
    return Unreadable(f"{article} {kind}, no picture")
