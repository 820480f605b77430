"""First weights stand twice, as the house's code and as a script's text: both draw the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from gan_lab.config import put
from gan_lab.export.script.parts import Recipe
from gan_lab.export.script.pictures import kind_of
from gan_lab.export.script.players import _begin, _initialisers
from gan_lab.games.generation import Generation
from gan_lab.networks import Critic, LayerList
from gan_lab.presets import preset
from gan_lab.randomness import seeded

PRESETS = {"dcgan": "dcgan", "fixup": "r3gan", "equalised": "quick"}
SEED = 7


def recipe(name: str, init: str) -> Recipe:
    """On the small digits, without spectral norm, which is laid over first weights later."""
    changes: dict[str, Any] = {
        "data.name": "digits", "networks.d.spectral_norm": False, "networks.labels": "none",
        "networks.g.init": init, "networks.d.init": init,
    }  # fmt: skip
    config = put(preset(name).config, changes)
    return Recipe("t", "a", config, kind_of(config.data))


def built(recipe: Recipe, who: str) -> LayerList:
    if who == "G":
        found = Generation.generators(recipe.config, recipe.kind)[who]
    else:
        critic = Generation.discriminators(recipe.config, recipe.kind)[who]
        assert isinstance(critic, Critic)
        found = critic.body
    assert isinstance(found, LayerList)
    return found


@pytest.mark.parametrize("who", ["G", "D"])
@pytest.mark.parametrize("init", PRESETS)
def test_a_script_draws_the_first_weights_of_the_house(init: str, who: str) -> None:
    asked, plain = (recipe(PRESETS[init], kind) for kind in (init, "framework"))
    with seeded(SEED):
        house = built(asked, who).state_dict()
    with seeded(SEED):
        network = built(plain, who)
        before = {name: t.clone() for name, t in network.state_dict().items()}
        config = asked.config.networks
        space = {"nn": nn, "math": math, "Tensor": Tensor, who: network,
                 "register_parametrization": register_parametrization}  # fmt: skip
        code = [*_initialisers(asked), _begin(network, config.g if who == "G" else config.d, who)]
        assert code[-1].startswith(f"first_weights({who}")
        exec("\n\n".join(code), space)
    found = network.state_dict()
    assert found.keys() == house.keys()
    assert [name for name in found if not torch.equal(found[name], house[name])] == []
    changed = [name for name in found if name not in before or not found[name].equal(before[name])]
    assert changed, "these are the weights that PyTorch had drawn"
