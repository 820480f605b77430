"""What speaks against calling a run healthy, though no rule has found anything (yet)."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.play import grows
from gan_lab.coach.probe import Probe
from gan_lab.coach.quality import far, trend

ALIKE = 0.5
"""Spread: collapsed runs had 0.14 to 0.34, one in between 0.60; healthy ones 0.8 to 1.04."""
MISJUDGED = 0.35
"""Share of images that D tells right, below which it is worse than guessing and G leads it."""
ONE_SIDED = 0.05
"""Share of the real images, or of the fakes, that D tells right, below which it gives nearly every
image the same answer."""


def doubts(evidence: Evidence) -> bool:
    """Whether the newest metric, the variety of the fakes or D's answers are unlike those of a
    healthy run. One metric or probe is enough: praise must be safe, unlike a finding."""
    return has_bad_metric(evidence) or misjudges(evidence) or uniform(evidence) is not None


def has_bad_metric(evidence: Evidence) -> bool:
    """Whether the newest number of the metric that says most, or the newest three together, are far
    from what real images get."""
    course = trend(evidence)
    return course is not None and bool(far(course) or far(course._replace(fresh=1)))


def uniform(evidence: Evidence) -> Probe | None:
    """The probe that found the fakes much more alike than real images; None if they are not."""
    probe = evidence.probed("spread")
    if probe is None or probe.spread is None or probe.spread >= ALIKE or grows(evidence):
        return None
    return probe


def misjudges(evidence: Evidence) -> bool:
    """Whether D gives nearly all images the same answer, or mostly the wrong one."""
    probe = evidence.probed("right_train", "right_fake")
    if probe is None or probe.right_train is None or probe.right_fake is None:
        return False
    right = (probe.right_train, probe.right_fake)
    return min(right) < ONE_SIDED or sum(right) / 2.0 < MISJUDGED
