"""D knows its images instead of what they have in common."""

from __future__ import annotations

import math

from gan_lab.coach.cures import augment, blur, flatter_d, slower_d
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.quality import newest

GAP = 0.2
"""Of training pictures right, less of others: healthy runs -0.1 to 0.14; with 60 digits 0.67."""
_SIGMAS = 3.0


def look(evidence: Evidence) -> Sign | None:
    probe = evidence.probed("right_train", "right_held_out")
    if probe is not None and probe.right_train is not None and probe.right_held_out is not None:
        train, aside = probe.right_train, probe.right_held_out
        chance = _SIGMAS * math.sqrt(0.25 / probe.n + 0.25 / (probe.n_held_out or probe.n))
        if train - aside > max(GAP, chance) and train > 0.6:
            seen = (
                f"D calls {train:.0%} of its training images real, but only {aside:.0%} of the"
                f" held-out ones ({evidence.total} to train on)."
            )
            return Sign(min(0.95, 0.6 + (train - aside) / 2), seen, measured=probe.step)
    both = newest(evidence, "d-gap", "raw") or newest(evidence, "d-gap")
    if both and min(one.number for _, one in both) > GAP:
        share = both[-1][1].number
        seen = f"D is right on {share:.0%} more of its training images than of held-out ones."
        return Sign(0.85, seen, measured=both[0][0])
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    return (*augment(config), *flatter_d(config), slower_d(config), blur(config))[:3]


RULE = Rule(
    "d-memorises",
    "D memorises its images",
    Weight.NEWS,
    "There are so few images that D can know each of them instead of what they have in common. The"
    " fakes may still get better for a long time; augmentation makes that time longer.",
    "Karras et al. 2020 (ADA), §2; Zhao et al. 2020, §3",
    look,
    advice,
    patience=150,
)
