"""The fakes still get better."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import first_round, number
from gan_lab.coach.quality import trend

CLEAR = 2.5
"""Gain over the newer part of the run, in units of the measure's noise."""


def look(evidence: Evidence) -> Sign | None:
    course = trend(evidence)
    if course is None:
        return None
    first = max(first_round(evidence.config), int(evidence.step * 0.6))
    if (gain := course.gain(first)) is None or gain < CLEAR:
        return None
    then = course.numbers[next(i for i, step in enumerate(course.steps) if step >= first)]
    newest = number(course.numbers[-1])
    seen = f"From {number(then)} to {newest} lately: {course.called} gets better."
    return Sign(min(0.95, 0.5 + gain / 20.0), seen, (), first, evidence.step, course.measured)


def advice(_: Evidence) -> tuple[Advice, ...]:
    return (Advice("Leave it alone: it still gets better."),)


RULE = Rule(
    "improving",
    "Still improving",
    Weight.NEWS,
    "What is measured gets better by more than it wavers. The losses need not show it, as both"
    " players get better together.",
    "Heusel et al. 2017, §4; Lucic et al. 2018, §5",
    look,
    advice,
    patience=100,
)
