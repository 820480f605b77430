"""What a script can say, and what it cannot (yet)."""

from __future__ import annotations

from gan_lab.config import RunConfig
from gan_lab.networks import DISCRIMINATORS, FROM_NOISE

GAMES = ("generation", "plane")


def why_not(config: RunConfig) -> str:
    """Why there is no script of an experiment, as a sentence; "" if there is one."""
    found = next(iter(_uncovered(config)), "")
    return f"there is no script of this recipe: {found}" if found else ""


def _uncovered(config: RunConfig) -> list[str]:
    found = []
    if config.objective.game not in GAMES:
        found.append(f"scripts do not play objective.game = {config.objective.game} yet, only"
                     f" {' and '.join(GAMES)}")  # fmt: skip
    for role, network, known in (
        ("g", config.networks.g, FROM_NOISE), ("d", config.networks.d, DISCRIMINATORS)
    ):  # fmt: skip
        if network.family == "progressive" or network.family not in (*known, "layers"):
            found.append(f"scripts cannot write networks.{role}.family = {network.family} yet")
    if config.training.start_from:
        found.append("it begins with the weights of another run (training.start_from)")
    if config.data.pairs != "none":
        found.append("data.pairs must be none, as scripts know no pairs")
    inits = {config.networks.g.init, config.networks.d.init} - {"framework"}
    if len(inits) > 1:
        found.append(f"networks.g.init and networks.d.init follow two papers,"
                     f" {' and '.join(sorted(inits))}")  # fmt: skip
    return found
