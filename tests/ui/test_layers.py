"""The tables of layers, and the table in which they are changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from gan_lab import networks
from gan_lab.config import ConfigError, Data, LayerSpec, RunConfig, put
from gan_lab.games import game_of
from gan_lab.networks import LayerList
from gan_lab.presets import preset, presets
from gan_lab.ui import editor, layers
from tests.patience import WAIT


def rows(config: RunConfig, which: layers.Which) -> list[layers.Row]:
    return layers.rows_of(config.model_dump_json(), which)


@pytest.mark.parametrize("name", presets())
def test_the_tables_are_those_of_the_networks_that_would_be_built(name: str) -> None:
    config = preset(name).config
    try:
        kind = layers.kind_of(config.data)
    except ConfigError:  # a folder of pictures
        config = put(config, {"data.size": 32})
        kind = layers.kind_of(config.data)
    game = game_of(config)
    with torch.device("meta"):
        g = next(iter(game.generators(config, kind).values()))
        d = next(iter(game.discriminators(config, kind).values()))
    for which, network in (("g", g), ("d", d)):
        body = getattr(network, "body", network)
        table = rows(config, which)
        if isinstance(body, LayerList):
            assert layers.sources(config, kind)[which] == body.lines[0].takes
            assert table[: len(body.lines)] == [layers.row_of(line) for line in body.lines]
            count = sum(p.numel() for p in network.parameters())
            assert sum(row["Parameters"] for row in table) == count


@pytest.mark.parametrize("labels", ["concat", "projection", "auxiliary"])
def test_the_tables_know_of_classes(labels: str) -> None:
    config = put(RunConfig(), {"networks.labels": labels, "data.name": "mnist"})
    kind = layers.kind_of(config.data)
    with torch.device("meta"):
        networks_of_game = {
            "g": game_of(config).generators(config, kind)["G"],
            "d": game_of(config).discriminators(config, kind)["D"],
        }
    for which, network in networks_of_game.items():
        count = sum(p.numel() for p in network.parameters())
        assert sum(row["Parameters"] for row in rows(config, which)) == count


def test_a_network_that_grows_is_shown_as_it_will_be() -> None:
    changes = {"networks.g.family": "progressive", "data.size": 16, "networks.g.width": 4}
    table = rows(put(RunConfig(), changes), "g")
    assert table[-1]["Output"] == "1 × 16 × 16"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (Data(name="mnist:3"), (1, 28)), (Data(name="cifar10", colour="grey"), (1, 32)),
        (Data(name="digits", size=16, colour="rgb"), (3, 16)),
        (Data(name="/some/folder", size=64), (3, 64)),
    ],
)  # fmt: skip
def test_what_is_known_of_pictures_before_they_are_read(data: Data, kind: tuple[int, int]) -> None:
    assert layers.kind_of(data)[:2] == kind


def test_a_filter_leaves_the_chosen_classes_and_says_which_there_are() -> None:
    assert layers.kind_of(Data(name="mnist:8,3")).classes == ("3", "8")
    with pytest.raises(ConfigError, match="no class 'x'; it has 0, 1"):
        layers.kind_of(Data(name="mnist:x"))


def test_own_pictures_of_unknown_size_are_asked_for_it() -> None:
    with pytest.raises(ConfigError, match=r"set data.size"):
        layers.kind_of(Data(name="/some/folder"))


# -- the editor --------------------------------------------------------------------------------

OWN = (
    LayerSpec(kind="linear", channels=64),
    LayerSpec(kind="reshape", side=4, activation="leaky"),
    LayerSpec(kind="upsample", stride=2),
    LayerSpec(kernel=3, activation="tanh"),
)


def changes(**said: Any) -> dict[str, Any]:
    return {"edited_rows": {}, "added_rows": [], "deleted_rows": [], **said}


def test_what_was_done_to_the_table_is_done_to_the_layers() -> None:
    cells = {"kind": "transposed", "channels": 8, "padding": "1", "Output": "nonsense"}
    after = editor.edited(OWN, changes(edited_rows={2: cells}))
    assert after[2] == LayerSpec(kind="transposed", channels=8, padding=1, stride=2)
    assert editor.edited(OWN, changes(edited_rows={"0": {"channels": None}})) == OWN
    after = editor.edited(OWN, changes(deleted_rows=[0, 2], added_rows=[{"kind": "max"}, {}]))
    assert after == (OWN[1], OWN[3], LayerSpec(kind="max"), LayerSpec())


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"padding": "sme"}, "Layer 2: padding = 'sme' is not allowed"),
        ({"padding": "99"}, "Layer 2: padding = 99 is not allowed"),
        ({"kernel": 99}, "Layer 2: kernel = 99 is not allowed"),
    ],
)
def test_a_cell_that_is_not_allowed_is_named(cells: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        editor.edited(OWN, changes(edited_rows={1: cells}))


def test_the_editor_s_table_runs_along_up_to_the_layer_that_does_not_fit() -> None:
    wanted = (1, 8, 8)
    lines, error = editor.attempt(OWN, (5,), wanted)
    assert error == "" and lines[-1].shape == wanted
    broken = (*OWN[:3], LayerSpec(kernel=11, padding="valid"), *OWN[3:])
    lines, error = editor.attempt(broken, (5,), wanted)
    assert error == "Layer 4, conv: a window of 11 px does not fit into 8 px"
    table = editor.table_of(broken, lines)
    assert [row["Output"] for row in table[2:]] == ["4 × 8 × 8", "does not fit", "does not fit"]
    assert table[0]["kernel"] is None and table[3]["kernel"] == 11
    assert all(row.keys() == table[0].keys() for row in table)


def test_every_field_has_a_column() -> None:
    columns = editor._columns()
    assert set(LayerSpec.model_fields) < set(columns)
    assert set(editor.table_of(OWN, [])[0]) == set(columns)


def page(which: str) -> None:
    from gan_lab.ui import editor as module
    from gan_lab.ui import experiment as session

    module.layer_editor(session.experiment().config, which)  # type: ignore[arg-type]
    assert not session.experiment().complaint


@pytest.mark.parametrize("which", ["g", "d"])
def test_a_network_is_opened_as_a_list_and_gets_a_layer_more(which: str) -> None:
    app = AppTest.from_function(page, kwargs={"which": which}, default_timeout=WAIT).run()
    assert not app.exception
    before = app.session_state["experiment"].config
    app.button(key=f"open-as-layers:{which}").click().run()
    assert not app.exception and not app.error
    config = app.session_state["experiment"].config
    network = getattr(config.networks, which)
    assert network.family == "layers"
    kind = layers.kind_of(config.data)
    source = layers.sources(config, kind)[which]  # type: ignore[index]
    family = getattr(before.networks, which)
    assert network.layers == networks.open_as_layers(family, source, kind.size)
    count = len(network.layers)
    app.number_input(key=f"layers:{which}:place").set_value(1).run()
    app.button(key=f"layers:{which}:insert").click().run()
    assert not app.exception
    after = getattr(app.session_state["experiment"].config.networks, which).layers
    assert len(after) == count + 1 and after[0] == after[1] == network.layers[0]


def test_a_list_survives_a_file() -> None:
    """As presets, share links and checkpoints write it."""
    own = {"family": "layers", "layers": [spec.model_dump() for spec in OWN]}
    config = RunConfig.model_validate({"networks": {"g": own}})
    again = RunConfig.model_validate_json(json.dumps(config.model_dump(mode="json")))
    assert again == config and again.networks.g.layers == OWN
