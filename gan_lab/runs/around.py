"""What every curve did just before and just after something was done to a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gan_lab.training.ledger import Entry

SPAN = 100
"""Steps that are looked at on each side."""

_OTHERS = 20  # other changes nearby that are named


@dataclass(frozen=True)
class Around:
    """One place in a run's history.

    Attributes:
        step: rounds completed there.
        take: of which take of the history it is.
        columns: names of the curves.
        means: float32, 2×columns: over the steps before and after; NaN where nothing was read.
        steps: how many steps there are before and after, at most ``SPAN`` each.
        done: what was done at this step, and its place in the ledger.
        others: steps nearby at which other knobs were turned.
        earlier, later: steps of the nearest other marks; None if there is none.
        undoable: places in the ledger that one can go back to before.
    """

    step: int
    take: int
    columns: tuple[str, ...]
    means: NDArray[np.float32]
    steps: tuple[int, int]
    done: tuple[tuple[int, Entry], ...]
    others: tuple[int, ...]
    earlier: int | None
    later: int | None
    undoable: frozenset[int]


def around(
    step: int,
    rows: NDArray[np.float32],
    columns: tuple[str, ...],
    ledger: list[Entry],
    undoable: frozenset[int] = frozenset(),
    take: int = 0,
) -> Around:
    """Put together what is known of one step.

    Args:
        rows: float32, n×columns: the records from step ``max(0, step - SPAN) + 1`` on, at most
            ``SPAN`` of them after ``step``.
        ledger: the whole of it.
    """
    before = min(step, SPAN)
    marks = [(place, entry) for place, entry in enumerate(ledger) if entry.outcome == "applied"]
    elsewhere = sorted({entry.step for _, entry in marks if entry.step != step})
    turned = {entry.step for entry in ledger if entry.turned} - {step}
    return Around(
        step=step,
        take=take,
        columns=columns,
        means=np.stack([_means(rows[:before]), _means(rows[before:])]),
        steps=(len(rows[:before]), len(rows[before:])),
        done=tuple((place, entry) for place, entry in marks if entry.step == step),
        others=tuple(sorted(s for s in turned if abs(s - step) < SPAN)[:_OTHERS]),
        earlier=max((s for s in elsewhere if s < step), default=None),
        later=min((s for s in elsewhere if s > step), default=None),
        undoable=undoable,
    )


def _means(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each column over what was read; NaN if nothing was."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
