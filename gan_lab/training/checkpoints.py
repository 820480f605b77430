"""State is one thing: written whole or not at all, read without executing anything.

A file is what ``torch.save`` writes, and behind that a mark and a digest of all that stands before
them. PyTorch and every reader of zips pass over both.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import torch

FORMAT = 3
_MARK = b"ganlab:sha256:"
_DIGEST = 32  # bytes
_TAIL = len(_MARK) + _DIGEST
_PART = 1 << 20  # bytes read at once


class CheckpointError(ValueError):
    """A checkpoint that cannot be used, in one line."""


class Newer(CheckpointError):
    """A checkpoint that is whole, but of a version that is not known here yet."""


def _from_2(state: dict[str, Any]) -> dict[str, Any]:
    """The state is the same; format 3 only has a digest behind it."""
    return state


MIGRATIONS: MappingProxyType[int, Callable[[dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {2: _from_2}
)
"""From each older format to the next one."""


class _Digested:
    """A file for ``torch.save`` to write into, which digests what passes.

    PyTorch turns an error of the disk into one of its own that tells nothing: so the first one is
    kept here, and what comes after it goes nowhere.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        if self.error is None:
            try:
                self._file.write(data)
                self.digest.update(data)
            except OSError as error:
                self.error = error
        return size

    def flush(self) -> None:
        """``save`` does it, once and for all."""


def save(state: dict[str, Any], path: Path, *, sync: bool = True) -> None:
    """Write ``state`` so that ``path`` holds it whole or is not touched, even if power fails.

    Args:
        sync: wait until the disk has it; without, it may be lost if power fails.

    Raises OSError.
    """
    # one name for all: what a killed process left half written is written over
    temporary = path.with_name(".checkpoint.writing")
    try:
        with temporary.open("wb") as file:
            digested = _Digested(file)
            torch.save({**state, "format": FORMAT}, digested)  # pyright: ignore[reportArgumentType]
            digested.write(_MARK)
            if digested.error is not None:
                raise digested.error
            file.write(digested.digest.digest())
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # a disk that turned read-only; the first error counts
            temporary.unlink(missing_ok=True)
        raise
    if sync:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; not every system lets a folder be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load(path: Path, *, whole: bool = True) -> dict[str, Any]:
    """The state in a file, in today's format. Tensors, numbers, texts and their containers only; a
    pickle with anything else is refused, and so is a file that is not what was written, be it by
    a single bit.

    Args:
        whole: read all of it now; else a tensor is read from the disk when it is looked at.

    Raises:
        Newer: a later version wrote it.
        CheckpointError: it is damaged, or no checkpoint.
    """
    try:
        digested = _checked(path)
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=not whole)
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} cannot be read as a checkpoint ({reason[:120]})") from None
    return _of_today(state, path, digested=digested)


def load_foreign(path: Path, reader: Callable[[Path, int], Any]) -> dict[str, Any]:
    """The state in a file that may have come from anywhere, which PyTorch does not read.

    Args:
        reader: (file, where its zip ends) -> the state; it also finds what is damaged in a file
            without a digest. What it raises is raised.

    Raises CheckpointError as :func:`load`, OSError.
    """
    with path.open("rb") as file:
        end = _end_before_digest(file)
    digested = end < path.stat().st_size
    return _of_today(reader(path, end), path, digested=digested)


def _checked(path: Path) -> bool:
    """Whether there is a digest; the file is what it says, or without one what its sums say.

    Raises CheckpointError, OSError or zipfile.BadZipFile.
    """
    with path.open("rb") as file:
        if _end_before_digest(file) < file.seek(0, os.SEEK_END):
            return True
        with zipfile.ZipFile(file) as archive:
            if broken := archive.testzip():
                raise CheckpointError(f"it is damaged: {broken} is not what was written")
    return False


def _end_before_digest(file: IO[bytes]) -> int:
    """Where the mark and the digest begin; the end of a file without them.

    Raises CheckpointError if the file is not what its digest says, OSError.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    mark, written = file.read(len(_MARK)), file.read()
    if mark != _MARK:
        return size
    digest, left = hashlib.sha256(), size - _DIGEST
    file.seek(0)
    while left and (part := file.read(min(left, _PART))):
        digest.update(part)
        left -= len(part)
    if digest.digest() != written:
        raise CheckpointError("it is damaged: its digest is another one")
    return size - _TAIL


def _of_today(state: Any, path: Path, *, digested: bool) -> dict[str, Any]:
    form = state.get("format") if isinstance(state, dict) else None
    if not isinstance(form, int):
        raise CheckpointError(f"{path} is not a checkpoint")
    if form > FORMAT:
        raise Newer(
            f"{path} was written by a newer version of GAN Playground (format {form}; this one"
            f" knows formats up to {FORMAT}); update to go on from it"
        )
    if form >= 3 and not digested:
        raise CheckpointError(f"{path} cannot be read as a checkpoint (its digest is missing)")
    while form < FORMAT:
        if form not in MIGRATIONS:
            raise CheckpointError(f"{path} is of format {form}, which is not read any more")
        state = MIGRATIONS[form](state)
        form += 1
    return {**state, "format": FORMAT}
