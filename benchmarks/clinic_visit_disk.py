"""Did training really go wrong, and from which step on? By a run's files, without the coach."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from clinic_cases import Case
from clinic_visit_cases import Visit
from clinic_ward import Patient
from numpy.typing import NDArray

from gan_lab.runs import RunDirectory

WORSE = 1.15
"""Training went wrong if the fakes end so many times as far from held-out data as they were when
the knob was turned."""

_SMOOTH = 20  # rounds in one mean
_BEFORE = 500  # rounds before the turn that say what is usual, at most
_BEGINNING = 50  # rounds of a run that are never usual
_LASTING = 100  # rounds, nine in ten of which lie outside
_WATCHED = ("loss/", "D(", "grad/")  # curves that tell how training goes


class Outcome(NamedTuple):
    """What a turn came to.

    Attributes:
        there: whether training went wrong.
        step: from which on the readings are not what they were; 0 if they stay so.
        before, after: distance of the fakes to held-out data at the turn and at the end; infinite
            where the run broke.
    """

    there: bool
    step: int
    before: float
    after: float


def left_band(columns: list[str], rows: NDArray[np.float32], turned: int) -> int:
    """The first step after a turn from which on the readings leave the band in which they were, for
    good; 0 if they never do.

    The band of a curve reaches half its width beyond the lowest and the highest mean of 20 rounds
    before the turn.

    Args:
        rows: rounds×columns, of the rounds from 1 on.
        turned: rounds that were played before the turn.
    """
    watched = [i for i, name in enumerate(columns) if name.startswith(_WATCHED)]
    watched = [i for i in watched if not np.isnan(rows[:turned, i]).any()]
    first = max(min(_BEGINNING, turned // 2), turned - _BEFORE)
    if turned - first < 2 * _SMOOTH or len(rows) - turned < _SMOOTH:
        return 0
    smooth = _means(rows[first:, watched].astype(np.float64))  # row i: rounds up to first + i + 20
    usual = smooth[: turned - first - _SMOOTH + 1]
    low, high = usual.min(0), usual.max(0)
    room = 0.5 * np.maximum(high - low, 0.02 * np.maximum(abs(low), abs(high)))
    inside = (smooth >= low - room) & (smooth <= high + room)  # what is no number is outside
    outside = ~inside.all(1)
    for i in range(len(usual), len(outside)):
        ahead = outside[i : i + _LASTING]
        if outside[i] and len(ahead) >= _SMOOTH and ahead.mean() >= 0.9:
            return first + i + _SMOOTH
    return 0


def _means(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each 20 rounds in a row."""
    return np.lib.stride_tricks.sliding_window_view(rows, _SMOOTH, axis=0).mean(-1)


def readings(run: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Names of the curves, and all readings of a run: rounds×columns."""
    head, _, body = (run / "history" / "readings.f32").read_bytes().partition(b"\n")
    columns = json.loads(head)["columns"]
    whole = len(body) // (4 * len(columns)) * len(columns)
    return columns, np.frombuffer(body, "<f4", whole).reshape(-1, len(columns))


def turn_of(run: Path, path: str) -> dict[str, Any] | None:
    """The last entry of the ledger that turned this knob; None if there is none."""
    file = run / "ledger.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    found = [one | {"place": place} for place, one in enumerate(map(json.loads, lines))
             if one["path"] == path and one["outcome"] == "applied"]  # fmt: skip
    return found[-1] if found else None


def outcome(run: Path, visit: Visit, seed: int, turned: dict[str, Any], failed: bool) -> Outcome:
    """What a turn came to. The run's process may be gone.

    Args:
        turned: as :func:`turn_of` found it.
        failed: whether the run ended because a reading was no number any more.
    """
    directory = RunDirectory(run)
    columns, rows = readings(run)
    step = left_band(columns, rows, turned["step"])
    patient = Patient(Case(visit.name, "", visit.preset, visit.changes), seed)
    first = min(change for change in directory.undoable() if change <= turned["place"])
    before = _distance(patient, directory.read_before(first))
    after = math.inf if failed else _distance(patient, directory.read_checkpoint())
    if failed and not step:
        step = len(rows)
    return Outcome(bool(step) and after > WORSE * before, step, before, after)


def _distance(patient: Patient, state: dict[str, Any]) -> float:
    patient.trainer.load_state_dict(state)
    return patient.outcome()
