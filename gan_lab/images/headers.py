"""Limits that are checked in the bytes of a file, before any decoder sees them.

They are for files whose decoding time is not bounded by their number of pixels: a progressive JPEG
may pass over its image thousands of times, a TIFF may list millions of strips, and Pillow reads the
comments of a PNM byte by byte.
"""

from __future__ import annotations

import re
import struct

MAX_SCANS = 100
"""Scans of a JPEG; encoders write 10 to 20 at most."""
MAX_STRIPS = 100_000
"""Strips or tiles of a TIFF, which are one for each row at most in practice."""
MAX_TEXT = 4 * 2**20
"""Bytes of a PNM whose numbers are written as text; they are read one by one."""

SMALL_PIXELS = 1_000_000
_SMALL_BYTES = 2 * 2**20
_FEW_SCANS = 20
_SEGMENTS = 200  # of a JPEG before its size
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # markers of a JPEG's size

_GAP = rb"(?:\s|#[^\r\n]{0,500}[\r\n])+"
_PNM = re.compile(rb"P\w{1,7}" + _GAP + rb"\d{1,9}" + _GAP + rb"\d{1,9}\s")
_PNM_HEAD = 4096  # bytes
_SOS = b"\xff\xda"
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")  # one that ends entropy-coded data
_ALONE = frozenset([0x01, *range(0xD0, 0xD9)])  # markers without a length
_OFFSETS = (273, 324)  # TIFF tags: StripOffsets, TileOffsets
_DIRECTORIES = 16  # of a TIFF; the first one is decoded


class Unreadable(ValueError):
    """Why a file is not read as an image, in a few words."""


def check_headers(content: bytes) -> None:
    """Raises Unreadable for a file that would take long to decode, whatever its pixels."""
    if content[:2] == b"\xff\xd8":
        if content.count(_SOS) > MAX_SCANS and scans(content) > MAX_SCANS:
            raise Unreadable(f"a JPEG of more than {MAX_SCANS} scans")
    elif content[:4] in (b"II*\0", b"MM\0*"):
        if strips(content) > MAX_STRIPS:
            raise Unreadable(f"a TIFF of more than {MAX_STRIPS:,} strips")
    elif content[:1] == b"P" and content[1:2] and content[1:2] in b"0123456fy":
        _check_pnm(content)


def scans(content: bytes) -> int:
    """Scans of a JPEG, counted up to one more than ``MAX_SCANS``; what looks like one inside a
    segment, such as a thumbnail, does not count."""
    place, found = 2, 0
    while found <= MAX_SCANS:
        marker = _MARKER.search(content, place)
        if marker is None:
            break
        code, place = content[marker.start() + 1], marker.end()
        if code == 0xD9:
            break
        found += code == _SOS[1]
        if code not in _ALONE:
            if len(content) < place + 2:
                break
            place += max(2, struct.unpack_from(">H", content, place)[0])
    return found


def is_small(content: bytes) -> bool:
    """Whether a PNG, JPEG or GIF states so few pixels and scans that decoding it takes little time;
    False for other formats. What it states may be a lie."""
    if len(content) > _SMALL_BYTES:
        return False
    width, height = _stated_size(content)
    if not 0 < width * height <= SMALL_PIXELS:
        return False
    return content[:2] != b"\xff\xd8" or scans(content) <= _FEW_SCANS


def _stated_size(content: bytes) -> tuple[int, int]:
    """Width and height; 0, 0 where they are not found."""
    try:
        if content[:8] == b"\x89PNG\r\n\x1a\n":
            return struct.unpack_from(">II", content, 16)
        if content[:4] == b"GIF8":
            return struct.unpack_from("<HH", content, 6)
        place = 2
        for _ in range(_SEGMENTS):
            if content[:2] != b"\xff\xd8" or content[place] != 0xFF:
                break
            code, (length,) = content[place + 1], struct.unpack_from(">H", content, place + 2)
            if code in _FRAMES:
                height, width = struct.unpack_from(">HH", content, place + 5)
                return width, height
            place += 2 + length
    except (IndexError, struct.error):
        pass
    return 0, 0


def strips(content: bytes) -> int:
    """The largest number of strips or tiles that the directories of a TIFF state."""
    order = "<" if content[:2] == b"II" else ">"
    most, place = 0, content[4:8]
    for _ in range(_DIRECTORIES):
        at = struct.unpack(order + "I", place)[0] if len(place) == 4 else 0
        if not 8 <= at <= len(content) - 2:
            break
        (count,) = struct.unpack_from(order + "H", content, at)
        entries = content[at + 2 : at + 2 + 12 * count]
        for begin in range(0, len(entries) - 11, 12):
            tag, _, length = struct.unpack_from(order + "HHI", entries, begin)
            if tag in _OFFSETS:
                most = max(most, length)
        place = content[at + 2 + 12 * count : at + 6 + 12 * count]
    return most


def _check_pnm(content: bytes) -> None:
    if not _PNM.match(content[:_PNM_HEAD]):
        raise Unreadable("a damaged PPM" if content[2:3].isspace() else "no picture")
    if content[1:2] in b"123" and len(content) > MAX_TEXT:
        raise Unreadable(f"a PPM of letters, larger than {MAX_TEXT // 2**20} MiB")
