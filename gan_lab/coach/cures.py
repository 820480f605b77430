"""What to try against faults of pictures, from the configuration as it stands."""

from __future__ import annotations

from gan_lab.coach.findings import Advice
from gan_lab.coach.turns import over_the_batch, paced, scaled
from gan_lab.config import RunConfig

_SIGHTED = ("dcgan", "dense", "residual", "progressive")  # D that can be shown a whole batch
_ENLARGING = ("dcgan", "residual", "unet", "translate")


def even_moves(config: RunConfig) -> tuple[Advice, ...]:
    """G no faster than D, where it is."""
    g, d = config.optim.g, config.optim.d
    if g.steps <= d.steps and (d.lr >= g.lr / 4 or d.name != g.name):
        return ()
    words = "Let D keep up with G, so that it notices what G repeats."
    return (Advice(words, paced(config, "g")),)


def slower_g(config: RunConfig) -> Advice:
    words = "Lower G's learning rate: D then unlearns what G repeats before G has left it."
    return Advice(words, (scaled(config, "optim.g.lr", 0.25),))


def slower_d(config: RunConfig) -> Advice:
    words = "Lower D's learning rate, so that it learns less of single pictures."
    return Advice(words, (scaled(config, "optim.d.lr", 0.5),))


def see_the_batch(config: RunConfig) -> tuple[Advice, ...]:
    """Let D compare the pictures of a batch, if it can and does not yet."""
    d = config.networks.d
    if d.compares_batch or d.family not in _SIGHTED:
        return ()
    words = "Show D how much the pictures of a batch differ: one drawn over and over stands out."
    return (Advice(words, (("networks.d.minibatch", "stddev"),)),)


def match_features(config: RunConfig) -> tuple[Advice, ...]:
    if config.objective.features or config.objective.game not in ("generation", "plane"):
        return ()
    words = "Let G match what D's inner layers see of real pictures on average, all kinds together."
    return (Advice(words, (("objective.features", 1.0),)),)


def flatter_d(config: RunConfig, least: float = 1.0) -> tuple[Advice, ...]:
    """A penalty on D's slope, and a D without batch normalisation, which does not go with it."""
    r1 = min(10_000.0, max(least, 4.0 * config.regularisation.r1))
    if over_the_batch(config.networks.d):
        if config.networks.d.family == "layers":
            return ()
        words = "Build D without batch normalisation, and keep it flat at real pictures (R1)."
        return (Advice(words, (("networks.d.batch_norm", "nowhere"), ("regularisation.r1", r1))),)
    words = "Keep D flat at real pictures (R1), so that it cannot raise a peak at each of them."
    return (Advice(words, (("regularisation.r1", r1),)),)


def augment(config: RunConfig) -> tuple[Advice, ...]:
    """Shift and cut what D sees, where nothing is done yet; points cannot be."""
    if config.objective.augment != "none" or config.objective.game == "plane":
        return ()
    words = "Shift and cut every picture that D sees: it never meets the same one twice."
    return (Advice(words, (("objective.augment", "geometry"),)),)


def blur(config: RunConfig) -> Advice:
    sigma = min(2.0, max(0.1, 2.0 * config.objective.instance_noise))
    words = "Lay noise over every picture that D sees: single pictures then look less their own."
    return Advice(words, (("objective.instance_noise", sigma),))


def enlarge_by_copying(config: RunConfig) -> tuple[Advice, ...]:
    """Copied pixels, then a convolution, where G enlarges otherwise."""
    g = config.networks.g
    changes: list[tuple[str, str]] = []
    if g.family in _ENLARGING and g.up != "upsample":
        changes.append(("networks.g.up", "upsample"))
    if g.family == "dcgan" and g.last_up not in ("same", "upsample"):
        changes.append(("networks.g.last_up", "upsample"))
    if not changes:
        return ()
    words = "Enlarge by copying pixels and a convolution behind it, which weighs all places alike."
    return (Advice(words, tuple(changes)),)


def more_z(config: RunConfig) -> tuple[Advice, ...]:
    """Room for G to choose from, where z has hardly any."""
    least = 2 if config.objective.game == "plane" else 8
    noise = config.objective.game in ("generation", "progressive", "plane")
    if not noise or config.latent.dim >= least:
        return ()
    words = "Give z more numbers: with so few, G can draw but a line or a sheet of pictures."
    return (Advice(words, (("latent.dim", least * 8),)),)


def leaky_g(config: RunConfig, player: str) -> tuple[Advice, ...]:
    network = config.networks.g if player[:1] == "G" else config.networks.d
    if network.activation == "leaky" or network.family == "layers":
        return ()
    words = f"Use leaky bends in {player[:1]}: a unit that is silent still learns."
    return (Advice(words, ((f"networks.{player[:1].lower()}.activation", "leaky"),)),)
