"""What steps measured, on its way from the device into the history."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_lab.training.history import History


class Diverged(ArithmeticError):
    """A reading that is no number any more.

    Attributes:
        step: the round, counted from 1, that broke.
        quantity: name of the reading.
        before: the good readings that were flushed with it, float32, steps×columns.
    """

    def __init__(
        self, step: int, quantity: str, value: float, before: np.ndarray | None = None
    ) -> None:
        super().__init__(f"{quantity} became {value} at step {step}")
        self.step, self.quantity, self.value = step, quantity, value
        self.before = np.empty((0, 0), np.float32) if before is None else before


class _Reading(NamedTuple):
    """What one step measured: names, values still on the device, learning rates."""

    names: tuple[str, ...]
    values: Tensor
    rates: tuple[float, ...]


class Readings:
    """The readings that nobody has looked at yet; they stay on the device until flushed, as
    fetching them step by step would have the processor wait for the device at each."""

    def __init__(self) -> None:
        self._pending: list[_Reading] = []

    def add(self, readings: dict[str, Tensor], rates: tuple[float, ...]) -> None:
        """One step's: scalars by column, and the learning rates, the history's last columns."""
        values = torch.stack([value.float() for value in readings.values()])
        self._pending.append(_Reading(tuple(readings), values, rates))

    def flush(self, history: History, steps: int) -> np.ndarray:
        """Append all to ``history``; see :meth:`gan_lab.training.trainer.Trainer.flush`.

        Args:
            steps: rounds completed, the newest pending reading's among them.
        """
        pending, self._pending = self._pending, []
        index = {name: i for i, name in enumerate(history.columns)}
        rows = np.full((len(pending), len(history.columns)), np.nan, np.float32)
        first = steps - len(pending)
        # one transfer from the device for all
        values = iter(torch.cat([r.values for r in pending]).tolist() if pending else ())
        for row, reading in enumerate(pending):
            taken = {name: next(values) for name in reading.names}
            for name, value in taken.items():
                if not math.isfinite(value):
                    history.append(rows[:row])
                    raise Diverged(first + row + 1, name, value, rows[:row])
                rows[row, index[name]] = value
            rows[row, -len(reading.rates) :] = reading.rates
        history.append(rows)
        return rows


def means(history: History, steps: int) -> dict[str, float]:
    """The mean of each reading over the last flushed steps; those never read are left out."""
    recent = history.recent(steps)
    return {
        name: round(float(np.nanmean(recent[:, i])), 6)
        for i, name in enumerate(history.columns)
        if not np.isnan(recent[:, i]).all()
    }
