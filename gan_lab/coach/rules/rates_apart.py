"""One player learns so much faster that the other one cannot answer."""

from __future__ import annotations

from typing import Any

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import judges, number, stretch, told
from gan_lab.coach.rules.d_untrained import behind
from gan_lab.coach.turns import paced
from gan_lab.config import get

APART = 16.0
"""Ratio of rates times moves; two time scales (TTUR) are four or five apart, rarely ten."""
ONE_SIDED = 0.9
"""D's certainty from which the faster D is too fast."""
GUESSING = 0.1
"""D(x) - D(G(z)) below which the faster G is too fast."""


def look(evidence: Evidence) -> Sign | None:
    lag = behind(evidence)
    if lag is None or 1.0 / APART < lag < APART:
        return None
    first, last = stretch(evidence)
    for judge in judges(evidence.config):
        if (says := told(evidence, judge)) is None:
            continue
        if lag >= APART and sum(says) - 1.0 < GUESSING:
            fast, slow, times = "G", judge.name, lag
        elif lag <= 1.0 / APART and min(says) > ONE_SIDED:
            fast, slow, times = judge.name, "G", 1.0 / lag
        else:
            continue
        seen = (
            f"{fast} learns {times:.0f} times as fast as {slow}; {judge.name} says"
            f" {number(says[0])} to real pictures and {number(1.0 - says[1])} to fakes."
        )
        columns = ("lr/G", f"lr/{judge.name}", judge.real, judge.fake)
        return Sign(0.8, seen, columns, first, last, settings=_pace(evidence))
    return None


def _pace(evidence: Evidence) -> tuple[tuple[str, Any], ...]:
    """The parameters of which the ratio is made, with their values."""
    paths = (f"optim.{player}.{name}" for player in "gd" for name in ("lr", "steps"))
    return tuple((path, get(evidence.config, path)) for path in paths)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    fast, slow = ("G", "D") if (behind(evidence) or 1.0) > 1.0 else ("D", "G")
    words = f"Let {slow} learn nearly as fast as {fast}, so that each can answer the other."
    return (Advice(words, paced(evidence.config, fast.lower())),)


RULE = Rule(
    "rates-apart",
    "Learning rates too far apart",
    Weight.TROUBLE,
    "The faster player is at the end of its road before the slower one has moved, so it answers an"
    " opponent that stands still. A few times apart helps; many times apart ends the game.",
    "Heusel et al. 2017 (TTUR), §2",
    look,
    advice,
    patience=150,
)
