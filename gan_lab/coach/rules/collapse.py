"""G draws one picture over and over."""

from __future__ import annotations

from gan_lab.coach.cures import even_moves, match_features, more_z, see_the_batch, slower_g
from gan_lab.coach.doubts import ALIKE
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import grows

EARLY = 200
"""Rounds in which G has only begun to draw."""
TWINS = 0.7
"""Share of twins: collapsed runs had 0.95 to 1, a G that learns nothing 0.87; healthy ones 0.16."""


def look(evidence: Evidence) -> Sign | None:
    probe = evidence.probed("spread", *(() if evidence.kind.points else ("twins",)))
    if probe is None or probe.spread is None or probe.step < EARLY or grows(evidence):
        return None
    twins = probe.twins if not evidence.kind.points else 1.0
    if twins is None or probe.spread >= ALIKE or twins < TWINS:
        return None
    seen = f"{probe.n} fakes are {probe.spread:.0%} as far apart as real ones."
    if not evidence.kind.points:
        seen += f" {twins:.0%} have a twin, nearer than real ones ever come to each other."
    return Sign(0.95 if probe.spread < ALIKE / 2 else 0.8, seen, measured=probe.step)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    every = (
        *even_moves(config), slower_g(config), *more_z(config), *see_the_batch(config),
        *match_features(config),
    )  # fmt: skip
    return every[:3]


RULE = Rule(
    "collapse",
    "Mode collapse",
    Weight.TROUBLE,
    "G has found what D likes best at the moment and draws it whatever z is. Each fake is judged"
    " alone, so nothing tells G that they are all alike, and D only chases it to the next one.",
    "Goodfellow 2016, §5.1.1; Salimans et al. 2016, §3.2",
    look,
    advice,
    patience=150,
)
