"""State is one thing: written whole or not at all, read without executing anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

FORMAT = 2


class CheckpointError(ValueError):
    """A checkpoint that cannot be used, in one line."""


def save(state: dict[str, Any], path: Path) -> None:
    """Write ``state`` so that ``path`` holds it whole or is not touched, even if power fails."""
    # one name for all: what a killed process left half written is written over
    temporary = path.with_name(".checkpoint.writing")
    try:
        with temporary.open("wb") as file:
            torch.save({"format": FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
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
    """The state in a file. Tensors, numbers, texts and their containers only; a pickle with
    anything else is refused. Raises CheckpointError.

    Args:
        whole: read all of it now; else a tensor is read from the disk when it is looked at.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=not whole)
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} cannot be read as a checkpoint ({reason[:120]})") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this version (format {FORMAT})")
    return state
