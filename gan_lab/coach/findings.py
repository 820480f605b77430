"""What the coach says: signs that a rule sees, findings that last, the health of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gan_lab.config import ConfigError, known

if TYPE_CHECKING:
    from gan_lab.coach.evidence import Evidence


ADVISED = "coach: "
"""The note of a change that follows an advice begins with this."""


class Weight(StrEnum):
    """How much a finding matters."""

    TROUBLE = "trouble"
    """Training goes wrong, or will: something should be changed."""
    CAUTION = "caution"
    """A setting that often goes wrong, or a fault of the pictures that one may live with."""
    NEWS = "news"
    """How the run goes where nothing is wrong: still improving, converged."""


@dataclass(frozen=True)
class Sign:
    """What one rule sees at one look.

    Attributes:
        sure: from 0 to 1.
        seen: one or two sentences with the numbers that were seen.
        columns: curves on which it can be seen.
        first, last: the stretch of steps there.
        measured: step of the oldest probe or measurement that it rests on; None if it rests on
            curves, settings or the ledger alone.
        symptom: whether something is seen to go wrong; False for a setting that often goes wrong.
        settings: the parameters that the words name, path and value. Once one of them has another
            value the words are wrong.
    """

    sure: float
    seen: str
    columns: tuple[str, ...] = ()
    first: int = 0
    last: int = 0
    measured: int | None = None
    symptom: bool = True
    settings: tuple[tuple[str, Any], ...] = ()


def at_step(measured: int, now: int) -> str:
    """Words behind a number that says of which step it is; none if it is of now."""
    return f" (measured at step {measured:,})" if measured < now else ""


class UndoTo(NamedTuple):
    """The state just before a change, which the run can go back to.

    Attributes:
        change: place of the change in the run's ledger, at least 0.
        step: at which the change acted.
    """

    change: int
    step: int


@dataclass(frozen=True)
class Advice:
    """One thing to try.

    Attributes:
        text: what, and what it should do, in one sentence.
        changes: the knobs to turn, path to value; none if it is only to be explained.
        undo: the state to go back to; None if the advice is not to undo anything. Such an advice
            has no ``changes``.
    """

    text: str
    changes: tuple[tuple[str, Any], ...] = ()
    undo: UndoTo | None = None

    @property
    def live(self) -> bool:
        """Whether it can be applied to the run as it trains; else it takes a restart."""
        return bool(self.changes) and all(_is_live(path) for path, _ in self.changes)

    def to_json(self) -> dict[str, Any]:
        """For a line of the folder and for the page."""
        return {
            "text": self.text,
            "changes": [list(change) for change in self.changes],
            "live": self.live,
            "undo": self.undo and self.undo._asdict(),
        }


def _is_live(path: str) -> bool:
    """A finding that was kept on disk may name a parameter of another version: it is not."""
    try:
        return known(path).live
    except ConfigError:
        return False


@dataclass(frozen=True)
class Rule:
    """One thing that can be said of a run; each stands in a file of ``rules``.

    Attributes:
        name: short and lasting, "d-wins".
        title: for people, "D wins".
        why: why it happens, in two sentences.
        source: paper, section.
        look: the sign, or None where there is none to see (yet).
        advice: what to try with the configuration as it stands, best first; one to three.
        patience: rounds for which the sign must last before it is said, and be gone, twice as
            long, before it is taken back; settings that are plainly wrong have 0.
        warm_up: rounds of the game before anybody looks; beginnings look like many a disease.
        cause: whether it names a cause. Such rules are asked last, hear what the others see
            (``Evidence.signs``) and are named before them.
    """

    name: str
    title: str
    weight: Weight
    why: str
    source: str
    look: Callable[[Evidence], Sign | None]
    advice: Callable[[Evidence], tuple[Advice, ...]]
    patience: int = 100
    warm_up: int = 100
    cause: bool = False


@dataclass(frozen=True)
class Finding:
    """A sign that lasted.

    Attributes:
        rule: by its name.
        sign: as last seen.
        advice: best first.
        since: step at which it was said.
        until: step at which it was taken back; None while it stands.
    """

    rule: Rule
    sign: Sign
    advice: tuple[Advice, ...]
    since: int
    until: int | None = None

    def to_json(self) -> dict[str, Any]:
        """For a line of the folder and for the page."""
        return {
            "rule": self.rule.name,
            "title": self.rule.title,
            "weight": self.rule.weight.value,
            "why": self.rule.why,
            "source": self.rule.source,
            "sure": round(self.sign.sure, 2),
            "seen": self.sign.seen,
            "columns": list(self.sign.columns),
            "first": self.sign.first,
            "last": self.sign.last,
            "measured": self.sign.measured,
            "advice": [advice.to_json() for advice in self.advice],
            "since": self.since,
            "until": self.until,
        }


@dataclass(frozen=True)
class Event:
    """A finding came or went.

    Attributes:
        step: at which it did.
        kind: which of the two.
        finding: as it was said, or as it was when it was taken back.
    """

    step: int
    kind: Literal["came", "went"]
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """For a line of the folder."""
        return {"step": self.step, "kind": self.kind, "finding": self.finding.to_json()}


class Condition(StrEnum):
    """How a run is, in one word."""

    STARTING = "starting"
    """Too early to say anything."""
    WATCHING = "watching"
    """Nothing lasts that is wrong, and nothing yet says that all is well."""
    HEALTHY = "healthy"
    IMPROVING = "improving"
    CONVERGED = "converged"
    CAUTION = "caution"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Health:
    """What the coach says at one step.

    Attributes:
        step: at which it looked.
        line: one sentence for people: the state of the run, and why.
        findings: those that stand, gravest first.
    """

    step: int
    condition: Condition
    line: str
    findings: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "step": self.step,
            "condition": self.condition.value,
            "line": self.line,
            "findings": [finding.to_json() for finding in self.findings],
        }
