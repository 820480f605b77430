"""The film of a run: what the page showed, step by step, thinned as it ages.

One file a shot, so that thinning is the removal of a file and nothing is ever rewritten. A file
holds messages of ``gan_lab.runs.wire``, each behind its length (4 bytes, little-endian): first one
of kind "film", which tells everything about the shot but what was drawn, then the very messages by
which pictures and D's opinions went to the page.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gan_lab.runs import wire
from gan_lab.runs.messages import Drawing, Opinion, Picture
from gan_lab.runs.pace import Limits, Seldom
from gan_lab.runs.thinning import superfluous, worth_adding
from gan_lab.training.trainer import Counts

MOST = 240  # shots of a run
ROOM = 64 << 20  # bytes that they take together; first and last stay whatever they take
UNWATCHED = Limits(0.02, 5.0)
"""How often pictures are made for the film alone, while nobody watches."""

_ENDING = ".film"
_LONGEST_HEADER = 1 << 16  # bytes
_READINGS = 128  # of a shot, as many as a run has curves at most


class Shot(NamedTuple):
    """One moment on the film, without its pictures.

    Attributes:
        step: rounds completed.
        seconds: of training.
        done: entries of the ledger.
        readings: means over the steps since the shot before, a hundred at most.
        size: bytes of its file.
        tag: changes with its content.
    """

    step: int
    seconds: float
    done: int
    readings: dict[str, float]
    size: int
    tag: str


class FilmError(ValueError):
    """A file that is no whole shot, in one line."""


class Film:
    """One run's. The run's own thread adds and cuts; anybody may read.

    Attributes:
        shots: oldest first; replaced as a whole, so that readers need no lock.
    """

    def __init__(self, folder: Path, most: int = MOST, room: int = ROOM) -> None:
        self._folder = folder
        self._most, self._room = most, room
        self._clock = Seldom(UNWATCHED)
        self.shots: tuple[Shot, ...] = ()

    def open(self) -> Film:
        """Find what is on disk; what is not whole is left out. Returns itself."""
        found = []
        for path in self._folder.glob(f"*{_ENDING}"):
            with contextlib.suppress(OSError, FilmError):
                found.append(_told(path))
        self.shots = tuple(sorted(found))
        return self

    def newest(self, step: int) -> Shot | None:
        """The last whole shot at or before a step, from the disk; no other file is looked into."""
        names = sorted(path.name for path in self._folder.glob(f"*{_ENDING}"))
        for name in reversed(names):
            if not name.split(".")[0].isdecimal() or int(name.split(".")[0]) > step:
                continue
            with contextlib.suppress(OSError, FilmError):
                return _told(self._folder / name)
        return None

    def counts(self, shot: Shot) -> Counts:
        """How far the run was. Raises FilmError."""
        try:
            header = wire.decode(next(messages(self.data(shot))))[0]
            return Counts(**header["counts"])
        except (StopIteration, ValueError, KeyError, TypeError) as error:
            if isinstance(error, FilmError):
                raise
            raise FilmError(f"step {shot.step:,} does not tell its counts") from None

    # -- the run's thread ----------------------------------------------------------------------

    def due(self, step: int) -> bool:
        """Whether pictures should be made for the film alone: seldom, and only if they stay."""
        return self._clock.due() and worth_adding([s.step for s in self.shots], step, self._most)

    def add(
        self,
        counts: Counts,
        seconds: float,
        done: int,
        readings: Mapping[str, float],
        look: Sequence[bytes],
        *,
        cost: float = 0.0,
        pinned: Collection[int] = (),
    ) -> None:
        """Keep one more, unless this step is there already; then thin what is there.

        Args:
            look: the messages by which the page got what it shows, see ``wire.look_frames``.
            cost: s that it took to make the pictures.
            pinned: steps that thinning leaves, as far as they are no more than half of all.

        Raises OSError.
        """
        self._clock.done(cost)
        if self.shots and self.shots[-1].step >= counts.steps:
            return
        body = b"".join(map(_behind_length, look))
        told = {
            "step": counts.steps, "seconds": seconds, "counts": counts._asdict(), "done": done,
            "readings": dict(readings), "body": len(body),
        }  # fmt: skip
        tag = _tag(told, body)
        data = _behind_length(wire.encode("film", told | {"tag": tag})) + body
        self._folder.mkdir(exist_ok=True)
        temporary = self._folder / ".writing"
        temporary.write_bytes(data)
        os.replace(temporary, self._path(counts.steps))
        shot = Shot(counts.steps, seconds, done, dict(readings), len(data), tag)
        self.shots = (*self.shots, shot)
        self._thin(pinned if len(pinned) <= self._most // 2 else ())

    def _thin(self, pinned: Collection[int]) -> None:
        kept = list(self.shots)
        size = sum(shot.size for shot in kept)
        while len(kept) > self._most or size > self._room:
            place = superfluous([shot.step for shot in kept], pinned)
            if place is None:
                break
            dropped = kept.pop(place)
            size -= dropped.size
            self._path(dropped.step).unlink(missing_ok=True)
        self.shots = tuple(kept)

    def spare(self) -> bool:
        """Drop the shot that is missed least; returns whether there was one beside the first and
        the last. Raises OSError."""
        kept = list(self.shots)
        place = superfluous([shot.step for shot in kept])
        if place is None:
            return False
        self._path(kept.pop(place).step).unlink(missing_ok=True)
        self.shots = tuple(kept)
        return True

    def cut(self, step: int, done: int) -> None:
        """What is beyond ``step``, or knows of more than ``done`` entries, never happened."""
        self.shots = tuple(s for s in self.shots if s.step <= step and s.done <= done)
        kept = {self._path(shot.step).name for shot in self.shots}
        for path in self._folder.glob(f"*{_ENDING}"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    # -- anybody -------------------------------------------------------------------------------

    def files(self, step: int) -> list[Path]:
        """Those of the shots up to ``step``, oldest first."""
        return [self._path(shot.step) for shot in self.shots if shot.step <= step]

    def data(self, shot: Shot) -> bytes:
        """The file of a shot. Raises FilmError if it has been dropped or cut meanwhile."""
        try:
            data = self._path(shot.step).read_bytes()
        except OSError:
            raise FilmError(f"step {shot.step:,} is not on the film any more") from None
        if _tag_of(data) != shot.tag:
            raise FilmError(f"step {shot.step:,} is another one by now")
        return data

    def views(self, shot: Shot) -> dict[str, Picture | Drawing]:
        """The pictures of a shot, by name. Raises as :meth:`data`."""
        return self.look(shot)[0]

    def look(self, shot: Shot) -> tuple[dict[str, Picture | Drawing], dict[str, Opinion]]:
        """The pictures of a shot, and what each D thought of them, by name. Raises as :meth:`data`,
        or KeyError or TypeError if it is of another version."""
        views: dict[str, Picture | Drawing] = {}
        opinions: dict[str, Opinion] = {}
        for header, payload in map(wire.decode, messages(self.data(shot))):
            if header["kind"] in wire.VIEWS:
                views[header["name"]] = wire.view(header, payload)
            elif header["kind"] == "opinion":
                opinions[header["name"]] = wire.opinion(header, payload)
        return views, opinions

    def _path(self, step: int) -> Path:
        return self._folder / f"{step:09d}{_ENDING}"


def messages(data: bytes) -> Iterator[bytes]:
    """The messages in a file, as far as they are whole."""
    place = 0
    while len(data) - place >= 4:
        (length,) = struct.unpack_from("<I", data, place)
        if len(data) - place < 4 + length:
            return
        yield data[place + 4 : place + 4 + length]
        place += 4 + length


def _behind_length(message: bytes) -> bytes:
    return struct.pack("<I", len(message)) + message


def _tag(told: Mapping[str, Any], body: bytes) -> str:
    """Of all that a shot says and shows: a run that went back may show the same and know less."""
    return f"{zlib.crc32(body, zlib.crc32(json.dumps(told, sort_keys=True).encode())):08x}"


def _tag_of(data: bytes) -> str:
    """As it should be, of a file; "" of one that is damaged."""
    try:
        first = next(messages(data))
        told = wire.decode(first)[0]
        body = data[len(data) - int(told["body"]) :] if told["body"] else b""
    except (StopIteration, ValueError, KeyError, TypeError):
        return ""
    return _tag({name: value for name, value in told.items() if name not in ("kind", "tag")}, body)


def _told(path: Path) -> Shot:
    """What a file says of itself. Raises FilmError if it is not whole, OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(4)
        length = struct.unpack("<I", start)[0] if len(start) == 4 else _LONGEST_HEADER
        if length >= min(size, _LONGEST_HEADER):
            raise FilmError(f"{path} is no shot of a film")
        try:
            header, rest = wire.decode(file.read(length))
            whole = 4 + length + int(header["body"])
            shot = Shot(
                int(header["step"]), float(header["seconds"]), int(header["done"]),
                _readings(header["readings"]), size, str(header["tag"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, OverflowError):
            raise FilmError(f"{path} is no shot of a film") from None
    if header["kind"] != "film" or rest or whole != size or path.stem != f"{shot.step:09d}":
        raise FilmError(f"{path} is not whole")
    return shot


def _readings(told: Mapping[str, Any]) -> dict[str, float]:
    """Raises ValueError, TypeError or OverflowError for what is none."""
    if not isinstance(told, Mapping) or len(told) > _READINGS:
        raise ValueError("its readings are none")
    found = {str(name): float(value) for name, value in told.items()}
    if not all(map(math.isfinite, found.values())):
        raise ValueError("a reading of it is no number")
    return found
