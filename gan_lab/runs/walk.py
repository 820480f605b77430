"""A round in slow motion, made ready to be sent: words and numbers as JSON, tiles as pictures."""

from __future__ import annotations

import math
from typing import Any

import torch

from gan_lab.games import Exhibit, Phase
from gan_lab.runs.messages import Walk
from gan_lab.runs.pictures import mosaic, packed

_DIGITS = 4  # of an opinion


class _Payload:
    """Bytes one after the other; what comes twice is kept once."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}
        self._length = 0

    def place(self, data: bytes) -> dict[str, int]:
        """Where ``data`` lies, as the header of an exhibit says it."""
        if data not in self._places:
            self._places[data] = self._length
            self._length += len(data)
        return {"from": self._places[data], "length": len(data)}

    def joined(self) -> bytes:
        return b"".join(self._places)


def walk(phases: list[Phase], step: int) -> Walk:
    """All phases of one round.

    Args:
        step: rounds completed, this one among them.
    """
    payload = _Payload()
    told = tuple(_phase(phase, payload) for phase in phases)
    return Walk(step, told, payload.joined())


def _phase(phase: Phase, payload: _Payload) -> dict[str, Any]:
    return {
        "acting": list(phase.acting),
        "title": phase.title,
        "words": phase.words,
        "move": phase.move,
        "role": phase.role,
        "numbers": [[n.name, _finite(n.value), n.unit] for n in phase.numbers],
        "exhibits": [_exhibit(one, payload) for one in phase.exhibits],
    }


def _exhibit(one: Exhibit, payload: _Payload) -> dict[str, Any]:
    said = None
    if one.opinions is not None:
        said = [_finite(value, _DIGITS) for value in one.opinions.tolist()]
    header = {"name": one.name, "colour": one.colour, "count": len(one.items), "of": one.of,
              "opinions": said}  # fmt: skip
    if one.reach:
        parts = one.items if one.pushes is None else torch.cat([one.items, one.pushes])
        data = parts.float().numpy().astype("<f4").tobytes()
        shape = {"reach": one.reach, "pushes": one.pushes is not None}
    else:
        columns = math.ceil(math.sqrt(len(one.items)))
        data, mime = packed(mosaic(one.items, columns))
        height, width = one.items.shape[2:]
        shape = {"mime": mime, "columns": columns, "width": width, "height": height}
    return {**header, **shape, **payload.place(data)}


def _finite(value: float, digits: int | None = None) -> float | None:
    """JSON knows no infinity, and None says that it is no number any more."""
    if not math.isfinite(value):
        return None
    return value if digits is None else round(value, digits)
