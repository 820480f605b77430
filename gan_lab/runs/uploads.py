"""Own pictures that visitors have sent: kept as zips, each found by the one who sent it alone.

A run that is trained on them shows them to whoever may look at that run.

They lie below the data root in ``own/VISITOR/TITLE-TAIL.zip``, where VISITOR is a hash of the
visitor's cookie, so a run finds them again after the server was started anew, and nobody finds
those of others. Where nothing may be written below the data root, they lie below the runs root.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, BinaryIO

from gan_lab.archives import ArchiveError, NameRefused, open_archive, safe_name, shown
from gan_lab.data import DataError, data_root, is_named
from gan_lab.runs.directory import runs_root
from gan_lab.runs.disk import refuse_full

BOUND = 4000  # MB of all visitors together, unless GANLAB_OWN_MEGABYTES says otherwise
SETS = 20  # of one visitor
_SHARE = 4  # one visitor takes at most a quarter of the whole
_MB = 1_000_000
_STALE = 3600.0  # s after which nobody writes a file any more
_NAME = re.compile(r"[a-z0-9-]{1,40}-[0-9a-f]{8}\.zip")


class Uploads:
    """What one visitor has sent; a visitor of no name has nothing and may keep nothing."""

    def __init__(self, visitor: str) -> None:
        digest = hashlib.blake2b(visitor.encode(), digest_size=16, person=b"ganlab own").hexdigest()
        self._folders = [root / digest for root in roots()] if visitor else []

    def paths(self) -> list[Path]:
        """Absolute, the newest first."""
        found = [
            path
            for folder in self._folders
            for path in folder.glob("*.zip")
            if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink()
        ]
        return sorted(found, key=lambda path: _told(path)[1], reverse=True)

    def find(self, name: str) -> Path | None:
        """That of this file name; None if this visitor has none of it."""
        return next((path for path in self.paths() if path.name == name), None)

    def keep(self, files: Sequence[tuple[str, BinaryIO]]) -> Path:
        """Keep a zip as it is, or some pictures as a zip.

        Args:
            files: name and content of each, as a browser told them.

        Raises:
            DataError: no zip that can be read, too much, or nowhere to write.
        """
        if not files or not self._folders:
            raise DataError("nothing came; choose a zip or some pictures")
        sizes = [file.seek(0, io.SEEK_END) for _, file in files]
        self._refuse_too_much(sum(sizes))
        name, first = files[0]
        whole = len(files) == 1 and _is_zip(first)
        if whole:
            try:
                open_archive(first).close()
            except ArchiveError as error:
                raise DataError(f"{shown(name)} cannot be read: {error}") from None
        elif len(files) == 1 and name.lower().endswith(".zip"):
            raise DataError(f"{shown(name)} is called a zip and is none")
        title = name if whole else name.replace("\\", "/").partition("/")[0]
        if not whole and "/" not in name.replace("\\", "/"):
            title = "pictures"
        return self._written(_slug(title), files, whole=whole)

    def delete(self, name: str) -> None:
        """Take it off the disk. Raises DataError if it cannot be."""
        path = self.find(name)
        if path is None:
            return
        try:
            path.unlink()
        except OSError as error:
            raise DataError(f"it cannot be deleted ({error.strerror or error})") from None
        with contextlib.suppress(OSError):  # others are in it
            path.parent.rmdir()

    def _refuse_too_much(self, due: int) -> None:
        bound = bound_megabytes() * _MB
        mine = [_told(path)[0] for path in self.paths()]
        if len(mine) >= SETS:
            raise DataError(f"you have {SETS} sets here, which is the most; delete one first")
        if sum(mine) + due > bound / _SHARE:
            raise DataError(
                f"your pictures would take {(sum(mine) + due) / _MB:,.0f} MB, and"
                f" {bound / _SHARE / _MB:,.0f} MB are the most; delete a set or send less"
            )
        every = sum(_told(path)[0] for root in roots() for path in root.glob("*/*.zip"))
        if every + due > bound:
            raise DataError("this server has no more room for own pictures; delete a set of yours")

    def _written(self, slug: str, files: Sequence[tuple[str, BinaryIO]], *, whole: bool) -> Path:
        why, due = "no place", sum(file.seek(0, io.SEEK_END) for _, file in files)
        for folder in self._folders:
            path = folder / f"{slug}-{secrets.token_hex(4)}.zip"
            temporary = path.with_suffix(".writing")
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                _sweep(folder)
                refuse_full(folder, due)
                with temporary.open("xb") as target:
                    if whole:
                        _copy(files[0][1], target)
                    else:
                        _pack(files, target)
                os.replace(temporary, path)
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                with contextlib.suppress(OSError):
                    temporary.unlink()
            else:
                return path
        raise DataError(f"they cannot be kept on this server ({why})")


def _told(path: Path) -> tuple[int, float]:
    """Bytes of a file and when it was written; nothing of one that was deleted just now."""
    try:
        told = path.stat()
    except OSError:
        return 0, 0.0
    return told.st_size, told.st_mtime


def _sweep(folder: Path) -> None:
    """What a killed server left half written goes."""
    for path in folder.glob("*.writing"):
        if time.time() - _told(path)[1] > _STALE:
            with contextlib.suppress(OSError):
                path.unlink()


def sweep() -> None:
    """What killed servers left half written goes, of all visitors."""
    for root in roots():
        for folder in root.glob("*"):
            _sweep(folder)


def roots() -> tuple[Path, ...]:
    """Where own pictures may lie; written to the first one that lets itself be written."""
    return (data_root() / "own").resolve(), (runs_root() / ".own").resolve()


def bound_megabytes() -> float:
    """MB that the own pictures of all visitors may take together."""
    try:
        return max(0.0, float(os.environ.get("GANLAB_OWN_MEGABYTES", "")))
    except ValueError:
        return BOUND


def folders_allowed() -> bool:
    """Whether a visitor may name a folder of the server."""
    return os.environ.get("GANLAB_FOLDERS") == "1"


def folder_of(text: str) -> Path:
    """A folder of the server that a visitor named.

    Raises DataError if that is not allowed, which says nothing about the folder; if there is none;
    and if others' own pictures or runs lie in it.
    """
    if not folders_allowed():
        raise DataError("this server lets nobody name its folders")
    path = Path(text.strip()).expanduser()
    try:
        there = path.is_dir()
        path = path.resolve()
    except (OSError, ValueError, RuntimeError):
        there = False
    if not there:
        raise DataError("there is no such folder on the server")
    if _foreign(path):
        raise DataError("this folder holds what other people have sent or made; choose another one")
    return path


def in_reach(name: str, *, trusted: bool = False) -> bool:
    """Whether a run that visitors made (or brought) may read what ``data.name`` names: no more than
    they could ever have trained on here. It does not say whose that is.

    Args:
        trusted: as in :func:`refuse_foreign`.
    """
    if is_named(name) or trusted or folders_allowed():
        return True
    path = Path(os.path.abspath(name))  # noqa: PTH100 - without a look at the disk
    return any(path.is_relative_to(root) for root in roots())


def refuse_foreign(name: str, visitor: str, *, trusted: bool = False) -> None:
    """Raises DataError if a visitor may not begin a run with ``data.name`` = ``name``.

    Whether there is anything under that name is not looked at before.

    Args:
        trusted: of a folder or zip that nobody has sent, that it may be used all the same.
    """
    if is_named(name):
        return
    path = Path(os.path.abspath(name))  # noqa: PTH100 - without a look at the disk
    if path in Uploads(visitor).paths():
        return
    if not _foreign(path, trusted=trusted) and (trusted or folders_allowed()):
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            path = path.resolve()  # a link may lead there
        if not _foreign(path, trusted=trusted):
            return
    raise DataError(
        "these pictures are not yours on this server; bring them in on the page Data, or choose"
        " others"
    )


def _foreign(path: Path, *, trusted: bool = False) -> bool:
    """Whether others' own pictures lie there, or (but for whom all runs are) their runs."""
    closed = roots() if trusted else (*roots(), runs_root().resolve())
    return any(_overlap(path, root) for root in closed)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _slug(title: str) -> str:
    stem = title.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    stem = stem[: -len(".zip")] if stem.lower().endswith(".zip") else stem
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-") or "pictures"


def _is_zip(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(4) in (b"PK\3\4", b"PK\5\6")


def _copy(source: BinaryIO, target: IO[bytes]) -> None:
    source.seek(0)
    while piece := source.read(1 << 20):
        target.write(piece)


def _pack(files: Sequence[tuple[str, BinaryIO]], target: BinaryIO) -> None:
    """As a zip that is not packed any further, under names that are safe and each there once."""
    taken = set[str]()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, file) in enumerate(files):
            try:
                safe = safe_name(name.encode("utf-8", "replace"), utf8=True)
            except NameRefused:
                safe = ""
            if not safe or safe in taken:
                safe = f"{number:06}-{Path(safe).name}" if safe else f"{number:06}.png"
            taken.add(safe)
            with archive.open(safe, "w") as place:
                _copy(file, place)
