"""What travels between server and page: one binary frame a message.

4 bytes, little-endian: length of the header. The header: JSON with at least ``kind``. The rest:
the payload, whose meaning the header states. ``assets/components/wire.js`` is the other end.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from gan_lab.archives import JsonError, JsonLimits
from gan_lab.archives.json_text import parse
from gan_lab.config import RunConfig
from gan_lab.metrics.verdicts import Tally
from gan_lab.runs.around import SPAN, Around
from gan_lab.runs.courses import courses
from gan_lab.runs.messages import Bars, Checkup, Drawing, Moment, Opinion, Picture, Walk
from gan_lab.training.history import Curves
from gan_lab.training.ledger import Entry

VIEWS = ("picture", "plane")
"""Kinds of messages that carry a picture, or points to be drawn."""

_HEADER = JsonLimits(size=1 << 20, values=50_000, depth=16)
_PAST = 50  # findings that are told though they are over


def encode(kind: str, header: dict[str, Any], payload: bytes = b"") -> bytes:
    """One frame."""
    text = json.dumps({"kind": kind, **header}, allow_nan=False).encode()
    return struct.pack("<I", len(text)) + text + payload


def decode(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a frame. Raises ValueError if it is none."""
    if len(frame) < 4:
        raise ValueError("a frame has at least 4 bytes")
    (length,) = struct.unpack_from("<I", frame)
    if length > len(frame) - 4:
        raise ValueError("the frame is shorter than its header says")
    try:
        header = parse(frame[4 : 4 + length], _HEADER)
    except JsonError as error:
        raise ValueError(f"the header cannot be read: {error}") from None
    if not isinstance(header, dict) or "kind" not in header:
        raise ValueError("the header must be an object with a kind")
    return header, frame[4 + length :]


def moment_frames(moment: Moment) -> list[bytes]:
    """A moment: its numbers and the names of its pictures, then what each D thinks, then each of
    the pictures, which are drawn with D's scores at hand; then a round in slow motion, if there
    is one."""
    pictures = moment.pictures or {}
    frames = [
        encode(
            "moment",
            {
                "number": moment.number,
                "state": str(moment.state),
                "counts": moment.counts._asdict(),
                "seconds": moment.seconds,
                "steps_per_second": moment.steps_per_second,
                "images_per_second": moment.images_per_second,
                "publishing": moment.publishing,
                "note": moment.note,
                "interventions": moment.interventions,
                "take": moment.take,
                "walk": None if moment.walk is None else moment.walk.step,
                "pictures": list(pictures),
                "planes": [n for n, view in pictures.items() if isinstance(view, Drawing)],
            },
        )
    ]
    frames += look_frames(moment.pictures_step, pictures, moment.opinions)
    return frames if moment.walk is None else [*frames, _walk_frame(moment.walk, moment.take)]


def _walk_frame(walk: Walk, take: int) -> bytes:
    header = {"step": walk.step, "take": take, "phases": list(walk.phases)}
    return encode("walk", header, walk.data)


def look_frames(
    step: int, pictures: Mapping[str, Picture | Drawing], opinions: Mapping[str, Opinion]
) -> list[bytes]:
    """All that the page draws of one step but the curves."""
    said = [opinion_frame(name, step, one) for name, one in opinions.items()]
    return said + [view_frame(name, step, view) for name, view in pictures.items()]


def view_frame(name: str, step: int, view: Picture | Drawing) -> bytes:
    """What the page draws under one name."""
    if isinstance(view, Drawing):
        return encode(
            "plane",
            {
                "name": name,
                "step": step,
                "parts": [[part, list(shape)] for part, shape in view.parts],
                "reach": view.reach,
                "measures": view.measures,
                "caption": view.caption,
            },
            view.data,
        )
    return encode("picture", {"name": name, "step": step, **_shape(view)}, view.data)


def _shape(picture: Picture) -> dict[str, Any]:
    return {
        "mime": picture.mime,
        "columns": picture.columns,
        "tile": picture.tile,
        "count": picture.count,
        "heads": list(picture.heads),
        "caption": picture.caption,
    }


def opinion_frame(name: str, step: int, one: Opinion) -> bytes:
    """What one D thinks; the payload is the portraits, if there are any."""
    portraits = one.portraits
    header = {
        "name": name,
        "step": step,
        **one.tally._asdict(),
        "of_real": one.of_real,
        "of_fake": one.of_fake,
        "names": list(one.names),
        "axis": one.axis,
        "meaning": one.meaning,
        "words": one.words,
        "caption": one.caption,
        "portraits": _shape(portraits) if portraits else None,
        "marks": list(one.marks),
        "scores": {view: list(scores) for view, scores in one.scores.items()},
    }
    return encode("opinion", header, portraits.data if portraits else b"")


def opinion(header: dict[str, Any], payload: bytes) -> Opinion:
    """What :func:`opinion_frame` sent. Raises KeyError or TypeError if the header is of another
    kind."""
    portraits = header["portraits"]
    return Opinion(
        tally=Tally(**{name: _row(header[name]) for name in Tally._fields}),
        of_real=header["of_real"],
        of_fake=header["of_fake"],
        names=(header["names"][0], header["names"][1]),
        axis=header["axis"],
        meaning=header["meaning"],
        words=header["words"],
        caption=header["caption"],
        portraits=_picture(portraits, payload) if portraits else None,
        marks=tuple(header["marks"]),
        scores={view: tuple(scores) for view, scores in header["scores"].items()},
    )


def _row(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def still_frame(name: str, one: Picture | Bars) -> bytes:
    """What never changes in a run, for whoever asks for it."""
    if isinstance(one, Bars):
        shape = {"rows": one.rows, "columns": one.columns}
        return encode("still", {"name": name, "bars": True, **shape}, one.data)
    return encode("still", {"name": name, "bars": False, **_shape(one)}, one.data)


def view(header: dict[str, Any], payload: bytes) -> Picture | Drawing:
    """What :func:`view_frame` sent. Raises KeyError if the header is of another kind."""
    if header["kind"] == "plane":
        parts = tuple((name, tuple(shape)) for name, shape in header["parts"])
        return Drawing(payload, parts, header["reach"], header["measures"], header["caption"])
    return _picture(header, payload)


def _picture(header: dict[str, Any], payload: bytes) -> Picture:
    return Picture(
        payload, header["mime"], header["columns"], header["tile"], header["count"],
        tuple(header["heads"]), header["caption"],
    )  # fmt: skip


def curves_frame(curves: Curves, ledger: list[Entry], marks_from: int) -> bytes:
    """Curves from a viewer's cursor on, and the interventions that it lacks.

    A viewer whose curves are of another ``take`` forgets them.

    The payload is float32, little-endian, buckets×3×columns: minimum, mean, maximum. Bucket
    ``first + i`` covers the steps from ``(first + i)·2^level + 1`` to ``(first + i + 1)·2^level``.
    """
    marks = [_mark(e) for e in ledger[marks_from:] if e.outcome == "applied"]
    header = {
        "columns": list(curves.columns),
        "level": curves.level,
        "first": curves.first,
        "buckets": len(curves.values),
        "records": curves.records,
        "take": curves.take,
        "marks": marks,
        "marks_end": len(ledger),
    }
    return encode("curves", header, curves.values.astype("<f4").tobytes())


def checkup_frame(checkup: Checkup, config: RunConfig) -> bytes:
    """How the run is; see docs/architecture.md for the header."""
    header = {
        "number": checkup.number,
        "take": checkup.take,
        "health": checkup.health and checkup.health.to_json(),
        "measured": courses(checkup.measured, config),
        "past": [finding.to_json() for finding in checkup.past[-_PAST:]],
        "best": checkup.best and checkup.best._asdict(),
    }
    return encode("checkup", header)


def around_frame(one: Around) -> bytes:
    """What every curve did around a step.

    The payload is float32, little-endian, 2×columns: means before and after; NaN if nothing was
    read.
    """
    header = {
        "step": one.step,
        "take": one.take,
        "span": SPAN,
        "columns": list(one.columns),
        "steps": list(one.steps),
        "done": [{**_mark(e), "undoable": place in one.undoable} for place, e in one.done],
        "others": list(one.others),
        "earlier": one.earlier,
        "later": one.later,
    }
    return encode("around", header, one.means.astype("<f4").tobytes())


def _mark(entry: Entry) -> dict[str, Any]:
    return {"step": entry.step, "path": entry.path, "old": entry.old, "new": entry.new}
