"""Labels that teach D the wrong thing."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import judges, number
from gan_lab.config.objective import LOSSES_WITH_TARGETS

FLIPPED = 0.2
"""Share of flipped labels from which D learns mostly noise."""
MUCH = 0.3
"""Smoothing of real labels that leaves D little to say."""


def look(evidence: Evidence) -> Sign | None:
    objective = evidence.config.objective
    if objective.loss not in LOSSES_WITH_TARGETS:
        return None
    columns = tuple(judge.fake for judge in judges(evidence.config))
    said = []
    if objective.smooth_fake > 0.0:
        said.append(f"fakes count as {number(objective.smooth_fake)} instead of 0")
    if objective.smooth_real > MUCH:
        said.append(f"real pictures count as {number(1.0 - objective.smooth_real)} only")
    if objective.label_flip > FLIPPED:
        said.append(f"{100.0 * objective.label_flip:.0f} % of the labels are the wrong way round")
    if not said:
        return None
    words = " and ".join(said)
    return Sign(0.9, f"{words[0].upper()}{words[1:]}.", columns, 0, evidence.step)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    objective, changes = evidence.config.objective, []
    if objective.smooth_fake > 0.0:
        changes.append(("objective.smooth_fake", 0.0))
        if not objective.smooth_real:
            changes.append(("objective.smooth_real", 0.1))
    if objective.smooth_real > MUCH:
        changes.append(("objective.smooth_real", 0.1))
    if objective.label_flip > FLIPPED:
        changes.append(("objective.label_flip", 0.05))
    return (Advice("Smooth the real side alone, and gently.", tuple(changes)),)


RULE = Rule(
    "smoothing",
    "Labels smoothed on the wrong side",
    Weight.CAUTION,
    "If fakes count as partly real, D's best answer where there are only fakes is not 0, and G is"
    " praised for staying there. Smooth the labels of real pictures only, to about 0.9.",
    "Salimans et al. 2016, §3.4",
    look,
    advice,
    patience=0,
    warm_up=0,
)
