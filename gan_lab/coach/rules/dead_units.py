"""Units that never fire."""

from __future__ import annotations

from gan_lab.coach.cures import leaky_g
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.turns import slower

DEAD = 0.5
"""Share of a player's units: healthy runs had 0 to 0.2, the most on the plane."""


def look(evidence: Evidence) -> Sign | None:
    name, share = _worst(evidence)
    if share < DEAD or (probe := evidence.probed("dead")) is None:
        return None
    seen = f"{share:.0%} of the hidden units of {name} give 0 for every picture."
    return Sign(0.9, seen, measured=probe.step)


def _worst(evidence: Evidence) -> tuple[str, float]:
    probe = evidence.probed("dead")
    dead = (probe and probe.dead) or {}
    name = max(dead, key=lambda player: dead[player], default="G")
    return name, dead.get(name, 0.0)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    name, _ = _worst(evidence)
    why = "no step is then so long that it silences a unit for good."
    return (*leaky_g(evidence.config, name), slower(evidence.config, name[:1].lower(), 0.25, why))


RULE = Rule(
    "dead-units",
    "Units that never fire",
    Weight.CAUTION,
    "Their bend gives 0 for every input, so no gradient reaches their weights and they stay so."
    " One step that was too large is enough.",
    "Maas et al. 2013, §2; Radford et al. 2016, §3",
    look,
    advice,
    patience=100,
)
