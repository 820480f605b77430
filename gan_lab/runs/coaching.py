"""The coach of a run: that of ``gan_lab.coach``, or one who says nothing where it is not there."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

from gan_lab.coach import Condition, Evidence, Health
from gan_lab.config import RunConfig


class Looks(Protocol):
    """Whoever says how a run is."""

    def look(self, evidence: Evidence) -> Health:
        """Asked again and again, with ever newer evidence."""
        ...


class Silent:
    """Says nothing of any run."""

    def look(self, evidence: Evidence) -> Health:
        """Always the same."""
        return Health(evidence.step, Condition.STARTING, "Too early to say anything.")


def coach() -> Looks:
    """A new one."""
    try:
        module: Any = importlib.import_module("gan_lab.coach.coach")
    except ModuleNotFoundError:
        return Silent()
    return module.Coach()


def meaning(config: RunConfig, column: str, evidence: Evidence) -> str:
    """See ``gan_lab.coach.meaning``. Raises ValueError if there is nothing of that name."""
    try:
        module: Any = importlib.import_module("gan_lab.coach.meaning")
    except ModuleNotFoundError:
        raise ValueError("the coach has no words for curves yet") from None
    return module.meaning(config, column, evidence)
