"""Both networks as tables of layers."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st
import torch

from gan_lab import networks
from gan_lab.config import RunConfig
from gan_lab.data import NAMED

Row = dict[str, str | int]


def layer_tables(config: RunConfig) -> None:
    """Layers, output shapes and parameters of G and D, as the next start would build them."""
    relevant = RunConfig(data=config.data, latent=config.latent, networks=config.networks)
    try:
        g, d = _rows(relevant.model_dump_json())
    except (ValueError, RuntimeError, KeyError) as error:
        st.error(f"These networks cannot be built: {error}")
        return
    for title, rows in (("Generator", g), ("Discriminator", d)):
        total = sum(int(row["Parameters"]) for row in rows)
        st.markdown(f"**{title}**: {total:,} parameters".replace(",", "\u202f"))
        st.dataframe(rows, hide_index=True, width="stretch")


@lru_cache(maxsize=32)
def _rows(relevant: str) -> tuple[list[Row], list[Row]]:
    """``relevant`` is a RunConfig as JSON. The networks have shapes, but no numbers in memory.

    Raises KeyError if the size of the pictures cannot be known without reading them.
    """
    config = RunConfig.model_validate_json(relevant)
    data, latent, nets = config.data, config.latent, config.networks
    entry = NAMED[data.name.partition(":")[0]]
    size = data.size or entry.size
    channels = {"own": entry.channels, "grey": 1, "rgb": 3}[data.colour]
    with torch.device("meta"):
        g = networks.generator(nets.g, latent.dim, channels, size)
        d = networks.discriminator(nets.d, channels, size)
    return _table(networks.table(g, (latent.dim,))), _table(
        networks.table(d, (channels, size, size))
    )


def _table(layers: list[networks.Layer]) -> list[Row]:
    return [
        {
            "Layer": layer.kind,
            "Output": " × ".join(map(str, layer.shape)),
            "Parameters": layer.parameters,
            "Settings": layer.detail,
        }
        for layer in layers
    ]
