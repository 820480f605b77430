"""A Wasserstein critic that nothing holds."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import judges


def look(evidence: Evidence) -> Sign | None:
    config, steady = evidence.config, evidence.config.regularisation
    held = (steady.weight_clip, steady.gp, steady.dragan, steady.r1, steady.r2)
    if config.objective.loss != "wasserstein" or any(held) or config.networks.d.spectral_norm:
        return None
    columns = tuple(judge.loss for judge in judges(config))
    seen = "The loss is Wasserstein, and neither clipping nor a penalty bounds the critic."
    return Sign(0.95, seen, columns, 0, evidence.step)


def advice(_: Evidence) -> tuple[Advice, ...]:
    return (
        Advice("Hold the critic's slope at 1 (WGAN-GP).", (("regularisation.gp", 10.0),)),
        Advice("Or cut its weights (WGAN).", (("regularisation.weight_clip", 0.01),)),
    )


RULE = Rule(
    "unbounded",
    "Nothing holds the critic",
    Weight.CAUTION,
    "Its scores can grow without end, and larger scores are always a better loss. They then say"
    " nothing about distance, and gradients grow with them.",
    "Arjovsky et al. 2017, §3; Gulrajani et al. 2017, §3",
    look,
    advice,
    patience=0,
    warm_up=0,
)
