"""The players chase each other in circles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import has_labels, judges, number, stretch, window
from gan_lab.coach.turns import calmer, over_the_batch, slower

ROUNDS = 400
"""Length of curve that is looked at."""
SHARE = 0.5
"""Of a curve's power in one period and its neighbours, from which it swings and is no noise."""
SWING = 0.1
"""Standard deviation of an opinion, from 0 to 1, below which a swing does no harm."""


def period(curve: NDArray[np.float32]) -> tuple[float, float, float]:
    """The strongest period of a curve in readings, its share of all power, and the standard
    deviation of that curve, all after a straight line is taken off and ten neighbours are averaged.
    """
    smooth = np.convolve(curve.astype(np.float64), np.ones(10) / 10, "valid")
    at = np.arange(len(smooth))
    smooth = smooth - np.polyval(np.polyfit(at, smooth, 1), at)
    power = np.abs(np.fft.rfft(smooth * np.hanning(len(smooth)))) ** 2
    slow = float(power[:3].sum())
    power[:3] = 0.0  # fewer than three times there and back is no swinging
    if not (whole := float(power.sum())):
        return 0.0, 0.0, 0.0
    peak = int(power.argmax())
    near = float(power[max(0, peak - 1) : peak + 2].sum())
    return len(smooth) / peak, near / (whole + slow), float(smooth.std())


def look(evidence: Evidence) -> Sign | None:
    if not has_labels(evidence.config):
        return None
    first, last = stretch(evidence, ROUNDS)
    for judge in judges(evidence.config):
        for column in (judge.fake, judge.real):
            curve = window(evidence, column, ROUNDS)
            if len(curve) < ROUNDS // 2:
                continue
            length, share, swing = period(curve)
            if share > SHARE and swing > SWING:
                seen = (
                    f"{column} goes to and fro every {length:.0f} rounds, by about"
                    f" {number(1.4 * swing)} each way."
                )
                return Sign(min(0.95, 0.5 + share / 2), seen, (column,), first, last)
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config, found = evidence.config, []
    high = [p for p in "gd" if config.optim.of(p.upper()).beta1 > 0.5]
    if high:
        found.append(
            Advice(
                "Set β1 to 0: Adam then stops going on in directions that have long been wrong.",
                tuple((f"optim.{p}.beta1", 0.0) for p in high),
            )
        )
    heavy = [p for p in "gd" if config.optim.of(p.upper()).momentum > 0.0]
    if heavy:
        found.append(
            Advice("Take momentum away.", tuple((f"optim.{p}.momentum", 0.0) for p in heavy))
        )
    if not config.regularisation.r1 and not over_the_batch(config.networks.d):
        words = "Keep D flat at real pictures (R1): it damps the circle."
        found.append(Advice(words, (("regularisation.r1", 0.1),)))
    return (*found, calmer(config, 0.3), slower(config, "g", 0.5, "D can keep up."))[:3]


RULE = Rule(
    "oscillation",
    "The players swing to and fro",
    Weight.TROUBLE,
    "Each player answers what the other did a moment ago, so both run in circles around their"
    " balance. Momentum and long steps make the circle wider.",
    "Mescheder et al. 2018, §2; Gidel et al. 2019 (negative momentum)",
    look,
    advice,
    patience=200,
    warm_up=400,
)
