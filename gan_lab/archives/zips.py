"""Zips from anywhere, read without trusting them.

The directory at the end of a zip is read here and not by ``zipfile``, which takes all of it into
memory before anybody may object, gives up on a whole zip for one name in a wrong encoding, and
unpacks whatever method it knows. What is safe becomes an entry, what is not is refused with a
reason, and nothing is written anywhere but below a given folder. Format: PKWARE APPNOTE 6.3.10.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from gan_lab.archives.names import NameRefused, safe_name

STORED, DEFLATED = 0, 8
"""The methods that are read: any other may unpack gigabytes out of one small piece."""

_CHUNK = 1 << 18  # bytes unpacked at a time
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_LOCKED = 0x1 | 0x40 | 0x2000  # flags of encryption, of an entry or of the directory
_UTF8 = 0x800
_NESTED = frozenset(".zip .tar .gz .tgz .bz2 .xz .7z .rar .zst .cab .iso .jar".split())


class ArchiveError(ValueError):
    """A zip, or an entry of one, that is not read, in one sentence that says why."""


@dataclass(frozen=True)
class Limits:
    """What a zip may be; sizes in bytes.

    Attributes:
        entries: files and folders in its directory.
        entry_bytes: of one file, unpacked.
        total_bytes: of all files together, unpacked.
        ratio: how many times larger than in the zip a file may become, once it is larger than
            ``ratio_from``: pictures are packed already, and a bomb is a thousand times larger.
        directory_bytes: of the directory, which is held in memory.
    """

    entries: int = 200_000
    entry_bytes: int = 64 * 2**20
    total_bytes: int = 16 * 2**30
    ratio: float = 200.0
    ratio_from: int = 4 * 2**20
    directory_bytes: int = 64 * 2**20


@dataclass(frozen=True)
class Entry:
    """A file in a zip.

    Attributes:
        name: relative, with ``/``, without ``..``: safe to be put below a folder.
        size: bytes once unpacked, as the zip says; reading never gives more.
        packed: bytes in the zip.
    """

    name: str
    size: int
    packed: int
    method: int
    crc: int
    offset: int
    raw_name: bytes

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.name)


class _Source:
    """Bytes at a place of a file; several threads may ask at once."""

    def __init__(self, source: str | os.PathLike[str] | BinaryIO) -> None:
        self._own = isinstance(source, str | os.PathLike)
        if self._own:
            mode = os.stat(source).st_mode  # type: ignore[arg-type]  # noqa: PTH116
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe would be waited for
                raise OSError(errno.EINVAL, "it is no ordinary file")
        self._file: BinaryIO = Path(source).open("rb") if self._own else source  # type: ignore[arg-type]  # noqa: SIM115
        self._lock = threading.Lock()
        self.size = self._file.seek(0, io.SEEK_END)

    def at(self, place: int, count: int) -> bytes:
        with self._lock:
            self._file.seek(place)
            return self._file.read(count)

    def close(self) -> None:
        if self._own:
            self._file.close()


class Archive:
    """An open zip; see :func:`open_archive`.

    Attributes:
        entries: files that may be read, in the order of their names.
        refused: (name, why) of those that may not, in the order of the zip.
        limits: as it was opened with.
    """

    def __init__(self, source: _Source, limits: Limits) -> None:
        self._source = source
        self.limits = limits
        self.refused: list[tuple[str, str]] = []
        start, directory = _directory(source, limits)
        self.entries = self._checked(list(_listed(directory, start, self.refused)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The file is given back; one that was handed in open stays open."""
        self._source.close()

    @property
    def total(self) -> int:
        """Bytes of all entries, unpacked."""
        return sum(entry.size for entry in self.entries)

    def read(self, entry: Entry) -> bytes:
        """All of a file; raises ArchiveError if it is damaged or not what the zip says."""
        return b"".join(self.chunks(entry))

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """A file in pieces of bounded size, as they are unpacked.

        No more than ``entry.size`` bytes ever come, whatever is in the zip. That they are right is
        known with the last piece.

        Raises:
            ArchiveError: damaged, or larger or smaller than the zip says.
        """
        crc, done = 0, 0
        for piece in self._unpacked(entry):
            done += len(piece)
            if done > entry.size:
                raise ArchiveError(
                    f"{entry.name} is larger than the {entry.size:,} bytes that the zip tells"
                )
            crc = zlib.crc32(piece, crc)
            yield piece
        if done != entry.size or crc != entry.crc:
            raise _damaged(entry)

    def _unpacked(self, entry: Entry) -> Iterator[bytes]:
        """What is really there, in pieces that are not empty."""
        wrong = _damaged(entry)
        header = self._source.at(entry.offset, _LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
            raise wrong
        named, extra = _LOCAL.unpack(header)[-2:]
        place, left = entry.offset + _LOCAL.size + named + extra, entry.packed
        inflate = zlib.decompressobj(-15) if entry.method == DEFLATED else None
        while left:
            packed = self._source.at(place, min(left, _CHUNK))
            if not packed or (inflate is not None and inflate.eof):
                raise wrong  # the file ends here, or what was packed did
            place, left = place + len(packed), left - len(packed)
            if inflate is None:
                yield packed
                continue
            try:
                while packed:
                    if piece := inflate.decompress(packed, _CHUNK):
                        yield piece
                    packed = inflate.unconsumed_tail
            except zlib.error:
                raise wrong from None
        while inflate is not None and (piece := _rest(inflate, wrong)):
            yield piece
        if inflate is not None and not inflate.eof:
            raise wrong

    def extract(self, folder: Path, wanted: Iterable[Entry] | None = None) -> list[Path]:
        """Write entries (all by default) below ``folder``, and return where they are.

        Nothing that is there already is overwritten, and no link is followed out of the folder.
        A file that cannot be written whole is taken away again.

        Raises:
            ArchiveError: too little room, a damaged entry, or a place that is taken.
        """
        chosen = list(self.entries if wanted is None else wanted)
        folder.mkdir(parents=True, exist_ok=True)
        root = folder.resolve()
        due, free = sum(entry.size for entry in chosen), shutil.disk_usage(root).free
        if due > free:
            raise ArchiveError(f"it needs {due:,} bytes of disk and {free:,} are free")
        return [self._write(entry, root) for entry in chosen]

    def _write(self, entry: Entry, root: Path) -> Path:
        target = root.joinpath(*entry.path.parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.parent.resolve().is_relative_to(root):
                raise ArchiveError(f"{entry.name} would be written outside its folder")
            file = target.open("xb")  # never through a link, never over a file
        except OSError as error:
            why = error.strerror or "no such place"
            raise ArchiveError(f"{entry.name} cannot be written: {why.lower()}") from None
        try:
            with file:
                for piece in self.chunks(entry):
                    file.write(piece)
        except BaseException as error:
            target.unlink(missing_ok=True)
            if isinstance(error, OSError):
                why = (error.strerror or "the disk failed").lower()
                raise ArchiveError(f"{entry.name} cannot be written: {why}") from None
            raise
        return target

    def _checked(self, found: list[Entry]) -> tuple[Entry, ...]:
        """Those that are within the limits, alone under their names, and apart in the file."""
        limits, kept = self.limits, dict[str, Entry]()
        for entry in found:
            if entry.size > limits.entry_bytes:
                why = f"larger than {limits.entry_bytes:,} bytes"
            elif entry.size > max(limits.ratio_from, limits.ratio * entry.packed):
                why = f"it would grow to more than {limits.ratio:g} times its size, as bombs do"
            elif entry.name in kept:
                why = "a second file of this name"
            else:
                kept[entry.name] = entry
                continue
            self.refused.append((entry.name, why))
        for name in list(_below_files(kept)):
            self.refused.append((name, "a file has the name of its folder"))
            del kept[name]
        total = sum(entry.size for entry in kept.values())
        if total > limits.total_bytes:
            raise ArchiveError(
                f"the zip would unpack to {total:,} bytes; {limits.total_bytes:,} are the most"
            )
        _apart(kept.values(), self._source.size)
        return tuple(kept[name] for name in sorted(kept))


def open_archive(
    source: str | os.PathLike[str] | BinaryIO, limits: Limits | None = None
) -> Archive:
    """A zip, with its directory read and judged; no file of it is unpacked yet.

    Args:
        source: where it lies, or an open file that can seek.
        limits: what is accepted.

    Raises:
        ArchiveError: no zip, damaged, or over the limits as a whole.
    """
    try:
        opened = _Source(source)
    except OSError as error:
        raise ArchiveError(f"it cannot be opened: {(error.strerror or 'failed').lower()}") from None
    try:
        return Archive(opened, limits or Limits())
    except BaseException:
        opened.close()
        raise


def _below_files(names: Iterable[str]) -> Iterator[str]:
    """Those of some names that lie below another one of them; in time that grows as the names do,
    however deep they lie."""
    file = ""
    for path in sorted(f"{name}/" for name in names):  # what lies below a file comes next to it
        if file and path.startswith(file):
            yield path[:-1]
        else:
            file = path


def _damaged(entry: Entry) -> ArchiveError:
    return ArchiveError(f"{entry.name} is damaged")


def _rest(inflate: zlib._Decompress, wrong: ArchiveError) -> bytes:
    """A piece of what is unpacked but not handed out yet."""
    try:
        return b"" if inflate.eof else inflate.decompress(b"", _CHUNK)
    except zlib.error:
        raise wrong from None


def _directory(source: _Source, limits: Limits) -> tuple[int, bytes]:
    """By how many bytes the zip begins late in its file, and its directory.

    Only as much is read as the limits allow, and no more headers are in it than they allow,
    whatever the record at the end tells.
    """
    tail_at = max(0, source.size - _END.size - 0xFFFF)
    tail = source.at(tail_at, source.size - tail_at)
    found = tail.rfind(b"PK\5\6")
    if found < 0 or len(tail) - found < _END.size:
        raise ArchiveError("it is no zip, or its end is missing")
    _, disk, first_disk, _, count, size, offset, _ = _END.unpack_from(tail, found)
    end = tail_at + found
    if disk or first_disk:
        raise ArchiveError("it is one part of a zip in several; join them first")
    locator = source.at(end - _LOCATOR64.size, _LOCATOR64.size) if end >= _LOCATOR64.size else b""
    if locator[:4] == b"PK\6\7":
        place = _LOCATOR64.unpack(locator)[2]
        record = source.at(place, _END64.size) if place < end else b""
        if len(record) < _END64.size or record[:4] != b"PK\6\6":
            raise ArchiveError("its end is damaged")
        *_, count, size, offset = _END64.unpack(record)
        end = place
    if count > limits.entries:
        raise ArchiveError(f"it has {count:,} entries; {limits.entries:,} are the most")
    if size > limits.directory_bytes:
        raise ArchiveError(
            f"its directory has {size:,} bytes; {limits.directory_bytes:,} are the most"
        )
    begin = end - size
    if begin < 0 or offset > begin:
        raise ArchiveError("its directory is damaged")
    directory = source.at(begin, size)
    headers = sum(1 for _ in zip(_headers(directory), range(limits.entries + 1), strict=False))
    if headers > limits.entries:
        raise ArchiveError(f"it has more than {limits.entries:,} entries")
    return begin - offset, directory


def _headers(directory: bytes) -> Iterator[int]:
    """Where each header of the directory begins; raises ArchiveError at what is none."""
    place = 0
    while place < len(directory):
        if len(directory) - place < _CENTRAL.size or directory[place : place + 4] != b"PK\1\2":
            raise ArchiveError("its directory is damaged")
        yield place
        lengths = struct.unpack_from("<3H", directory, place + 28)
        place += _CENTRAL.size + sum(lengths)


def _listed(directory: bytes, late: int, refused: list[tuple[str, str]]) -> Iterator[Entry]:
    """The files of a directory; those that are not safe by their header go to ``refused``."""
    for place in _headers(directory):
        fields = _CENTRAL.unpack_from(directory, place)
        flags, method, crc, packed, size = fields[5], fields[6], *fields[9:12]
        named, extra, attributes, offset = fields[12], fields[13], fields[17], fields[18]
        begin = place + _CENTRAL.size
        raw = directory[begin : begin + named]
        large = _zip64(directory[begin + named : begin + named + extra], (size, packed, offset))
        try:
            name = safe_name(raw, utf8=bool(flags & _UTF8))
        except NameRefused as error:
            refused.append((error.shown, str(error)))
            continue
        kind = stat.S_IFMT(attributes >> 16)
        if raw.endswith((b"/", b"\\")) or kind == stat.S_IFDIR or not name:
            continue
        size, packed, offset = large
        why = _unsafe(name, flags, method, kind)
        if not why and method == STORED and size != packed:
            why = "its sizes are at odds"
        if why:
            refused.append((name, why))
        else:
            yield Entry(name, size, packed, method, crc, offset + late, raw)


def _unsafe(name: str, flags: int, method: int, kind: int) -> str:
    if kind == stat.S_IFLNK:
        return "a link, which might lead anywhere"
    if kind not in {0, stat.S_IFREG}:
        return "no ordinary file"
    if flags & _LOCKED:
        return "locked by a password"
    if PurePosixPath(name).suffix.lower() in _NESTED:
        return "an archive within the archive, which is not opened"
    if method not in {STORED, DEFLATED}:
        return "packed by a method that is not read here; pack it as a plain zip"
    return ""


def _zip64(extra: bytes, told: tuple[int, int, int]) -> tuple[int, int, int]:
    """Size, packed size and offset, out of the extra field where the header has no room."""
    wanted = [k for k, value in enumerate(told) if value == 0xFFFFFFFF]
    found, place = list(told), 0
    while wanted and place + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, place)
        if tag == 1:
            content = extra[place + 4 : place + 4 + length]
            for k, where in zip(wanted, range(0, len(content) - 7, 8), strict=False):
                (found[k],) = struct.unpack_from("<Q", content, where)
            break
        place += 4 + length
    return found[0], found[1], found[2]


def _apart(entries: Iterable[Entry], size: int) -> None:
    """Raises ArchiveError if entries share bytes of the file, as those of bombs do."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset < end:
            raise ArchiveError("entries of it lie over each other, as those of bombs do")
        end = entry.offset + _LOCAL.size + len(entry.raw_name) + entry.packed
        if end > size:
            raise ArchiveError("it is cut off, or damaged")
