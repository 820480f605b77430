"""Where own pictures lie: a folder, a zip, or several files."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gan_lab.archives import ArchiveError, Limits, open_archive
from gan_lab.data.pictures import DataError
from gan_lab.images import MAX_FILE_BYTES

ENDINGS = frozenset(".png .jpg .jpeg .bmp .gif .webp .pgm .ppm .pbm .pnm .tif .tiff".split())
MAX_FILES = 200_000
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class File:
    """A file that may be a picture; ``read`` raises OSError or ArchiveError."""

    name: str
    size: int
    read: Callable[[], bytes]

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.name)


@dataclass(frozen=True)
class Source:
    """What is to be read.

    Attributes:
        name: for people.
        files: in the order of their names.
        refused: (name, why) of what is not even tried.
        others: how many files were no pictures by their names.
        digest: of all contents.
    """

    name: str
    files: list[File]
    refused: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    digest: str = ""


@contextlib.contextmanager
def opened(where: Path | Sequence[Path]) -> Iterator[Source]:
    """The files of a folder with its sub-folders, of a zip, or those given.

    Raises DataError.
    """
    if not isinstance(where, Path):
        yield _several("several files", [(path.name, path) for path in where])
    elif where.is_dir():
        paths = sorted(p for p in where.rglob("*") if p.is_file())
        yield _several(str(where), [(p.relative_to(where).as_posix(), p) for p in paths])
    else:
        with _of_zip(where) as source:
            yield source


def _several(name: str, paths: list[tuple[str, Path]]) -> Source:
    print_of, files, refused = hashlib.blake2b(digest_size=16), [], []
    wanted = [(n, path) for n, path in paths if path.suffix.lower() in ENDINGS]
    for shown, path in wanted:
        if any(part in _LITTER for part in path.parts[-3:]):
            continue
        state = path.stat()
        if len(files) >= MAX_FILES:
            refused.append((shown, f"more than {MAX_FILES:,} files"))
        elif state.st_size > MAX_FILE_BYTES:
            refused.append((shown, f"larger than {MAX_FILE_BYTES // 2**20} MiB"))
        else:
            files.append(File(shown, state.st_size, path.read_bytes))
            about = (os.fspath(path), state.st_size, state.st_mtime_ns, state.st_ino)
            print_of.update(repr(about).encode("utf-8", "surrogateescape"))
    return Source(name, files, refused, len(paths) - len(wanted), print_of.hexdigest())


@contextlib.contextmanager
def _of_zip(path: Path) -> Iterator[Source]:
    limits = Limits(entries=MAX_FILES, entry_bytes=MAX_FILE_BYTES)
    try:
        archive = open_archive(path, limits)
    except ArchiveError as error:
        raise DataError(f"{path} is neither a folder nor a zip of pictures: {error}") from None
    with archive:
        entries = [e for e in archive.entries if _LITTER[0] not in e.path.parts]
        wanted = [entry for entry in entries if entry.path.suffix.lower() in ENDINGS]
        files = [File(e.name, e.size, lambda e=e: archive.read(e)) for e in wanted]
        with path.open("rb") as whole:
            digest = hashlib.file_digest(whole, "blake2b").hexdigest()[:32]
        others = len(entries) - len(wanted)
        yield Source(str(path), files, list(archive.refused), others, digest)
