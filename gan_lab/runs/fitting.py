"""Whether weights that came from outside are those of a configuration; nothing is allocated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gan_lab.config import RunConfig
from gan_lab.data import Kind
from gan_lab.games import game_of

Networks = dict[str, nn.Module]


def planned(config: RunConfig, kind: Kind) -> tuple[Networks, Networks]:
    """Generators and discriminators by name, with shapes and without memory."""
    game = game_of(config)
    with torch.device("meta"):
        return game.generators(config, kind), game.discriminators(config, kind)


def fit(network: nn.Module, weights: Mapping[str, Any]) -> bool:
    """Whether these are all tensors of a network, of its shapes."""
    wanted = {name: t.shape for name, t in network.state_dict().items()}
    found = {name: t.shape if isinstance(t, Tensor) else None for name, t in weights.items()}
    return found == wanted
