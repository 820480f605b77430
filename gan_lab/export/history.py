"""The curves of a run as a table, and everything told of it as JSON; written part by part."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan_lab.export.base import Export, Tell, run_name
from gan_lab.export.card import entries
from gan_lab.runs import RunDirectory
from gan_lab.runs.journal import Journal
from gan_lab.whole import whole_file
from gan_lab.words import size_of

_PART = 4096  # records at a time


def rows(directory: RunDirectory) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(step of the first, float32 n×columns), part by part; NaN for what was not read."""
    columns, first = directory.columns(), 0
    while columns and len(part := directory.read_span(columns, first, _PART)):
        yield first + 1, part
        first += len(part)


def records(directory: RunDirectory) -> int:
    """How many there are, about: a run that trains adds to them."""
    file = directory.path / "history" / "readings.f32"
    return file.stat().st_size // (4 * len(directory.columns())) if directory.columns() else 0


def _missing(directory: RunDirectory) -> str:
    return "" if directory.columns() else "nothing was read of this run yet"


def _text(value: np.float32) -> str:
    """Nine digits give the same float32 back."""
    return "" if math.isnan(value) else f"{value:.9g}"


def _csv(directory: RunDirectory, out: Path, tell: Tell) -> str:
    count, step = max(1, records(directory)), 0
    with whole_file(out) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        text.write(",".join(["step", *directory.columns()]) + "\n")
        for first, part in rows(directory):
            tell(min(1.0, first / count), f"step {first:,}")
            lines = (
                ",".join([str(step), *map(_text, row)]) for step, row in enumerate(part, first)
            )
            text.write("\n".join(lines) + "\n")
            step = first + len(part) - 1
        text.flush()
        text.detach()
    return f"{size_of(step, 'step')} of {size_of(len(directory.columns()), 'curve')}"


def _json(directory: RunDirectory, out: Path, tell: Tell) -> str:
    count, step = max(1, records(directory)), 0
    with whole_file(out) as file:

        def put(text: str) -> None:
            file.write(text.encode())

        config = directory.read_config().model_dump(mode="json")
        put(f'{{"run": {json.dumps(run_name(directory))},\n"config": {json.dumps(config)},\n')
        measured = [one.to_json() for one in Journal(directory.path).measured()]
        put(f'"ledger": {_lines(entries(directory))},\n"measures": {_lines(measured)},\n')
        put(f'"columns": {json.dumps(["step", *directory.columns()])},\n"rows": [')
        for first, part in rows(directory):
            tell(min(1.0, first / count), f"step {first:,}")
            told = (
                "[" + ", ".join([str(step), *(_text(v) or "null" for v in row)]) + "]"
                for step, row in enumerate(_finite(part), first)
            )
            put(("\n" if first == 1 else ",\n") + ",\n".join(told))
            step = first + len(part) - 1
        put("\n]}\n")
    return f"{size_of(step, 'step')}, with configuration, ledger and measures"


def _finite(part: NDArray[np.float32]) -> NDArray[np.float32]:
    """JSON has no infinity."""
    return np.where(np.isfinite(part), part, np.float32(np.nan))


def _lines(found: Iterable[object]) -> str:
    return "[" + ",\n".join(json.dumps(one) for one in found) + "]"


HISTORY = (
    Export(
        "csv", "Curves (CSV)",
        "All readings of all steps as a table: a row a step, a column a curve, empty where nothing"
        " was read.",
        ".csv", "text/csv", _missing, _csv,
    ),
    Export(
        "json", "History (JSON)",
        "The same readings with the configuration, what was done and what was measured.",
        ".json", "application/json", _missing, _json,
    ),
)  # fmt: skip
