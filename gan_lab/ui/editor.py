"""The table in which a network is changed, layer by layer."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st
from pydantic import ValidationError

from gan_lab import networks
from gan_lab.config import ConfigError, LayerSpec, RunConfig
from gan_lab.networks import LayerError, Line, Shape
from gan_lab.networks.editing import counting, inserted, removed
from gan_lab.ui import experiment
from gan_lab.ui.escape import reason
from gan_lab.ui.layers import (
    SIGHT,
    Row,
    Which,
    kind_of,
    network_of,
    row_of,
    shape_of,
    sight,
    sources,
    target,
)


def layer_editor(config: RunConfig, which: Which) -> None:
    """G or D of the session's experiment as a table; once it is opened as a list it can be edited.

    Shapes, parameters and sight run along with each change, up to the layer that does not fit.
    """
    network = network_of(config, which)
    if network.family == "layers" and network.layers:
        _editable(config, which, network.layers)
        return
    try:
        kind = kind_of(config.data)
        source = sources(config, kind)[which]
        layers = networks.open_as_layers(network, source, kind.size)
        lines, error = attempt(layers, source, target(which, kind))
    except ConfigError as why:
        st.error(reason(why))
        return
    st.button(
        "Open as a list of layers", key=f"open-as-layers:{which}", on_click=_open,
        args=(which, layers),
        help="The same network, with every layer yours to change. The knobs of its family no longer"
        " count; choose a family to go back.",
    )  # fmt: skip
    st.dataframe([row_of(line) for line in lines], hide_index=True, width="stretch")
    _sum(lines, error)


def _sum(lines: Sequence[Line], error: str) -> None:
    """What stands below a table: all parameters, or what does not fit."""
    if error:
        st.error(reason(error))
    else:
        st.caption(f"{sum(line.parameters for line in lines):,} parameters")


def _open(which: Which, layers: tuple[LayerSpec, ...]) -> None:
    _take(which, layers)
    experiment.change_next(f"networks.{which}.family", "layers")


def _take(which: Which, layers: Sequence[LayerSpec]) -> None:
    experiment.change_next(f"networks.{which}.layers", tuple(layers))


def attempt(layers: Sequence[LayerSpec], source: Shape, wanted: Shape) -> tuple[list[Line], str]:
    """The lines up to the first layer that does not fit, and what is wrong with that one."""
    try:
        return networks.trace(layers, source, wanted), ""
    except LayerError as error:
        fitting = layers[: error.index - 1]
        lines = networks.trace(fitting, source) if fitting else []
        return lines, f"Layer {error.index}, {error.kind}: {error.why}"
    except ConfigError as error:
        return [], str(error)


def _editable(config: RunConfig, which: Which, layers: tuple[LayerSpec, ...]) -> None:
    try:
        kind = kind_of(config.data)
        lines, error = attempt(layers, sources(config, kind)[which], target(which, kind))
    except ConfigError as why:
        lines, error = [], str(why)
    # a new key with new layers: the table then begins from them, with no edits of its own
    key = f"layers:{which}:{hash(layers)}"

    def changed() -> None:
        try:
            _take(which, edited(layers, st.session_state[key]))
        except ConfigError as why:
            st.session_state[f"{key}:wrong"] = str(why)

    st.data_editor(
        table_of(layers, lines), key=key, num_rows="dynamic", hide_index=True, width="stretch",
        column_config=_columns(), column_order=_order(), placeholder="", on_change=changed,
    )  # fmt: skip
    if wrong := st.session_state.pop(f"{key}:wrong", ""):
        st.error(reason(wrong))
    _sum(lines, error)
    left, right = st.columns(2, vertical_alignment="bottom")
    place = left.number_input(
        "A copy of layer", 1, len(layers), len(layers), key=f"layers:{which}:place"
    )
    right.button(
        "Insert it before that one", key=f"layers:{which}:insert", on_click=_insert,
        args=(which, layers, int(place)),
    )  # fmt: skip


def _insert(which: Which, layers: tuple[LayerSpec, ...], place: int) -> None:
    _take(which, inserted(layers, place, layers[place - 1]))


def table_of(layers: Sequence[LayerSpec], lines: Sequence[Line]) -> list[Row]:
    """Rows of the editor: a layer's fields where they count, and what is known of it."""
    known = {line.number: line for line in lines}
    rows = []
    for number, spec in enumerate(layers, 1):
        line, counts = known.get(number), ("kind", *counting(spec))
        cells = {**spec.model_dump(), "padding": str(spec.padding)}
        rows.append(
            {
                "No.": number,
                "kind": spec.kind,
                "Output": shape_of(line.shape) if line else "does not fit",
                "Parameters": line.parameters if line else None,
                "Sees": sight(line) if line else "",
                **{name: cells[name] if name in counts else None for name in cells},
            }
        )
    return rows


def edited(layers: Sequence[LayerSpec], changes: Mapping[str, Any]) -> tuple[LayerSpec, ...]:
    """The layers after what ``st.data_editor`` says was done to their table.

    Raises ConfigError for a value that is not allowed.
    """
    now = list(layers)
    for row, cells in changes["edited_rows"].items():
        now[int(row)] = _spec(now[int(row)], cells, int(row) + 1)
    kept = removed(now, {int(row) + 1 for row in changes["deleted_rows"]})
    for cells in changes["added_rows"]:
        kept = (*kept, _spec(LayerSpec(), cells, len(kept) + 1))
    return kept


def _spec(spec: LayerSpec, cells: Mapping[str, Any], number: int) -> LayerSpec:
    fields = spec.model_dump()
    for name, value in cells.items():
        if name in fields and value is not None:
            text = str(value).strip()
            fields[name] = int(text) if name == "padding" and text.isdecimal() else value
    try:
        return LayerSpec.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][:1]) or "padding"
        raise ConfigError(
            f"Layer {number}: {name} = {fields.get(name)!r} is not allowed"
            f" ({first['msg'].removeprefix('Value error, ').lower()})"
        ) from None


def _order() -> list[str]:
    """What people look at first, then the rest."""
    first = "No. kind Output Parameters Sees channels kernel stride padding bias norm activation"
    return list(dict.fromkeys([*first.split(), *LayerSpec.model_fields]))


def _columns() -> dict[str, Any]:
    """A column for each field of the schema, and those that only tell."""
    config = st.column_config
    columns: dict[str, Any] = {
        "No.": config.NumberColumn(disabled=True, width="small"),
        "Output": config.TextColumn(disabled=True),
        "Parameters": config.NumberColumn(disabled=True, format="localized"),
        "Sees": config.TextColumn(disabled=True, help=SIGHT),
    }
    for name, field in LayerSpec.model_fields.items():
        label = name.capitalize()
        bounds = {
            bound: getattr(limit, short)
            for limit in field.metadata
            for short, bound in (("ge", "min_value"), ("le", "max_value"))
            if hasattr(limit, short)
        }
        if typing.get_origin(field.annotation) is Literal:
            options = typing.get_args(field.annotation)
            columns[name] = config.SelectboxColumn(label, help=field.description, options=options)
        elif field.annotation is bool:
            columns[name] = config.CheckboxColumn(label, help=field.description)
        elif field.annotation in (int, float):
            step = 1 if field.annotation is int else 0.01
            columns[name] = config.NumberColumn(label, help=field.description, step=step, **bounds)
        else:
            columns[name] = config.TextColumn(label, help=field.description)
    return columns
