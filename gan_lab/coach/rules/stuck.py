"""Both losses rest, but the fakes are bad: D is blind."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import number
from gan_lab.coach.quality import far, trend
from gan_lab.coach.rules.equilibrium import resting
from gan_lab.coach.turns import scaled

BLIND = 0.2
"""Noise on D's input, beside pictures from -1 to 1, from which it may hide what fakes lack."""


def look(evidence: Evidence) -> Sign | None:
    sign, course = resting(evidence), trend(evidence)
    if sign is None or course is None or not far(course):
        return None
    gain = course.gain(evidence.step // 2)
    if gain is None or gain > 1.0:
        return None
    floor = number(course.floor) if course.floor is not None else "?"
    words = (
        f"{sign.seen}, but {course.called} is {number(course.numbers[-1])} (real ones:"
        f" {floor}) and gets no better."
    )
    return Sign(0.75, words, sign.columns, sign.first, sign.last, course.measured)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config, found = evidence.config, []
    if config.objective.instance_noise > BLIND:
        less = ("objective.instance_noise", BLIND / 2)
        found.append(Advice("Lay less noise over what D sees: it hides the difference.", (less,)))
    if config.optim.d.lr * 3.0 <= 2e-2 or config.optim.d.name == "sgd":
        faster = scaled(config, "optim.d.lr", 3.0)
        found.append(Advice("Let D learn faster, so that it sees what is wrong.", (faster,)))
    if config.optim.d.steps < 5:
        more = ("optim.d.steps", config.optim.d.steps + 1)
        found.append(Advice("Give D one move more in each round.", (more,)))
    found.append(Advice("Build a wider D; this one may be too small to see the difference."))
    return tuple(found[:3])


RULE = Rule(
    "stuck",
    "At rest, but stuck",
    Weight.CAUTION,
    "The losses look like balance because D sees no difference, though there is one. A D that is"
    " too weak, too slow or too strongly held tells G nothing.",
    "Goodfellow et al. 2014, proposition 1; Arora et al. 2017, §3",
    look,
    advice,
    patience=300,
    warm_up=500,
)
