"""The zip that ``torch.save`` writes, read by its own rules and no others.

Readers of zips differ in where they look for the directory, which header they believe and what
they skip. A file is read here only if all of them must see the same: records that are stored, one
behind the other from the first byte on, each with a local header that agrees with the directory;
then the directory, then its end, and nothing before, between or behind. Format: PKWARE APPNOTE
6.3.10, as miniz in PyTorch writes it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from gan_lab.archives.zips import ArchiveError

_LARGE = 0xFFFFFFFF  # in a field of 32 bits: the number is in another field, of 64 bits
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR = struct.Struct("<4s3L")
_BEHIND = 8  # flag: the sizes stand behind the data, and not in the local header
_UTF8 = 0x800
_MOST = 100_000  # records
_DIRECTORY = 32 << 20  # bytes
_PART = 1 << 20  # bytes read at once
_PADDING = 1 << 12  # bytes of a local header's extra field, which aligns the data
_NAME = re.compile(
    rb"([^/\\\0]{1,255})/"
    rb"(data\.pkl|byteorder|version|\.format_version|\.storage_alignment|\.data/serialization_id"
    rb"|data/[0-9]{1,9})"
)


class Record(NamedTuple):
    """One file of the zip.

    Attributes:
        offset: of its first byte in the zip.
        size: bytes.
        crc: CRC-32 of them.
    """

    offset: int
    size: int
    crc: int


def records_of(path: Path, end: int | None = None) -> dict[str, Record]:
    """What is in such a zip, by name without the folder that ``torch.save`` puts before it.

    Args:
        end: where the zip ends, bytes; the end of the file by default. What follows must not look
            like the end of another zip.

    Raises ArchiveError, OSError.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        end = size if end is None else end
        if b"PK\5\6" in _at(file, end, size - end):
            raise _odd("a second directory")
        begin, directory, count = _directory(file, end)
        found, place = dict[str, Record](), 0
        folder = b""
        for name, crc, stored, offset in _entries(directory, count):
            told = _NAME.fullmatch(name)
            if told is None or (folder and told[1] != folder):
                raise _odd("a file that no checkpoint has")
            folder, short = told[1], told[2].decode()
            if offset != place or short in found:
                raise _odd("bytes that no record owns, or two that own the same")
            data = _local(file, offset, name, crc, stored)
            found[short], place = Record(data, stored, crc), data + stored
            if stored:
                place = _descriptor(file, place, crc, stored)
        if place != begin:
            raise _odd("bytes that no record owns, or two that own the same")
        return found


def chunks(file: BinaryIO, record: Record) -> Iterator[bytes]:
    """The bytes of a record in parts; raises ArchiveError behind the last one if their sum is
    wrong."""
    crc, left = 0, record.size
    file.seek(record.offset)
    while left:
        part = file.read(min(left, _PART))
        if not part:
            raise ArchiveError("it is cut off")
        crc, left = zlib.crc32(part, crc), left - len(part)
        yield part
    if crc != record.crc:
        raise ArchiveError("a part of it is damaged")


def _directory(file: BinaryIO, end: int) -> tuple[int, bytes, int]:
    """Where the directory begins, its bytes, and how many entries it has."""
    if end < _END.size:
        raise ArchiveError("it is no zip, or its end is missing")
    mark, disk, first, here, count, size, begin, comment = _END.unpack(
        _at(file, end - _END.size, _END.size)
    )
    if mark != b"PK\5\6":
        raise ArchiveError("it is no zip, or its end is missing")
    if begin == _LARGE:
        raise _too_large()
    if disk or first or here != count or comment or count > _MOST or size > _DIRECTORY:
        raise _odd("a strange end")
    close = end - _END.size
    if close >= _LOCATOR64.size + _END64.size:
        locator = _at(file, close - _LOCATOR64.size, _LOCATOR64.size)
        if locator[:4] == b"PK\6\7":
            close -= _LOCATOR64.size + _END64.size
            _check_64(file, close, locator, (here, count, size, begin))
    if begin + size != close:
        raise _odd("bytes around its directory")
    return begin, _at(file, begin, size), count


def _check_64(file: BinaryIO, place: int, locator: bytes, told: tuple[int, ...]) -> None:
    """The large form of the end stands right before the small one and says the same."""
    mark, length, _, _, disk, first, *numbers = _END64.unpack(_at(file, place, _END64.size))
    same = mark == b"PK\6\6" and length == _END64.size - 12 and tuple(numbers) == told
    if not same or disk or first or _LOCATOR64.unpack(locator)[1:] != (0, place, 1):
        raise _odd("two ends that disagree")


def _entries(directory: bytes, count: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, CRC-32, size and offset of each entry."""
    place = 0
    for _ in range(count):
        if len(directory) - place < _CENTRAL.size:
            raise ArchiveError("its directory is damaged")
        (mark, _, _, flags, method, _, _, crc, packed, size, named, extra, comment, disk, _, _,
         offset) = _CENTRAL.unpack_from(directory, place)  # fmt: skip
        if mark != b"PK\1\2":
            raise ArchiveError("its directory is damaged")
        if method or packed != size:
            raise ArchiveError("its parts are packed")
        if _LARGE in (size, offset):
            raise _too_large()
        if extra or comment or disk or not _usual(flags, size):
            raise _odd("a strange directory")
        place += _CENTRAL.size
        yield directory[place : place + named], crc, size, offset
        place += named
    if place != len(directory):
        raise _odd("a strange directory")


def _local(file: BinaryIO, offset: int, name: bytes, crc: int, size: int) -> int:
    """Where the data begins behind a local header that agrees with the directory."""
    head = _at(file, offset, _LOCAL.size)
    if len(head) < _LOCAL.size:
        raise ArchiveError("it is cut off")
    mark, _, flags, method, _, _, own_crc, packed, own_size, named, extra = _LOCAL.unpack(head)
    agrees = mark == b"PK\3\4" and _usual(flags, size) and not method
    agrees = agrees and (own_crc, packed, own_size) in {(0, 0, 0), (crc, size, size)}
    begin = offset + _LOCAL.size
    padding = _at(file, begin + named, extra) if extra <= _PADDING else b""
    if not agrees or _at(file, begin, named) != name or not _pads(padding, extra):
        raise _odd("a file that its directory describes in another way")
    return begin + named + extra


def _usual(flags: int, size: int) -> bool:
    """Whether the flags are those of PyTorch, which writes no sizes behind an empty record."""
    return flags & ~_UTF8 == (_BEHIND if size else 0)


def _pads(extra: bytes, length: int) -> bool:
    """Whether an extra field is one block of padding, or empty."""
    if not length:
        return True
    return len(extra) == length >= 4 and extra[:4] == b"FB" + struct.pack("<H", length - 4)


def _descriptor(file: BinaryIO, place: int, crc: int, size: int) -> int:
    """The end of the sizes behind the data, which agree with the directory."""
    due = _DESCRIPTOR.pack(b"PK\7\10", crc, size, size)
    if _at(file, place, len(due)) != due:
        raise _odd("a file that its directory describes in another way")
    return place + len(due)


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def _too_large() -> ArchiveError:
    return ArchiveError(
        "it is a checkpoint of more than 4 GiB, and those cannot be imported; copy the folder of"
        " its run into the folder of runs instead"
    )


def _odd(what: str) -> ArchiveError:
    return ArchiveError(f"its zip has {what}, as PyTorch writes none")
