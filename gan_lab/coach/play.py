"""How a game is read off its curves: who judges, since when both play, what D's numbers mean."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_lab.coach.evidence import Evidence
from gan_lab.config import KNOBS, RunConfig
from gan_lab.config.optim import role_of
from gan_lab.config.paths import OVERRIDES
from gan_lab.games import game_of
from gan_lab.objectives import resting

_G_ALONE = KNOBS["training.g_pretrain"]
PROBABILITIES = ("non-saturating", "minimax", "probabilities")
"""Losses whose D(x) and D(G(z)) are probabilities of "real", each for itself."""
COMPARING = ("relativistic", "relativistic-average")
"""Losses whose D compares; its D(x) and D(G(z)) are chances to be the more real one."""


class Judge(NamedTuple):
    """A discriminator and its columns.

    Attributes:
        name: of the player.
        loss: column of its loss, ``real`` and ``fake`` those of its opinions.
        half: whether its loss is halved.
    """

    name: str
    loss: str
    real: str
    fake: str
    half: bool


def judges(config: RunConfig) -> tuple[Judge, ...]:
    """All discriminators of the game."""
    if config.objective.game == "unpaired":
        return (
            Judge("D_a", "loss/D_a", "D_a(a)", "D_a(G_ba(b))", True),
            Judge("D_b", "loss/D_b", "D_b(b)", "D_b(G_ab(a))", True),
        )
    return (Judge("D", "loss/D", "D(x)", "D(G(z))", config.objective.game == "paired"),)


def generators(config: RunConfig) -> tuple[str, ...]:
    """Names of all generators of the game."""
    return tuple(name for name in game_of(config).names if name[0] == "G")


def first_round(config: RunConfig) -> int:
    """The round from which on both players play."""
    alone = config.training.g_pretrain if _G_ALONE.counts_in(config) else 0
    return alone + config.training.d_pretrain


def played(evidence: Evidence) -> int:
    """Rounds in which both players moved."""
    return max(0, evidence.step - first_round(evidence.config))


def grows(evidence: Evidence) -> bool:
    """Whether G still grows or fades a level in: its images are coarse ones, enlarged, so they are
    less varied than whole real images, however good they are."""
    side, alpha = (evidence.newest(f"grow/{name}", 1) for name in ("side", "alpha"))
    return bool(len(side) and len(alpha)) and (side[0] < evidence.kind.size or alpha[0] < 1.0)


def has_labels(config: RunConfig) -> bool:
    """Whether D(x) and D(G(z)) say how sure D is; a critic's or a margin's scores have other
    units."""
    loss = config.objective.loss
    return loss in PROBABILITIES or loss in COMPARING or loss == "least-squares"


def window(evidence: Evidence, column: str, count: int = 100) -> NDArray[np.float32]:
    """The newest readings of a curve since both play and since a knob was last turned; at most
    ``count`` rounds back, may be empty."""
    since = max(first_round(evidence.config), max(evidence.turned, default=0))
    count = min(count, evidence.step - since)
    return evidence.newest(column, count) if count > 0 else np.empty(0, np.float32)


def stretch(evidence: Evidence, count: int = 100) -> tuple[int, int]:
    """First and last step of that window."""
    since = max(first_round(evidence.config), max(evidence.turned, default=0))
    return max(since, evidence.step - count), evidence.step


def told(evidence: Evidence, judge: Judge, count: int = 100) -> tuple[float, float] | None:
    """How sure D is of real pictures and of fakes, means of the window: D(x) and 1 - D(G(z)) where
    those are probabilities; None where they mean nothing of the kind or were not read."""
    if not has_labels(evidence.config):
        return None
    real, fake = (window(evidence, column, count) for column in (judge.real, judge.fake))
    if len(real) < 10 or len(fake) < 10:
        return None
    return float(real.mean()), 1.0 - float(fake.mean())


def rest_of(evidence: Evidence, judge: Judge) -> float:
    """Where a discriminator's loss rests."""
    return resting(evidence.config.objective).d * (0.5 if judge.half else 1.0)


def rate_of(config: RunConfig, player: str) -> tuple[str, float]:
    """The parameter that sets the learning rate of a network, and its value."""
    own = config.optim.players.get(player, {})
    path = f"{OVERRIDES}{player}.lr" if "lr" in own else f"optim.{role_of(player)}.lr"
    return path, config.optim.of(player).lr


_NAMES = {
    "lr": "learning rate", "steps": "updates a step", "gp": "gradient penalty",
    "dragan": "DRAGAN penalty", "r1": "R1 penalty", "r2": "R2 penalty", "vgg": "VGG loss",
    "ada": "adaptive augmentation", "label_flip": "share of flipped labels",
}  # fmt: skip


def named(path: str) -> str:
    """A parameter within a sentence: "D's learning rate"."""
    *parents, name = path.split(".")
    words = _NAMES.get(name, name.replace("_", " "))
    owner = parents[-1] if parents else ""
    if path.startswith(OVERRIDES):
        return f"{owner}'s {words}"
    return f"{owner.upper()}'s {words}" if owner in ("g", "d") else f"the {words}"


def lowered(words: str) -> str:
    """To go on a sentence: players keep their capitals."""
    return words if words[1:2] in (" ", "(", "'", "_") else words[0].lower() + words[1:]


def number(value: float) -> str:
    """As people write it: three digits, no exponent where it can be helped."""
    if math.isnan(value):
        return "no number"
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-3:
        return f"{value:.1e}"
    if size >= 100:
        return f"{value:,.0f}"
    if 0 < size < 0.1:
        return f"{value:.2g}"
    return f"{value:.2f}" if size < 10 else f"{value:.1f}"
