"""Small valid image files of every format, and files that take long to decode, written by hand."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from gan_lab.images import open_image

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))  # fmt: skip


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int = 40, height: int = 24, seed: int = 0) -> Image.Image:
    """Blocks of random colours, so that files have both structure and detail."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (6, 10, 3), np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


# -- PNG -------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, *, depth: int = 8, kind: int = 2, interlaced: bool = False,
    level: int = 9,
) -> bytes:  # fmt: skip
    """All pixels 0: black, or with ``kind`` = 6 transparent."""
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    parts = [(width, height)]
    if interlaced:
        parts = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _ADAM7]
    packer = zlib.compressobj(level)
    data = b"".join(
        packer.compress(bytes(1 + -(-across * bits // 8)) * down)
        for across, down in parts
        if across > 0 and down > 0
    )
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    more = chunk(b"PLTE", bytes(range(48))) if kind == 3 else b""
    body = chunk(b"IDAT", data + packer.flush())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + body + chunk(b"IEND", b"")


# -- JPEG ------------------------------------------------------------------------------------------


def with_scans(image: Image.Image, count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated until there are ``count`` of them."""
    whole = encoded(image, "JPEG", progressive=True, quality=50)
    starts = [at for at in range(len(whole) - 1) if whole[at : at + 2] == b"\xff\xda"]
    end = whole.rindex(b"\xff\xd9")
    last = whole[starts[-1] : end]
    return whole[:end] + last * (count - len(starts)) + whole[end:]


# -- TIFF ------------------------------------------------------------------------------------------


def tiff(
    width: int, height: int, parts: Sequence[bytes], *, compression: int = 1, rows: int = 0,
    tile: int = 0, same: int = 0,
) -> bytes:  # fmt: skip
    """A grey TIFF of strips of ``rows`` rows, or of square tiles.

    Args:
        parts: content of the strips or tiles.
        same: if given, so many strips all of which are the first of ``parts``.
    """
    data = b"".join(parts)
    sizes = [len(part) for part in parts]
    offsets = [8 + sum(sizes[:k]) for k in range(len(parts))]
    if same:
        offsets, sizes = offsets[:1] * same, sizes[:1] * same
    at = 8 + len(data)
    lists = struct.pack(f"<{len(offsets)}I", *offsets) + struct.pack(f"<{len(sizes)}I", *sizes)
    count = len(offsets)
    where = (offsets[0], sizes[0]) if count == 1 else (at, at + 4 * count)
    layout = (
        [(322, 4, 1, tile), (323, 4, 1, tile), (324, 4, count, where[0]), (325, 4, count, where[1])]
        if tile
        else [(278, 4, 1, rows or height)]
    )
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression),
        (262, 3, 1, 1), (277, 3, 1, 1), *layout,
    ]  # fmt: skip
    if not tile:
        entries += [(273, 4, count, where[0]), (279, 4, count, where[1])]
    packed = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    head = b"II*\0" + struct.pack("<I", at + len(lists))
    return head + data + lists + struct.pack("<H", len(entries)) + packed + bytes(4)


def strip_of(row: Image.Image, compression: str) -> bytes:
    """The only strip of an image, as Pillow packs it."""
    whole = encoded(row, "TIFF", compression=compression)
    with open_image(whole, formats=("TIFF",)) as image:
        tags = image.tag_v2  # type: ignore[attr-defined]
        begin, size = tags[273][0], tags[279][0]
    return whole[begin : begin + size]


# -- seeds -----------------------------------------------------------------------------------------


def seeds() -> dict[str, list[bytes]]:
    """Small valid files, by format."""
    image, grey = noise(), noise().convert("L")
    clear = image.convert("RGBA")
    clear.putalpha(grey)
    film = [noise(seed=seed) for seed in range(4)]
    frames = {"save_all": True, "append_images": film[1:], "duration": 50}
    deep = Image.fromarray(np.asarray(grey, np.uint16) * 257)
    strip = strip_of(grey.crop((0, 0, 40, 1)), "tiff_lzw")
    return {
        "PNG": [
            encoded(image, "PNG"), encoded(clear, "PNG"), encoded(deep, "PNG"),
            encoded(image.quantize(16), "PNG"), encoded(grey.convert("1"), "PNG"),
            encoded(film[0], "PNG", **frames), png(40, 24, interlaced=True),
            png(40, 24, depth=16, kind=6, interlaced=True), png(40, 24, depth=4, kind=3),
        ],
        "JPEG": [
            encoded(image, "JPEG"), encoded(grey, "JPEG"), encoded(image.convert("CMYK"), "JPEG"),
            encoded(image, "JPEG", progressive=True), with_scans(image, 40),
            encoded(image, "JPEG", restart_marker_blocks=2, subsampling=0),
        ],
        "GIF": [encoded(image, "GIF"), encoded(film[0], "GIF", **frames),
                encoded(film[0], "GIF", **frames, disposal=2, interlace=1)],
        "BMP": [encoded(image, "BMP"), encoded(grey, "BMP"), encoded(grey.convert("1"), "BMP"),
                encoded(image.quantize(16), "BMP")],
        "WEBP": [encoded(image, "WEBP"), encoded(clear, "WEBP", lossless=True),
                 encoded(film[0], "WEBP", **frames)],
        "PPM": [encoded(image, "PPM"), encoded(grey, "PPM"), encoded(grey.convert("1"), "PPM"),
                b"P3 4 2 255\n" + b"10 200 30 " * 8, b"P2\n# words\n4 2 255\n" + b"7 " * 8],
        "TIFF": [
            *(encoded(image, "TIFF", compression=name)
              for name in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")),
            encoded(grey.convert("1"), "TIFF", compression="group4"), encoded(deep, "TIFF"),
            encoded(film[0], "TIFF", **frames),
            tiff(40, 24, [strip], compression=5, rows=1, same=24),
            tiff(40, 24, [bytes(range(256))] * 6, tile=16),
        ],
    }  # fmt: skip
