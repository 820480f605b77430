"""Both networks as tables of layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import streamlit as st
import torch

from gan_lab import networks
from gan_lab.config import (
    ConfigError,
    Data,
    DiscriminatorNetwork,
    GeneratorNetwork,
    RunConfig,
)
from gan_lab.data import NAMED, DataError, Kind, class_numbers, split_name
from gan_lab.games import game_of
from gan_lab.networks import Line, Shape
from gan_lab.networks.editing import in_words
from gan_lab.ui.escape import reason

Row = dict[str, Any]
Which = Literal["g", "d"]

TITLES = {"g": "Generator", "d": "Discriminator"}
SIGHT = "Side, in pixels of the network's input, of what one place can see through the layers."


# -- where a network stands --------------------------------------------------------------------


def kind_of(data: Data) -> Kind:
    """What the pictures will be like, as far as can be known without reading them.

    Raises ConfigError if their size cannot.
    """
    name, some = split_name(data.name)
    entry = NAMED.get(name)
    size = data.size or (entry.size if entry else 0)
    if not size:
        raise ConfigError("the size of your own pictures is not known before Start; set data.size")
    channels = {"own": entry.channels if entry else 3, "grey": 1, "rgb": 3}[data.colour]
    classes = entry.classes if entry else ()
    if classes and some:
        try:
            classes = tuple(classes[number] for number in class_numbers(name, classes, some))
        except DataError as unknown:
            raise ConfigError(str(unknown)) from None
    return Kind(channels, size, classes)


def sources(config: RunConfig, kind: Kind) -> dict[Which, Shape]:
    """What each network starts from: the shape of one input. Raises ConfigError."""
    both = game_of(config).sources(config, kind)
    return {"g": both.g, "d": both.d}


def target(which: Which, kind: Kind) -> Shape:
    return (kind.channels, kind.size, kind.size) if which == "g" else networks.SCORE


def network_of(config: RunConfig, which: Which) -> GeneratorNetwork | DiscriminatorNetwork:
    return config.networks.g if which == "g" else config.networks.d


# -- tables ------------------------------------------------------------------------------------


def layer_tables(config: RunConfig) -> None:
    """Layers, output shapes, parameters and sight of both, as the next start would build them."""
    relevant = RunConfig(
        data=config.data, latent=config.latent, networks=config.networks, objective=config.objective
    )
    for which in ("g", "d"):
        try:
            rows = rows_of(relevant.model_dump_json(), which)
        except (ValueError, RuntimeError) as error:
            st.error(f"{TITLES[which]}: {reason(error)}")
            continue
        total = sum(row["Parameters"] for row in rows)
        st.markdown(f"**{TITLES[which]}**: {total:,} parameters")
        columns = {
            "Sees": st.column_config.TextColumn(help=SIGHT),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        }
        st.dataframe(rows, hide_index=True, width="stretch", column_config=columns)


@lru_cache(maxsize=64)
def rows_of(relevant: str, which: Which) -> list[Row]:
    """The table of one network; ``relevant`` is a RunConfig as JSON. Nothing is computed.

    Raises ConfigError, with LayerError among them, if it cannot be built.
    """
    config = RunConfig.model_validate_json(relevant)
    kind, network = kind_of(config.data), network_of(config, which)
    source = sources(config, kind)[which]
    if network.family == "progressive":
        with torch.device("meta"):
            grown = (
                networks.generator(config.networks.g, source, kind.channels, kind.size)
                if which == "g"
                else networks.discriminator(config.networks.d, source[0], kind.size)
            )
        return [_of_module(layer) for layer in networks.table(grown, source)]
    layers = networks.open_as_layers(network, source, kind.size)
    lines = networks.trace(layers, source, target(which, kind))
    rows = [row_of(line) for line in lines]
    return rows + _head(config, kind, lines) if which == "d" else rows


def row_of(line: Line) -> Row:
    return {
        "No.": line.number,
        "Layer": line.spec.kind,
        "Output": shape_of(line.shape),
        "Parameters": line.parameters,
        "Sees": sight(line),
        "Settings": in_words(line.spec),
    }


def _of_module(layer: networks.Layer) -> Row:
    return {
        "Layer": layer.kind,
        "Output": shape_of(layer.shape),
        "Parameters": layer.parameters,
        "Settings": layer.detail,
    }


def _head(config: RunConfig, kind: Kind, lines: Sequence[Line]) -> list[Row]:
    """What D has beside its layers if it knows the classes."""
    labels, classes = config.networks.labels, len(kind.classes)
    if labels not in ("projection", "auxiliary") or not classes:
        return []
    weighted = [line for line in lines if line.spec.kind in ("linear", "conv", "transposed")]
    features = (weighted or lines)[-1].takes[0]
    projected = labels == "projection"
    return [
        {
            "Layer": labels,
            "Output": "1" if projected else str(classes),
            "Parameters": features * classes + (0 if projected else classes),
            "Sees": "all",
            "Settings": "compares picture and class" if projected else "names the class",
        }
    ]


def shape_of(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def sight(line: Line) -> str:
    return f"{line.field} px" if line.field else "all"
