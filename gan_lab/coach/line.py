"""The state of a run in one line."""

from __future__ import annotations

from typing import NamedTuple

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Condition, Finding, at_step
from gan_lab.coach.play import first_round, has_labels, judges, lowered, number, played, window
from gan_lab.coach.quality import far, trend

_WORD = {
    Condition.STARTING: "Starting",
    Condition.WATCHING: "Watching",
    Condition.HEALTHY: "Healthy",
    Condition.IMPROVING: "Healthy and improving",
    Condition.CONVERGED: "Converged",
    Condition.CAUTION: "Caution",
    Condition.TROUBLE: "Trouble",
}


def line(condition: Condition, findings: tuple[Finding, ...], evidence: Evidence) -> str:
    """What is the matter, or why nothing is, in one sentence."""
    word = _WORD[condition]
    if condition in (Condition.TROUBLE, Condition.CAUTION):
        first = findings[0]
        more = len(findings) - 1
        others = f" ({more} more)" if more else ""
        return f"{word}: {lowered(first.rule.title)}. {first.sign.seen}{others}"
    if condition is Condition.CONVERGED:
        said = next(f for f in findings if f.rule.name == "converged")
        return f"{word}: {lowered(said.sign.seen)}"
    if condition is Condition.STARTING:
        if evidence.step < first_round(evidence.config):
            return f"{word}: one player trains alone before the game begins."
        return f"{word}: {played(evidence)} rounds, too early to say anything."
    return f"{word}: {_joined((*_duel(evidence), *_quality(condition, evidence)), evidence.step)}."


class _Said(NamedTuple):
    """A part of the line.

    Attributes:
        words: of it.
        measured: step of what they rest on; None if that is now.
    """

    words: str
    measured: int | None = None


def _joined(parts: tuple[_Said, ...], now: int) -> str:
    """All parts as one sentence; each that is not of now has its step beside it."""
    return ", ".join(
        part.words if part.measured is None else part.words + at_step(part.measured, now)
        for part in parts
    )


def _duel(evidence: Evidence) -> list[_Said]:
    probe = evidence.probed("right_train", "right_fake")
    if probe is not None and probe.right_train is not None and probe.right_fake is not None:
        right = 50.0 * (probe.right_train + probe.right_fake)
        words = f"D tells real images from fakes in {right:.0f} of 100 cases"
        return [_Said(f"{words} (50 would be guessing)", probe.step)]
    if has_labels(evidence.config):
        judge = judges(evidence.config)[0]
        real, fake = (window(evidence, column) for column in (judge.real, judge.fake))
        if len(real) and len(fake):
            says_real, says_fake = number(float(real.mean())), number(float(fake.mean()))
            return [_Said(f"{judge.name} says {says_real} to real images and {says_fake} to fakes")]
    return [_Said("none of the curves grows without end")]


def _quality(condition: Condition, evidence: Evidence) -> list[_Said]:
    course = trend(evidence)
    if course is None:
        return []
    floor = "" if course.floor is None else f" (real images: {number(course.floor)})"
    rising = "rising" if course.larger else "falling"
    still = f" and still {rising}" if condition is Condition.IMPROVING else ""
    newest = number(course.numbers[-1])
    if condition is Condition.WATCHING and far(course):
        return [_Said(f"{course.called} is still {newest}{floor}", course.measured)]
    return [_Said(f"{course.called} is {newest}{floor}{still}", course.measured)]
