"""G's gradient dies away."""

from __future__ import annotations

import numpy as np

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import generators, number, stretch, window
from gan_lab.coach.quality import far, trend
from gan_lab.coach.turns import blurred, slower, unsaturated

TINY = 1e-3
"""Length of G's gradient below which it may have died away."""
SHARE = 0.02
"""Of its length at its best, from which on it has."""


def look(evidence: Evidence) -> Sign | None:
    course = trend(evidence)
    if course is not None and far(course) is False:
        return None
    for name in generators(evidence.config):
        column = f"grad/{name}"
        now, (_, whole) = window(evidence, column), evidence.course(column)
        if len(now) < 50 or not len(whole):
            continue
        length, best = float(np.median(now)), float(whole.max())
        if length < TINY and length <= SHARE * best:
            seen = f"The gradient of {name} is {number(length)} long; it was {number(best)}."
            return Sign(0.9, seen, (column,), *stretch(evidence))
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    first = slower(config, "d", 0.25, "its answer keeps a slope.")
    return (*unsaturated(config), first, blurred())


RULE = Rule(
    "vanishing",
    "G's gradient vanishes",
    Weight.TROUBLE,
    "What D says hardly depends on the fakes any more, so nothing tells G which way to go. It"
    " happens when D is sure and the loss saturates, or when units die.",
    "Goodfellow et al. 2014, §3; Arjovsky & Bottou 2017, theorem 2.4",
    look,
    advice,
)
