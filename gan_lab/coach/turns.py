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


ADAPTIVE = ("adam", "adamw", "rmsprop")
"""Optimisers whose rate is the length of a step, whatever the gradient."""
BRISK = {"g": 1e-3, "d": 2e-3}
"""Such a rate that small players bear, D being the faster one (TTUR, Heusel et al. 2017)."""
GENTLE = 1e-4
"""Such a rate that overshoots nothing; far below it a run only takes longer."""


def paced(config: RunConfig, fast: str) -> tuple[tuple[str, float | int], ...]:
    """The slower player brought to half the pace of the faster one, "g" or "d", which is slowed
    only if it is out of reach: slowing alone would leave both behind."""
    slow = "d" if fast == "g" else "g"
    quick, other = getattr(config.optim, fast), getattr(config.optim, slow)
    moves: list[tuple[str, float | int]] = [(f"optim.{fast}.steps", 1)] if quick.steps > 1 else []
    if quick.name != other.name:  # their rates are of different kinds
        return tuple(moves)
    most = BRISK[slow] if quick.name in ADAPTIVE else quick.lr
    rate = max(other.lr, min(quick.lr / 2.0, most))
    if rate > other.lr:
        moves.append(scaled(config, f"optim.{slow}.lr", rate / other.lr))
    if quick.lr > 4.0 * rate:
        moves.append(scaled(config, f"optim.{fast}.lr", 2.0 * rate / quick.lr))
    return tuple(moves)


def _gentler(config: RunConfig, player: str, factor: float) -> tuple[str, float]:
    """A lower rate, but none at which nothing is learned any more."""
    path, rate = scaled(config, f"optim.{player}.lr", factor)
    optim = getattr(config.optim, player)
    return path, max(rate, min(optim.lr, GENTLE)) if optim.name in ADAPTIVE else rate


def calmer(config: RunConfig, factor: float = 0.1) -> Advice:
    """Both players take smaller steps."""
    changes = (_gentler(config, "g", factor), _gentler(config, "d", factor))
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


def bounded(config: RunConfig) -> bool:
    """Whether anything keeps a critic's slope from growing for ever."""
    steady = config.regularisation
    penalised = any((steady.weight_clip, steady.gp, steady.dragan, steady.r1, steady.r2))
    return penalised or config.networks.d.spectral_norm


def held(config: RunConfig) -> tuple[Advice, ...]:
    """The critic's slope at 1, but where it normalises over the batch: the two do not go together,
    see ``rules/norms.py``."""
    if over_the_batch(config.networks.d):
        return ()
    words = "Hold the critic's slope at 1 (WGAN-GP): without a bound its scores grow for ever."
    # the authors' own code takes 10 for pictures and 0.1 for points of the plane
    strength = 0.1 if config.objective.game == "plane" else 10.0
    return (Advice(words, (("regularisation.gp", strength),)),)


def reined(config: RunConfig) -> tuple[Advice, ...]:
    """A critic that has grown steep held loosely, with a G that keeps up, where nothing holds it.

    A strong penalty would throw a steep critic about as badly as no bound does.
    """
    free = config.objective.loss == "wasserstein" and not bounded(config)
    if not free or over_the_batch(config.networks.d):  # as in held
        return ()
    if config.optim.d.name not in ADAPTIVE:  # a penalty is steep itself, and so would its steps be
        return cut(config)
    pace = paced(config, "d") if config.optim.d.lr >= 16.0 * config.optim.g.lr else ()
    words = "Hold the critic's slope loosely (WGAN-GP)" + (", and let G keep up." if pace else ".")
    return (Advice(words, (("regularisation.gp", 0.1), *pace)),)


def cut(config: RunConfig) -> tuple[Advice, ...]:
    """The critic's weights cut, which bounds it from the next round on."""
    steady = config.regularisation
    if config.objective.loss != "wasserstein" or steady.weight_clip:
        return ()
    words = "Cut the critic's weights to ±0.01 (WGAN), which bounds it at once."
    return (Advice(words, (("regularisation.weight_clip", 0.01),)),)
