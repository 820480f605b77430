"""Readings grow exponentially: soon they will be no numbers."""

from __future__ import annotations

import numpy as np

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import generators, judges, number, stretch, window
from gan_lab.coach.turns import calmer, clipped, reined

LARGE = 50.0
"""Size of a reading below which there is time."""
HOPELESS = 1e6
"""Size from which growth need not be waited for."""
TIMES = 4.0
"""Growth within 16 rounds, and its square within 32, that is exponential."""


def look(evidence: Evidence) -> Sign | None:
    config = evidence.config
    players = (*(judge.name for judge in judges(config)), *generators(config))
    columns = ("loss/G", *(judge.loss for judge in judges(config)), *(f"grad/{p}" for p in players))
    for column in columns:
        size = np.abs(window(evidence, column, 50))
        if len(size) < 20:
            continue
        now = float(np.median(size[-5:]))
        third = len(size) // 3
        a, b, c = (float(np.median(x)) for x in (size[:third], size[third:-third], size[-third:]))
        growing = c > TIMES * b and c > TIMES**2 * a
        if (now > LARGE and growing) or now > HOPELESS:
            seen = f"{column} has grown from {number(a)} to {number(now)} in {len(size)} rounds."
            return Sign(0.9, seen, (column,), *stretch(evidence, 50))
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    back = Advice("Go back to before it began (Undo), and then take smaller steps.")
    config = evidence.config
    return (*reined(config), calmer(config), *clipped(config), back)[:3]


RULE = Rule(
    "nan-coming",
    "The numbers are about to break",
    Weight.TROUBLE,
    "A reading multiplies itself every few rounds. Soon it will not fit into a number, and the run"
    " will end.",
    "Goodfellow, Bengio & Courville 2016, §4.1 (overflow), §10.11.1",
    look,
    advice,
    patience=0,
    warm_up=25,
)
