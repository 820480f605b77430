"""A learning rate that no game of this kind survives."""

from __future__ import annotations

import numpy as np

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import (
    first_round,
    generators,
    judges,
    number,
    rate_of,
    stretch,
    window,
)
from gan_lab.coach.turns import calmer

HIGH = {"adam": 0.02, "adamw": 0.02, "rmsprop": 0.02, "sgd": 0.5}
"""Above which a rate is too high, whatever the curves look like."""
HOPELESS = 4.0
"""Times that limit from which nobody need wait for what it does."""
SUSPECT = 0.4
"""Share of that from which leaping losses are put down to the rate."""
LEAP = 0.35
"""Mean change of a loss from round to round, as a share of its size, that is no noise."""


def look(evidence: Evidence) -> Sign | None:
    config = evidence.config
    first, last = stretch(evidence)
    players = (*(judge.name for judge in judges(config)), *generators(config))
    for name in players:
        rates = window(evidence, f"lr/{name}", 50)
        if not len(rates) or evidence.step <= first_round(config):
            continue
        rate, limit = float(rates.mean()), HIGH[config.optim.of(name).name]
        column = "loss/G" if name.startswith("G") else f"loss/{name}"
        loss = window(evidence, column)
        leaps = 0.0
        if len(loss) >= 50:
            leaps = float(np.abs(np.diff(loss)).mean() / max(float(np.abs(loss).mean()), 0.1))
        leaping = leaps > LEAP
        if rate > limit or (rate > SUSPECT * limit and leaping):
            jumps = f", and its loss leaps by {100 * leaps:.0f} % a round" if leaping else ""
            seen = f"The learning rate of {name} is {number(rate)}{jumps}."
            sure = 0.95 if rate > limit and leaping else 0.8 if rate > limit else 0.6
            certain = leaping or rate > HOPELESS * limit
            return Sign(
                sure, seen, (f"lr/{name}", column), first, last,
                symptom=certain, settings=(rate_of(config, name),),
            )  # fmt: skip
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    fast = {
        player: HIGH[getattr(config.optim, player).name] / 10.0
        for player in "gd"
        if getattr(config.optim, player).lr > SUSPECT * HIGH[getattr(config.optim, player).name]
    }
    if not fast:  # one player alone has a rate of its own
        return (calmer(config),)
    who = " and ".join(player.upper() for player in fast)
    words = f"Lower the learning rate of {who}, so that no step overshoots."
    return (Advice(words, tuple((f"optim.{p}.lr", rate) for p, rate in fast.items())),)


RULE = Rule(
    "rate-high",
    "The learning rate is too high",
    Weight.TROUBLE,
    "Steps are so long that each lands beyond where it should. The players then throw each other"
    " about, or one is thrown to where it learns no more.",
    "Radford et al. 2016, §4 (0.001 was already too high)",
    look,
    advice,
)
