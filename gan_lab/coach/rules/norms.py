"""Batch normalisation where it does harm."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.turns import over_the_batch

SMALL = 8
"""Pictures in a batch below which its statistics are mostly noise."""


def penalties(evidence: Evidence) -> tuple[str, ...]:
    """The gradient penalties that are on, by their knobs' names."""
    steady = evidence.config.regularisation
    return tuple(name for name in ("gp", "dragan", "r1", "r2") if getattr(steady, name))


def look(evidence: Evidence) -> Sign | None:
    config = evidence.config
    if (named := penalties(evidence)) and over_the_batch(config.networks.d):
        seen = f"D has batch normalisation and the penalty {', '.join(named)} at once."
        return Sign(0.85, seen, named, 0, evidence.step)
    normed = [
        name
        for name, network in (("G", config.networks.g), ("D", config.networks.d))
        if over_the_batch(network)
    ]
    if normed and config.training.batch < SMALL:
        seen = (
            f"{' and '.join(normed)} normalise{'' if len(normed) > 1 else 's'} over batches of"
            f" {config.training.batch}."
        )
        return Sign(0.75, seen, (), 0, evidence.step)
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config, named = evidence.config, penalties(evidence)
    if named and over_the_batch(config.networks.d):
        found = [
            Advice("Switch the penalty off.", tuple((f"regularisation.{n}", 0.0) for n in named))
        ]
        if config.networks.d.family != "layers":
            words = "Build D without batch normalisation; the penalty then does what it says."
            found.insert(0, Advice(words, (("networks.d.batch_norm", "nowhere"),)))
        if config.objective.loss == "wasserstein" and not config.regularisation.weight_clip:
            found = found[:1]  # nothing else would bound the critic
        return tuple(found)
    sides = [
        (f"networks.{side}.norm", "instance")
        for side in "gd"
        if over_the_batch(getattr(config.networks, side))
        and getattr(config.networks, side).family != "layers"
    ]
    found = [Advice("Take larger batches.", (("training.batch", 32),))]
    if sides:
        found.append(Advice("Normalise each picture by itself.", tuple(sides)))
    return tuple(found)


RULE = Rule(
    "norms",
    "Batch normalisation in the wrong place",
    Weight.CAUTION,
    "It makes each score depend on all pictures of the batch. A gradient penalty, which is meant"
    " picture by picture, then means something else; in small batches the statistics are noise.",
    "Gulrajani et al. 2017, §4; Wu & He 2018, §1",
    look,
    advice,
    patience=0,
    warm_up=0,
)
