"""What was done to a run, and when: one entry a command, in the order in which they acted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One intervention.

    Attributes:
        step: rounds completed when it acted.
        path: parameter, or the name of the command in lower case.
        old, new: values, where there are any.
        outcome: "applied" or "refused".
        note: why it was refused, or what went with it.
    """

    step: int
    path: str
    old: Any = None
    new: Any = None
    outcome: str = "applied"
    note: str = ""

    @property
    def turned(self) -> bool:
        """Whether it is a knob that took another value; the rest are presses of buttons, and what
        was refused."""
        return self.outcome == "applied" and "." in self.path

    def to_json(self) -> str:
        """One line of ASCII; a refused value of any kind is kept as its text."""
        return json.dumps(asdict(self), default=repr)

    @staticmethod
    def from_json(line: str) -> Entry:
        return Entry(**json.loads(line))


def restored(undone: Iterable[Entry]) -> str:
    """What became of the parameters whose changes were undone: one clause for each parameter,
    however often it was changed.

    Args:
        undone: entries of the ledger, oldest first.
    """
    ends: dict[str, tuple[Any, Any]] = {}  # by path: before the first change, after the last
    for entry in undone:
        if entry.turned:
            first, _ = ends.get(entry.path, (entry.old, None))
            ends[entry.path] = first, entry.new
    return "; ".join(
        f"{path} is still {old}" if old == new else f"{path} is {old} again, no longer {new}"
        for path, (old, new) in ends.items()
    )
