"""The tables of layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gan_lab import networks
from gan_lab.config import RunConfig, put
from gan_lab.presets import preset, presets
from gan_lab.ui import layers


def rows_of(config: RunConfig) -> tuple[list[layers.Row], list[layers.Row]]:
    relevant = RunConfig(data=config.data, latent=config.latent, networks=config.networks)
    return layers._rows(relevant.model_dump_json())


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_the_tables_are_those_of_real_networks(name: str, spectral_norm: bool) -> None:
    config = put(preset(name).config, {"networks.d.spectral_norm": spectral_norm})
    nets, dim, size = config.networks, config.latent.dim, config.data.size or 8
    assert config.data.name == "digits"
    g = networks.table(networks.generator(nets.g, dim, 1, size), (dim,))
    d = networks.table(networks.discriminator(nets.d, 1, size), (1, size, size))
    assert rows_of(config) == (layers._table(g), layers._table(d))


def test_a_table_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    devices: set[torch.device] = set()
    table = networks.table

    def spy(network: nn.Module, shape: tuple[int, ...]) -> list[networks.Layer]:
        devices.update(tensor.device for tensor in network.state_dict().values())
        return table(network, shape)

    monkeypatch.setattr(networks, "table", spy)
    big = put(
        RunConfig(), {"networks.g.width": 256, "networks.g.max_width": 2048, "data.size": 128}
    )
    g, _ = rows_of(big)
    assert sum(int(row["Parameters"]) for row in g) > 30_000_000
    assert devices == {torch.device("meta")}
