"""Both losses rest: D cannot tell, and what was measured is good or not known."""

from __future__ import annotations

from gan_lab.coach.doubts import doubts
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import judges, number, rest_of, stretch, told, window
from gan_lab.coach.quality import trend
from gan_lab.coach.rules.d_untrained import BEHIND, behind

NEAR = 0.03
"""Distance of D's loss to where it rests, as a share of it."""
GAP = 0.04
"""D(x) - D(G(z)) at rest."""


def resting(evidence: Evidence) -> Sign | None:
    """The losses at rest, whatever that means."""
    found = None
    for judge in judges(evidence.config):
        says, loss = told(evidence, judge), window(evidence, judge.loss)
        if says is None or len(loss) < 80:
            return None
        rest, mean = rest_of(evidence, judge), float(loss.mean())
        if abs(mean - rest) > NEAR * rest or abs(sum(says) - 1.0) > GAP:
            return None
        seen = f"{judge.name}'s loss is {number(mean)}, where it rests ({number(rest)})"
        found = Sign(0.7, seen, (judge.loss, judge.real, judge.fake), *stretch(evidence))
    return found


def look(evidence: Evidence) -> Sign | None:
    lag = behind(evidence)
    if (sign := resting(evidence)) is None or (lag is not None and lag >= BEHIND):
        return None
    if doubts(evidence):
        return None
    course = trend(evidence)
    if course is None:
        return Sign(0.4, f"{sign.seen}; nothing has been measured yet to say if that is good.",
                    sign.columns, sign.first, sign.last)  # fmt: skip
    words = f"{sign.seen}, and {course.called} is {number(course.numbers[-1])}."
    return Sign(0.8, words, sign.columns, sign.first, sign.last, course.measured)


def advice(_: Evidence) -> tuple[Advice, ...]:
    return (Advice("Nothing to mend: the losses alone will say no more; go by the measures."),)


RULE = Rule(
    "equilibrium",
    "The losses rest",
    Weight.NEWS,
    "D's best answer is one half where fakes are like real pictures. The same numbers come out if"
    " D is blind, so only the measures can tell.",
    "Goodfellow et al. 2014, proposition 1",
    look,
    advice,
    patience=200,
    warm_up=300,
)
