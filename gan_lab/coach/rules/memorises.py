"""G draws training pictures."""

from __future__ import annotations

from gan_lab.coach.cures import augment, blur, flatter_d
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.quality import newest

COPIES = 0.1
"""Share of copies: healthy runs had 0, held-out pictures have 0.01."""


def look(evidence: Evidence) -> Sign | None:
    probe = evidence.probed("copies")
    if probe is not None and probe.copies is not None and probe.copies > COPIES:
        seen = (
            f"{probe.copies:.0%} of {probe.n} fakes are nearer to a single training picture than"
            " unseen real ones are."
        )
        return Sign(min(0.95, 0.6 + probe.copies), seen, measured=probe.step)
    both = newest(evidence, "memorised")
    if both and all(v.number > COPIES + 3.0 * (v.floor or 0.0) for _, v in both):
        seen = f"{both[-1][1].number:.0%} of fakes are near to one training picture."
        return Sign(0.8, seen, measured=both[0][0])
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    return (*augment(config), *flatter_d(config), blur(config))


RULE = Rule(
    "memorises",
    "G copies training pictures",
    Weight.CAUTION,
    "G makes pictures that D was trained on instead of new ones. It happens with few pictures, once"
    " D knows them by heart and answers well to these alone.",
    "Carlini et al. 2023, §4.2; Karras et al. 2020 (ADA), §2",
    look,
    advice,
    patience=200,
)
