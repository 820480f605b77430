"""A Wasserstein critic that nothing holds."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import judges
from gan_lab.coach.turns import bounded, cut, held


def look(evidence: Evidence) -> Sign | None:
    config = evidence.config
    if config.objective.loss != "wasserstein" or bounded(config):
        return None
    columns = tuple(judge.loss for judge in judges(config))
    seen = "The loss is Wasserstein, and neither clipping nor a penalty bounds the critic."
    return Sign(0.95, seen, columns, 0, evidence.step)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    return (*held(evidence.config), *cut(evidence.config))


RULE = Rule(
    "unbounded",
    "Nothing holds the critic",
    Weight.CAUTION,
    "Its scores can grow without end, and larger scores are always a better loss. They then say"
    " nothing about distance, and gradients grow with them.",
    "Arjovsky et al. 2017, §3; Gulrajani et al. 2017, §3",
    look,
    advice,
    patience=0,
    warm_up=0,
)
