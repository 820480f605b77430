"""Knobs to turn, worked out from the configuration as it stands."""

from __future__ import annotations

from gan_lab.coach.findings import Advice
from gan_lab.config import RunConfig, get, known
from gan_lab.config.networks import Network
from gan_lab.config.objective import LOSSES_WITH_TARGETS

NORMED = ("dcgan", "dense", "super", "unet", "translate", "patch")
"""Families that look at batch_norm."""


def over_the_batch(network: Network) -> bool:
    """Whether a network normalises over the batch anywhere."""
    if network.family == "layers":
        return any(layer.norm == "batch" for layer in network.layers)
    return network.family in NORMED and network.batch_norm != "nowhere" and network.norm == "batch"


def scaled(config: RunConfig, path: str, factor: float) -> tuple[str, float]:
    """A knob times a factor, in two digits and within its bounds."""
    knob, value = known(path), float(f"{get(config, path) * factor:.2g}")
    if knob.high is not None:
        value = min(value, knob.high)
    if knob.low is not None and not knob.low_open:
        value = max(value, knob.low)
    return path, value


def calmer(config: RunConfig, factor: float = 0.1) -> Advice:
    """Both players take smaller steps."""
    changes = (scaled(config, "optim.g.lr", factor), scaled(config, "optim.d.lr", factor))
    return Advice("Lower both learning rates, so that no step overshoots.", changes)


def slower(config: RunConfig, player: str, factor: float, why: str) -> Advice:
    """One player, "g" or "d", takes smaller steps, or fewer where it moves often."""
    name = player.upper()
    if get(config, f"optim.{player}.steps") > 1:
        return Advice(f"Let {name} move once a round: {why}", ((f"optim.{player}.steps", 1),))
    change = scaled(config, f"optim.{player}.lr", factor)
    return Advice(f"Lower {name}'s learning rate: {why}", (change,))


def unsaturated(config: RunConfig) -> tuple[Advice, ...]:
    """Another loss, where the one at hand has no slope once D is sure."""
    if config.objective.loss not in ("minimax", "probabilities"):
        return ()
    words = "Choose the non-saturating loss, whose gradient stays alive when D is sure."
    return (Advice(words, (("objective.loss", "non-saturating"),)),)


def blurred() -> Advice:
    """Noise over what D sees."""
    return Advice(
        "Lay noise over every picture that D sees: real and fake overlap again, and D's slope"
        " tells G where to go.",
        (("objective.instance_noise", 0.1),),
    )


def smoothed(config: RunConfig) -> tuple[Advice, ...]:
    """One-sided label smoothing, where the loss has labels and there is none yet."""
    objective = config.objective
    if objective.loss not in LOSSES_WITH_TARGETS or objective.smooth_real:
        return ()
    words = "Smooth the labels of real pictures to 0.9: D is never rewarded for being wholly sure."
    return (Advice(words, (("objective.smooth_real", 0.1),)),)


def clipped(config: RunConfig) -> tuple[Advice, ...]:
    """Gradients of bounded length, where they are not yet."""
    loose = [p for p in "gd" if not 0.0 < getattr(config.optim, p).clip_norm <= 1.0]
    if not loose:
        return ()
    words = "Shorten gradients to a length of 1, which tames single leaps."
    return (Advice(words, tuple((f"optim.{player}.clip_norm", 1.0) for player in loose)),)


def held(config: RunConfig) -> tuple[Advice, ...]:
    """The critic's slope at 1, but where it normalises over the batch: the two do not go together,
    see ``rules/norms.py``."""
    if over_the_batch(config.networks.d):
        return ()
    words = "Hold the critic's slope at 1 (WGAN-GP): without a bound its scores grow for ever."
    return (Advice(words, (("regularisation.gp", 10.0),)),)
