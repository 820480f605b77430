"""Opening a run's players from its directory, without its data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_lab.config import ConfigError
from gan_lab.games import Onlooker, game_of
from gan_lab.latent import Model
from gan_lab.randomness import seeded
from gan_lab.runs.directory import DirectoryError, RunDirectory
from gan_lab.runs.messages import Shown
from gan_lab.runs.pretrained import PREFIX, PretrainedError, named, read
from gan_lab.training import checkpoints
from gan_lab.training.trainer import config_of, kind_of


def load(run: str | Path) -> Model:
    """The averaged generator of a run, for a notebook.

    Args:
        run: its folder, or the name of one below the runs root, or ``pretrained:NAME``.

    Raises:
        DirectoryError: there is no such run, or no checkpoint of it that can be read.
        PretrainedError: no generator of that name came with the app.
        ConfigError: its G begins from a picture, so it has no latent space.
    """
    shown = open_named(str(run))
    if not game_of(shown.config).from_noise:
        raise ConfigError(
            f"{run} is a run of the game {shown.config.objective.game}, whose G begins from a"
            " picture: it has no latent space"
        )
    return shown.model


def load_discriminator(run: str | Path) -> Onlooker:
    """D of a run, to be asked about pictures in a notebook.

    Args:
        run: its folder, or the name of one below the runs root; what came with the app has no D.

    Raises:
        DirectoryError: there is no such run, or no checkpoint of it that can be read.
        ConfigError: its D is never asked about a picture alone.
    """
    return open_players(RunDirectory.find(str(run))).onlooker


def open_named(name: str) -> Shown:
    """The averaged generators of a run, by its folder or name, or of ``pretrained:NAME``.

    Raises:
        DirectoryError: there is no such run, or no checkpoint that can be read.
        PretrainedError: no generator of that name came with the app.
    """
    if name.startswith(PREFIX):
        return named(name.removeprefix(PREFIX)).shown()
    return open_generators(RunDirectory.find(name))


def open_generators(directory: RunDirectory) -> Shown:
    """The averaged generators of the newest checkpoint, on the CPU, in eval mode.

    Raises:
        DirectoryError: there is no checkpoint that can be read.
    """
    return _alone(directory) or _generators(directory.read_checkpoint())


def _alone(directory: RunDirectory) -> Shown | None:
    """The generator of a folder that has nothing else. Raises DirectoryError."""
    path = directory.alone
    try:
        return read(path) if path else None
    except PretrainedError as error:
        raise DirectoryError(str(error).replace(str(path), "its generator")) from None


def open_players(directory: RunDirectory) -> Shown:
    """The same with the discriminators, as they were at that step, and the generators themselves,
    not averaged; without these where a generator came alone."""
    return _alone(directory) or players_of(directory.read_checkpoint())


def players_of(state: dict[str, Any]) -> Shown:
    """The same of a state in memory."""
    shown = _generators(state)
    with seeded(0):
        judges = game_of(shown.config).discriminators(shown.config, shown.kind)
        raw = game_of(shown.config).generators(shown.config, shown.kind)
    for name, network in (*judges.items(), *raw.items()):
        network.load_state_dict(state["players"][name]["network"])
        network.eval().requires_grad_(False)
    return replace(shown, judges=judges, raw=raw)


def open_state(path: Path) -> Shown:
    """The same of one kept state. Only what is needed is read of the file, which is never written
    into; a run that drops it meanwhile takes nothing away from us.

    Raises:
        CheckpointError: it cannot be read, or is not there any more.
    """
    return _generators(checkpoints.load(path, whole=False))


def _generators(state: dict[str, Any]) -> Shown:
    config, kind = config_of(state), kind_of(state)
    with seeded(0):  # their first weights are replaced at once
        networks = game_of(config).generators(config, kind)
    for name, network in networks.items():
        network.load_state_dict(state["players"][name]["shown"])
        network.eval().requires_grad_(False)
    return Shown(networks, state["steps"], config, kind, real=state["pictures"]["digest"])
