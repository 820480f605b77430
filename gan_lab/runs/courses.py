"""Measures over a run as the page draws them: a row of numbers for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from gan_lab import measures
from gan_lab.config import RunConfig
from gan_lab.measures import Measured

POINTS = 300
"""Most points of a course."""

_DIGITS = 5  # that count
_T = TypeVar("_T")


def courses(measured: Sequence[Measured], config: RunConfig) -> list[dict[str, Any]]:
    """One course for each measure and each kind of weights, in the order in which they came.

    Args:
        measured: oldest first.
        config: of the run, for the names of what looks at the pictures.
    """
    rows: dict[tuple[str, str], list[tuple[int, measures.Value]]] = {}
    for one in measured:
        for name, value in one.values.items():
            rows.setdefault((name, one.weights), []).append((one.step, value))
    return [
        {"name": name, "weights": weights, **_words(name, config), **_course(thinned(row, POINTS))}
        for (name, weights), row in rows.items()
    ]


def _course(row: Sequence[tuple[int, measures.Value]]) -> dict[str, Any]:
    newest = row[-1][1]
    return {
        "steps": [step for step, _ in row],
        "numbers": [_short(value.number) for _, value in row],
        "n": newest.n,
        "floor": None if newest.floor is None else _short(newest.floor),
    }


def _words(name: str, config: RunConfig) -> dict[str, str]:
    """What the page says of a measure; one that this version does not know has its name alone."""
    known = getattr(measures, "MEASURES", {}).get(name)
    if known is None:
        return {"title": name, "better": "", "meaning": ""}
    return {"title": known.title(config), "better": known.better, "meaning": known.meaning}


def _short(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def thinned(row: Sequence[_T], most: int) -> list[_T]:
    """At most ``most`` of a row, evenly, with both ends."""
    if len(row) <= most:
        return list(row)
    last = len(row) - 1
    return [row[round(i * last / (most - 1))] for i in range(most)]
