"""Putting networks to the table: onto the device, with a copy for people, with the run's chance."""

from __future__ import annotations

import copy

import torch
from torch import nn

from gan_lab import networks
from gan_lab.games.base import Player
from gan_lab.randomness import Streams


def seated(
    generators: dict[str, nn.Module], discriminators: dict[str, nn.Module], streams: Streams
) -> dict[str, Player]:
    """All players of a game by name, discriminators first."""
    device = streams["z"].device
    players = {name: Player("d", _placed(d, device)) for name, d in discriminators.items()}
    for name, g in generators.items():
        shown = copy.deepcopy(g).eval().requires_grad_(False)
        players[name] = Player("g", _placed(g, device), _placed(shown, device))
    for player in players.values():
        # not to the copy that is shown: it never drops anything, and is copied in its turn
        networks.lend_generator(player.network, streams["dropout"])
    return players


def _placed(network: nn.Module, device: torch.device) -> nn.Module:
    return network.to(device=device).to(memory_format=torch.channels_last)
