"""Nothing gets better any more: stop here."""

from __future__ import annotations

from gan_lab.coach.doubts import doubts
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import number, played
from gan_lab.coach.quality import trend

MEASURES = 12
"""Least measures over the second half of the run."""
FLAT = 1.0
"""Gain, in units of the measure's noise, that is none."""


def look(evidence: Evidence) -> Sign | None:
    course = trend(evidence)
    if course is None or doubts(evidence):
        return None
    first = max(evidence.step - played(evidence) // 2, max(evidence.turned, default=0))
    late = [number for step, number in zip(course.steps, course.numbers, strict=True)
            if step >= first]  # fmt: skip
    gain = course.gain(first)
    if len(late) < MEASURES or gain is None or gain > FLAT:
        return None
    floor = "" if course.floor is None else f" (real ones: {number(course.floor)})"
    seen = (
        f"Around {number(sum(late) / len(late))}{floor} since step {first:,}: {course.called} gets"
        " no better."
    )
    return Sign(0.7, seen, (), first, evidence.step, course.measured)


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    found = [Advice("Stop here, and take the best saved state.")]
    rates = evidence.config.optim
    if rates.g.schedule == "constant" and rates.d.schedule == "constant":
        changes = tuple((f"optim.{p}.lr", float(f"{getattr(rates, p).lr / 3:.2g}")) for p in "gd")
        found.append(Advice("Or go on with smaller steps, for the last bit.", changes))
    return tuple(found)


RULE = Rule(
    "converged",
    "Converged: stop here",
    Weight.NEWS,
    "The measure has stayed where it is for half of the run. More rounds mostly move G about among"
    " equally good places.",
    "Heusel et al. 2017, §2; Lucic et al. 2018, §5",
    look,
    advice,
    patience=500,
    warm_up=1000,
)
