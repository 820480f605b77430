"""Opening a run's generator from its directory, without its data."""

from __future__ import annotations

from gan_lab import networks
from gan_lab.randomness import seeded
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.messages import Shown
from gan_lab.training.trainer import config_of


def open_generator(directory: RunDirectory) -> Shown:
    """The averaged G of the newest checkpoint, on the CPU, in eval mode.

    Raises:
        DirectoryError: there is no checkpoint that can be read.
    """
    state = directory.read_checkpoint()
    config = config_of(state)
    with seeded(0):  # its first weights are replaced at once
        network = networks.generator(
            config.networks.g,
            config.latent.dim,
            state["pictures"]["channels"],
            state["pictures"]["size"],
        )
    network.load_state_dict(state["players"]["G"]["shown"])
    return Shown(network.eval().requires_grad_(False), state["steps"], config)
