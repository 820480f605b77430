"""G leaves out a part of what is real."""

from __future__ import annotations

from gan_lab.coach.cures import (
    even_moves,
    flatter_d,
    match_features,
    more_z,
    see_the_batch,
    slower_g,
)
from gan_lab.coach.doubts import ALIKE
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import grows
from gan_lab.coach.quality import newest
from gan_lab.measures import Value

EARLY = 500
"""Rounds in which a G may still be finding kinds of pictures one by one."""
TWINS = 0.5
"""Share of twins: a z of one number had 1; healthy runs 0 to 0.31 from step 400 on."""
LOST = 0.3
"""Recall and coverage below this share of their floors."""
UNEVEN = 0.3
"""KL of the classes: 0.29 if a quarter of them is never drawn."""


def look(evidence: Evidence) -> Sign | None:
    probe = evidence.probed("spread")
    if (
        evidence.step < EARLY
        or grows(evidence)
        or (probe and probe.spread is not None and probe.spread < ALIKE)
    ):
        return None
    seen = [*_twins(evidence), *_measures(evidence)]
    if not seen:
        return None
    words = " ".join(said for said, _ in seen[:2])
    return Sign(min(0.95, 0.6 + 0.15 * len(seen)), words, measured=min(s for _, s in seen[:2]))


def _twins(evidence: Evidence) -> list[tuple[str, int]]:
    """What is said, and the step that it was measured at."""
    probe = evidence.probed("twins")
    if probe is None or probe.twins is None or evidence.kind.points or probe.twins < TWINS:
        return []
    said = f"{probe.twins:.0%} of {probe.n} fakes have a twin, nearer than real ones ever come."
    return [(said, probe.step)] if probe.step >= EARLY else []


def _measures(evidence: Evidence) -> list[tuple[str, int]]:
    """What the newest two measurements say alike, and the step of the older one."""
    names = dict.fromkeys(name for m in evidence.measured for name in m.values)
    return [
        (said, both[0][0])
        for name in names
        if (both := newest(evidence, name)) and (said := _lost(name, [v for _, v in both]))
    ]


def _lost(name: str, both: list[Value]) -> str:
    """What is left out to the mind of one metric; "" for nothing."""
    kind, number, floor = name.split("-", maxsplit=1)[0], both[-1].number, both[-1].floor
    if kind in ("recall", "coverage") and floor:
        if all(v.number < LOST * (v.floor or 0.0) for v in both):
            return f"{kind.capitalize()} is {number:.2f}, where real ones have {floor:.2f}."
    elif name == "modes" and floor:
        if all(v.number < (v.floor or 0.0) - 0.5 for v in both):
            return f"{number:.0f} of {floor:.0f} kinds are found."
    elif name == "classes-kl" and all(v.number > UNEVEN + (v.floor or 0.0) for v in both):
        return f"Some classes are hardly drawn: their KL divergence is {number:.2f}."
    return ""


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    every = (
        *more_z(config), *even_moves(config), *flatter_d(config), *see_the_batch(config),
        *match_features(config), slower_g(config),
    )  # fmt: skip
    return every[:3]


RULE = Rule(
    "partial-collapse",
    "Some kinds are left out",
    Weight.CAUTION,
    "G draws only a part of what is real, or nearly the same few pictures. D sees them one by one"
    " and does not miss the others; and a z of few numbers leaves G little to choose from.",
    "Salimans et al. 2016, §3.2; Kynkäänniemi et al. 2019; Naeem et al. 2020",
    look,
    advice,
    patience=300,
)
