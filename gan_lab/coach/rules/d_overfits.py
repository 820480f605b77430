"""D knows its images, and the fakes get worse."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Rule, Sign, Weight
from gan_lab.coach.play import lowered, number
from gan_lab.coach.quality import trend
from gan_lab.coach.rules import d_memorises

WORSE = 1.25
"""How many times as bad as at its best a metric is, twice in a row, that has turned. With 60 faces
it wavered by 1.16 and did not get worse."""


def look(evidence: Evidence) -> Sign | None:
    sign, course = d_memorises.look(evidence), trend(evidence)
    if sign is None or course is None or course.fresh < 2 or len(course.numbers) < 4:
        return None
    best, now = float(course.badness[:-2].min()), float(course.badness[-2:].min())
    if not course.is_worse(now, best, WORSE):
        return None
    seen = (
        f"{course.called} was {number(abs(best))} at its best and is {number(abs(now))};"
        f" {lowered(sign.seen)}"
    )
    measured = min(sign.measured or course.measured, course.measured)
    return Sign(sign.sure, seen[0].upper() + seen[1:], measured=measured)


RULE = Rule(
    "d-overfits",
    "D overfits, and the fakes get worse",
    Weight.TROUBLE,
    "There are so few images that D can know each of them instead of what they have in common."
    " What it then answers leads G to these images only, or nowhere.",
    "Karras et al. 2020 (ADA), §2; Zhao et al. 2020, §3",
    look,
    d_memorises.advice,
    patience=150,
)
