"""What is known of the best state of a run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

from gan_lab.archives.json_text import read


class Best(NamedTuple):
    """What is known of the best kept state.

    Attributes:
        step: rounds completed.
        measure: the name of the measure that it is best by.
        number: the measure, of the averaged G.
        n: fakes that it rests on.
    """

    step: int
    measure: str
    number: float
    n: int

    def file(self, run: Path) -> Path:
        """The state itself, below the folder of the run."""
        return run / "best" / f"{self.step:09d}.pt"

    @classmethod
    def read(cls, run: Path) -> Best | None:
        """Of a run's folder; None if nothing is kept there, or only in part."""
        try:
            told: dict[str, Any] = read(run / "best.json")
            best = cls(
                int(told["step"]), str(told["measure"]), float(told["number"]), int(told["n"])
            )
            return best if math.isfinite(best.number) and best.file(run).is_file() else None
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return None
