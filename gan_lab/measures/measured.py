"""What was measured of a run at one step: numbers that say how many pictures they rest on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Weights = Literal["averaged", "raw"]
"""Of which G: the average that people look at, or G itself."""


@dataclass(frozen=True)
class Value:
    """One number, and what one must know to read it.

    Attributes:
        number: the measure.
        n: fakes that it was computed from.
        floor: the same measure of as many real pictures against the same real ones: about as good
            as fakes can honestly be; None where that makes no sense.
    """

    number: float
    n: int
    floor: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for what is no number."""
        if not math.isfinite(self.number):
            raise ValueError(f"a measure came out as {self.number}")
        if self.floor is not None and not math.isfinite(self.floor):
            raise ValueError(f"the floor of a measure came out as {self.floor}")


@dataclass(frozen=True)
class Measured:
    """All measures of one G at one step.

    Attributes:
        step: rounds completed.
        weights: of which G.
        values: by the name of the measure, see ``MEASURES``.
        seconds: of processor time that it took.
    """

    step: int
    weights: Weights
    values: Mapping[str, Value]
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """For a line of the folder and for the page."""
        return {
            "step": self.step,
            "weights": self.weights,
            "seconds": round(self.seconds, 4),
            "values": {
                name: {"number": v.number, "n": v.n, "floor": v.floor}
                for name, v in self.values.items()
            },
        }

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Measured:
        """Back from :meth:`to_json`. Raises KeyError, TypeError or ValueError where it is not."""
        values = {name: Value(**value) for name, value in line["values"].items()}
        return cls(line["step"], line["weights"], values, line["seconds"])
