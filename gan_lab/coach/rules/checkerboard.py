"""A pattern of squares lies over what G draws."""

from __future__ import annotations

from gan_lab.coach.cures import enlarge_by_copying
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import grows

EARLY = 500
"""Rounds in which the pattern of the first weights fades."""
VARIED = 0.5
"""Spread from which on fakes are pictures at all."""
STRONG = 8.0
"""Times as strong as around it: healthy runs had 0.7 to 7 at steps past 250."""


def look(evidence: Evidence) -> Sign | None:
    probe = evidence.probed("checkers", "spread")
    if probe is None or probe.checkers is None or probe.step < EARLY or grows(evidence):
        return None
    if probe.checkers < STRONG or (probe.spread or 0.0) < VARIED:
        return None
    seen = (
        f"Patterns of 2 or 4 px stand out {probe.checkers:.0f} times as far of the spectrum of"
        " fakes as of that of real pictures."
    )
    return Sign(0.9 if probe.checkers > 3 * STRONG else 0.7, seen, measured=probe.step)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    longer = Advice("Or train on: a pattern that D sees fades, as G learns to even it out.")
    return (*enlarge_by_copying(evidence.config), longer)


RULE = Rule(
    "checkerboard",
    "A checkerboard in the pictures",
    Weight.CAUTION,
    "Transposed convolutions write on some pixels more often than on others, and pixels made of"
    " channels start out uneven. G has to learn to even that out, and often does not quite.",
    "Odena et al. 2016, Deconvolution and checkerboard artifacts",
    look,
    advice,
    patience=300,
)
