"""Pictures stick at black and white."""

from __future__ import annotations

from gan_lab.coach.cures import even_moves, flatter_d
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.turns import slower

EARLY = 100
STUCK = 0.4
"""Share of what could be grey: broken runs had 0.6 to 0.8; healthy ones below 0.05."""


def look(evidence: Evidence) -> Sign | None:
    probe = evidence.probed("blank", "blank_real")
    if probe is None or probe.blank is None or probe.step < EARLY:
        return None
    real = probe.blank_real or 0.0
    if probe.blank < STUCK * (1.0 - real) or probe.blank < 0.05:
        return None
    seen = (
        f"{probe.blank + real:.0%} of the pixels of fakes are wholly black or white; of real"
        f" pictures {real:.0%} are."
    )
    return Sign(0.85, seen, measured=probe.step)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    calm = slower(config, "g", 0.25, "shorter steps leave its last bend where it has a slope.")
    return (*even_moves(config), calm, *flatter_d(config))[:3]


RULE = Rule(
    "saturated",
    "Pixels stick at the ends",
    Weight.TROUBLE,
    "G's last bend is pressed to its ends, where it has hardly any slope, so G can hardly learn"
    " its way back. Steps that are too large drive it there.",
    "Glorot & Bengio 2010, §3; Radford et al. 2016, §3",
    look,
    advice,
    patience=150,
)
