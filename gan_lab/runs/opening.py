"""Opening a run's generators from its directory, without its data."""

from __future__ import annotations

from gan_lab.games import game_of
from gan_lab.randomness import seeded
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.messages import Shown
from gan_lab.training.trainer import config_of, kind_of


def open_generators(directory: RunDirectory) -> Shown:
    """The averaged generators of the newest checkpoint, on the CPU, in eval mode.

    Raises:
        DirectoryError: there is no checkpoint that can be read.
    """
    state = directory.read_checkpoint()
    config, kind = config_of(state), kind_of(state)
    with seeded(0):  # their first weights are replaced at once
        networks = game_of(config).generators(config, kind)
    for name, network in networks.items():
        network.load_state_dict(state["players"][name]["shown"])
        network.eval().requires_grad_(False)
    return Shown(networks, state["steps"], config, kind)
