"""Gradients have grown far beyond what they were."""

from __future__ import annotations

import numpy as np

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import first_round, generators, judges, number, stretch, window
from gan_lab.coach.turns import calmer, clipped, reined, scaled

TIMES = 30.0
"""As long as early in the run, from which a gradient explodes."""
LONG = 100.0
"""Length below which nobody worries."""
IMMENSE = 1000.0
"""Length that is too long, however long it was before."""


def look(evidence: Evidence) -> Sign | None:
    config = evidence.config
    for name in (*(judge.name for judge in judges(config)), *generators(config)):
        column = f"grad/{name}"
        now, (steps, whole) = window(evidence, column, 50), evidence.course(column)
        early = whole[
            (steps > first_round(config))
            & (steps <= max(evidence.step // 3, first_round(config) + 50))
        ]
        if len(now) < 25 or len(early) < 3:
            continue
        length, before = float(np.median(now)), float(np.median(early))
        if length > IMMENSE or (length > LONG and length > TIMES * before):
            seen = f"The gradient of {name} is {number(length)} long; early on it was"
            seen += f" {number(before)}."
            return Sign(0.85, seen, (column,), *stretch(evidence, 50))
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    found = [*clipped(config), calmer(config)]
    if config.objective.loss == "wasserstein":
        found = [*reined(config), *found]
    elif config.regularisation.gp > 10.0:
        found.append(Advice("Weaken the penalty.", (scaled(config, "regularisation.gp", 0.1),)))
    return tuple(found[:3])


RULE = Rule(
    "exploding",
    "Gradients explode",
    Weight.TROUBLE,
    "A player has become so steep that small changes move its scores far. Each step then throws it"
    " further off, which makes it steeper still.",
    "Pascanu et al. 2013, §2; Gulrajani et al. 2017, §3",
    look,
    advice,
    patience=50,
)
