"""D tells nearly everything right, and G gets nothing to learn from."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import generators, judges, number, stretch, told, window
from gan_lab.coach.quality import trend
from gan_lab.coach.turns import blurred, slower, smoothed, unsaturated

SURE = 0.95
"""D's mean certainty of either side, above which it has won."""
BEYOND = 0.05
"""Hinge loss of D, of 2 at rest, below which all pictures are beyond the margin."""


def look(evidence: Evidence) -> Sign | None:
    course = trend(evidence)
    if course is not None and (course.gain(evidence.step // 2) or 0.0) > 2.0:
        return None  # ahead, but G learns all the same
    first, last = stretch(evidence)
    for judge in judges(evidence.config):
        columns = (judge.loss, judge.real, judge.fake)
        loss = window(evidence, judge.loss)
        by_margin = evidence.config.objective.loss == "hinge" and len(loss) >= 50
        if by_margin and (value := float(loss.mean())) < BEYOND:
            seen = f"{judge.name}'s loss is {number(value)} of 2: all are beyond its margin."
            return Sign(0.85, seen, (judge.loss,), first, last)
        says = told(evidence, judge)
        if says is None or len(loss) < 50 or min(says) < SURE:
            continue
        slope = window(evidence, f"grad/{generators(evidence.config)[0]}")
        push = f", G's gradient is {number(float(slope.mean()))}" if len(slope) else ""
        seen = (
            f"{judge.name} says {number(says[0])} to real pictures and {number(1.0 - says[1])} to"
            f" fakes{push}."
        )
        sure = 0.7 + 0.3 * (min(says) - SURE) / (1.0 - SURE)
        return Sign(min(sure, 0.99), seen, columns, first, last)
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    first = slower(config, "d", 0.25, "G can catch up.")
    return (*unsaturated(config), first, blurred(), *smoothed(config))[:3]


RULE = Rule(
    "d-wins",
    "D wins",
    Weight.TROUBLE,
    "D parts real from fake so surely that it hardly has anything left to learn, and what it tells"
    " G is one-sided: wrong, whatever you change. G falls behind.",
    "Arjovsky & Bottou 2017, §2; Goodfellow et al. 2014, §3",
    look,
    advice,
    patience=150,
    warm_up=200,
)
