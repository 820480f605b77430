"""Who plays and for what. A new kind of GAN is one new file here, and one line below."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Kind
from gan_lab.games.base import (
    Arrow,
    Box,
    Controls,
    Curve,
    Figure,
    Game,
    Move,
    Now,
    Onlooker,
    Player,
    Portraits,
    Preview,
    Scene,
    Seen,
    Sheet,
    Sources,
    Still,
    Verdicts,
    View,
)
from gan_lab.games.eyes import check_eyes
from gan_lab.games.generation import Generation
from gan_lab.games.paired import Paired
from gan_lab.games.phases import Exhibit, Phase
from gan_lab.games.plane import Plane
from gan_lab.games.progressive import Progressive
from gan_lab.games.super_resolution import SuperResolution
from gan_lab.games.unpaired import Unpaired
from gan_lab.networks import why_not_alone

__all__ = [
    "GAMES",
    "Arrow",
    "Box",
    "Controls",
    "Curve",
    "Exhibit",
    "Figure",
    "Game",
    "Generation",
    "Move",
    "Now",
    "Onlooker",
    "Paired",
    "Phase",
    "Plane",
    "Player",
    "Portraits",
    "Preview",
    "Progressive",
    "Scene",
    "Seen",
    "Sheet",
    "Sources",
    "Still",
    "SuperResolution",
    "Unpaired",
    "Verdicts",
    "View",
    "apply",
    "check_config",
    "check_kind",
    "game_of",
    "rehearse",
]

GAMES: dict[str, type[Game]] = {
    "generation": Generation,
    "progressive": Progressive,
    "super-resolution": SuperResolution,
    "paired": Paired,
    "unpaired": Unpaired,
    "plane": Plane,
}
"""By the names of ``objective.game``."""


def game_of(config: RunConfig) -> type[Game]:
    """The kind of game that a configuration asks for."""
    return GAMES[config.objective.game]


def check_config(config: RunConfig) -> None:
    """Raises ConfigError if ``optim.players`` names somebody who does not play, or something is
    played for that needs a file which is not here."""
    names = game_of(config).names
    for player in config.optim.players:
        if player not in names:
            raise ConfigError(
                f"optim.players.{player}: the players of objective.game = {config.objective.game}"
                f" are {', '.join(names)}"
            )
    check_eyes(config)


def check_kind(config: RunConfig, kind: Kind) -> None:
    """Raises ConfigError if the game is for points and these are pictures, or the other way."""
    if game_of(config).plays_points == kind.points:
        return
    are, game = ("points", "plane") if kind.points else ("pictures", "generation")
    raise ConfigError(
        f"{config.data.name} are {are}, which objective.game = {config.objective.game} is not"
        f" played with; choose objective.game = {game}, or other data"
    )


_REHEARSED: set[str] = set()
_MOST_REHEARSED = 64  # experiments that are remembered, some kilobytes each


def rehearse(config: RunConfig, kind: Kind) -> None:
    """Build all players and pass one batch through them without arithmetic or memory; what passed
    once is not built again.

    Raises ConfigError if they cannot be built for such pictures, before a run has begun.
    """
    game = game_of(config)
    check_config(config)
    check_kind(config, kind)
    key = f"{config!r} {kind!r}"
    if key in _REHEARSED:
        return
    try:
        with torch.device("meta"), torch.no_grad():
            game.rehearse(config, kind)
            if config.training.batch == 1:
                _check_alone(game, config, kind)
    except ConfigError:
        raise
    except (RuntimeError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise ConfigError(
            f"these networks cannot be built for pictures of {kind.size}×{kind.size} px ({why});"
            " change networks.g and networks.d, or data.size"
        ) from None
    if len(_REHEARSED) >= _MOST_REHEARSED:
        _REHEARSED.clear()
    _REHEARSED.add(key)


def _check_alone(game: type[Game], config: RunConfig, kind: Kind) -> None:
    """Raises ConfigError if a player cannot learn from one picture at a time. Showing D both sides
    at once (``joined_batch``) is no way out: for G's move it sees the fake alone."""
    players = game.generators(config, kind) | game.discriminators(config, kind)
    for name, network in players.items():
        if why := why_not_alone(network):
            raise ConfigError(
                f"training.batch must be 2 or more with these networks: {name} {why}; or change"
                f" networks.{name[0].lower()}"
            )


def apply(config: RunConfig, networks: dict[str, nn.Module], images: Tensor) -> Tensor:
    """What a trained game makes of pictures (uint8, N×C×h×w), where it begins from pictures.

    Args:
        networks: the game's generators in eval mode, by name.

    Raises ConfigError if the game begins from noise, or the pictures do not fit.
    """
    return game_of(config).apply(config, networks, images)
