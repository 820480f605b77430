"""Directions that are kept with a run: ``directions.json`` in its folder."""

from __future__ import annotations

import json
import os
import threading

from gan_lab.archives import JsonLimits
from gan_lab.archives.json_text import read
from gan_lab.config import Latent
from gan_lab.latent.directions import MOST, Direction, DirectionError, direction_of
from gan_lab.runs.directory import RunDirectory

NAME = "directions.json"
_FILE = JsonLimits(size=2 << 20, values=50_000, depth=8)  # 64 directions of 512 numbers, and more
_LOCK = threading.Lock()  # two tabs of one visitor may keep at once


def kept_directions(directory: RunDirectory, latent: Latent) -> list[Direction]:
    """What is kept, in the order in which it came; the file may have come from anywhere.

    Raises DirectionError, in one sentence, if it holds anything else than directions of this z.
    """
    path = directory.path / NAME
    try:
        content = read(path, _FILE)
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        raise DirectionError(f"The file {NAME} cannot be read") from None
    try:
        return directions_of(content, latent)
    except DirectionError as error:
        raise DirectionError(f"The file {NAME}: {error}") from None


def directions_of(content: object, latent: Latent) -> list[Direction]:
    """Directions as an export writes them, ``{"directions": [...]}``. Raises DirectionError."""
    listed = content.get("directions") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise DirectionError('there must be a list of them, {"directions": [...]}')
    if len(listed) > MOST:
        raise DirectionError(f"at most {MOST} directions are kept together, not {len(listed)}")
    found = [direction_of(one, latent) for one in listed]
    if len({one.name for one in found}) < len(found):
        raise DirectionError("two directions have the same name")
    return found


def keep(directory: RunDirectory, direction: Direction, latent: Latent) -> list[Direction]:
    """Add one, in the place of another of its name; returns all.

    Raises DirectionError if there are too many or the file is damaged (it is then left as it is);
    OSError if it cannot be written.
    """
    with _LOCK:
        before = kept_directions(directory, latent)
        after = [direction if one.name == direction.name else one for one in before]
        if direction.name not in {one.name for one in before}:
            after.append(direction)
        if len(after) > MOST:
            raise DirectionError(f"at most {MOST} directions are kept; delete one first")
        _write(directory, after)
    return after


def forget(directory: RunDirectory, name: str, latent: Latent) -> list[Direction]:
    """Drop one, if it is there; returns the others. Raises as :func:`keep`."""
    with _LOCK:
        after = [one for one in kept_directions(directory, latent) if one.name != name]
        _write(directory, after)
    return after


def _write(directory: RunDirectory, directions: list[Direction]) -> None:
    text = json.dumps({"directions": [one.plain() for one in directions]}, ensure_ascii=False)
    temporary = directory.path / f".{NAME}.writing"
    temporary.write_text(text + "\n", "utf-8")
    os.replace(temporary, directory.path / NAME)
