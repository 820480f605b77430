"""The state of a run in one line."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Condition, Finding
from gan_lab.coach.play import first_round, has_labels, judges, number, played, window
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
        return f"{word}: {_lower(first.rule.title)}. {first.sign.seen}{others}"
    if condition is Condition.CONVERGED:
        said = next(f for f in findings if f.rule.name == "converged")
        return f"{word}: {_lower(said.sign.seen)}"
    if condition is Condition.STARTING:
        if evidence.step < first_round(evidence.config):
            return f"{word}: one player trains alone before the game begins."
        return f"{word}: {played(evidence)} rounds, too early to say anything."
    return f"{word}: {', '.join((*_duel(evidence), *_quality(condition, evidence)))}."


def _lower(words: str) -> str:
    """To go on a sentence: players keep their capitals."""
    return words if words[1:2] in (" ", "(", "'", "_") else words[0].lower() + words[1:]


def _duel(evidence: Evidence) -> list[str]:
    probe = evidence.probe
    if probe is not None and probe.right_train is not None and probe.right_fake is not None:
        right = 50.0 * (probe.right_train + probe.right_fake)
        return [f"D is right {right:.0f} times in 100 (50: it guesses)"]
    if has_labels(evidence.config):
        judge = judges(evidence.config)[0]
        real, fake = (window(evidence, column) for column in (judge.real, judge.fake))
        if len(real) and len(fake):
            says_real, says_fake = number(float(real.mean())), number(float(fake.mean()))
            return [f"{judge.name} says {says_real} to real pictures and {says_fake} to fakes"]
    return ["no curve runs away"]


def _quality(condition: Condition, evidence: Evidence) -> list[str]:
    course = trend(evidence)
    if course is None:
        return []
    floor = "" if course.floor is None else f" (real ones: {number(course.floor)})"
    rising = "rising" if course.larger else "falling"
    still = f" and still {rising}" if condition is Condition.IMPROVING else ""
    if condition is Condition.WATCHING and far(course):
        return [f"{course.called} is still {number(course.numbers[-1])}{floor}"]
    return [f"{course.called} is {number(course.numbers[-1])}{floor}{still}"]
