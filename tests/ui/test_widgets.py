"""Every parameter gets a widget that holds exactly what the schema allows."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from gan_lab.config import KNOBS, RunConfig, get, known, put
from gan_lab.games import Generation
from gan_lab.presets import presets
from gan_lab.ui import knobs, widgets
from tests.patience import WAIT

EVERY = list(KNOBS.values())


@pytest.mark.parametrize("knob", [k for k in EVERY if k.log], ids=lambda k: k.path)
def test_steps_of_a_log_slider_are_all_allowed(knob) -> None:
    values = widgets.steps_of(knob)
    assert len(values) > 3 or values == (2, 4), "scale has two values, and they are all"
    assert list(values) == sorted(set(values))
    for value in values:
        put(RunConfig(), {knob.path: value})


@pytest.mark.parametrize("knob", EVERY, ids=lambda k: k.path)
def test_every_knob_has_a_label_and_help(knob) -> None:
    assert widgets.label(knob)
    assert knob.help.endswith(".")


@pytest.mark.parametrize("name", presets())
def test_every_knob_of_every_preset_can_be_drawn(name: str) -> None:
    app = AppTest.from_function(_all_widgets, default_timeout=WAIT, args=(name,)).run()
    assert not app.exception
    drawn = [*app.toggle, *app.selectbox, *app.select_slider, *app.slider, *app.number_input,
             *app.text_input]  # fmt: skip
    with_a_box = {path for path, knob in KNOBS.items() if knob.kind != "layers"}
    assert {w.key for w in drawn} == {f"knob::{path}" for path in with_a_box}
    assert not app.session_state["heard"]


def _all_widgets(name: str) -> None:
    import streamlit as st

    from gan_lab.config import KNOBS
    from gan_lab.presets import preset
    from gan_lab.ui.widgets import widget

    heard = st.session_state.setdefault("heard", [])
    for knob in KNOBS.values():
        widget(knob, preset(name).config, lambda path, value: heard.append((path, value)))


def test_a_knob_that_does_not_count_is_disabled_and_says_why() -> None:
    knob = KNOBS["objective.smooth_real"]
    assert not widgets.why_not(knob, RunConfig())
    hinge = put(RunConfig(), {"objective.loss": "hinge"})
    assert "Loss = non-saturating or" in widgets.why_not(knob, hinge)


@pytest.mark.parametrize(
    ("path", "changes", "there"),
    [
        ("networks.g.hidden", {}, False),
        ("networks.g.hidden", {"networks.g.family": "dense"}, True),
        ("networks.g.layers", {"networks.g.family": "layers"}, False),
        ("objective.auxiliary", {}, False),
        ("objective.auxiliary", {"networks.labels": "auxiliary"}, True),
        ("objective.cycle", {}, False),
        ("objective.smooth_real", {"objective.loss": "hinge"}, True),
        ("latent.truncation", {}, True),
    ],
)
def test_what_could_count_after_a_restart_only_is_left_out(path, changes, there) -> None:
    assert knobs.belongs(KNOBS[path], put(RunConfig(), changes)) is there


def test_what_is_drawn_for_noise_is_left_out_where_there_is_none(monkeypatch) -> None:
    monkeypatch.setattr(Generation, "from_noise", False)
    assert not knobs.belongs(KNOBS["latent.dim"], RunConfig())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("networks.g.width", "G: Width (channels)"),
        ("optim.players.D_a.lr", "D_a: Learning rate"),
        ("latent.dim", "Size of z"),
    ],
)
def test_a_parameter_in_words(path, words) -> None:
    assert widgets.whose(path) + widgets.label(known(path)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "on"),
        ((256, 512), "256, 512"),
        (1e-4, "1e-4"),
        ("", "none"),
        ((), "none"),
        ("drawn:AA__", "your drawing"),
        ("mnist:3,8", "mnist:3,8"),
        ("/srv/runs/20261128-101112-quick-a1b2c3", "20261128-101112-quick-a1b2c3"),
        (r"C:\Users\ada\birds.zip", "birds.zip"),
    ],
)
def test_a_value_in_words(value, words) -> None:
    assert widgets.told(value) == words


def _one_widget(path: str) -> None:
    import streamlit as st

    from gan_lab.config import KNOBS, RunConfig, put
    from gan_lab.ui.widgets import widget

    config = st.session_state.setdefault("config", RunConfig())

    def change(where: str, value: object) -> None:
        st.session_state["config"] = put(config, {where: value})

    widget(KNOBS[path], config, change)


def test_a_text_of_numbers_is_read_or_explained() -> None:
    path = "networks.g.hidden"
    app = AppTest.from_function(_one_widget, default_timeout=WAIT, kwargs={"path": path})
    app.session_state["config"] = put(RunConfig(), {"networks.g.family": "dense"})
    app.run()
    app.text_input[0].set_value("64, 32").run()
    assert get(app.session_state["config"], path) == (64, 32)
    app.text_input[0].set_value("many").run()
    assert "not allowed" in app.error[0].value
    assert get(app.session_state["config"], path) == (64, 32)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0002, "2e-4"), (0.001, "1e-3"), (0.0, "0"), (0.5, "0.5"), (64, "64")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert widgets._short(value) == text


def _widget_that_is_renewed() -> None:
    import streamlit as st

    from gan_lab.config import KNOBS, RunConfig, put
    from gan_lab.ui.widgets import widget

    config = st.session_state.setdefault("config", RunConfig())
    heard = st.session_state.setdefault("heard", [])

    def change(where: str, value: object) -> None:
        heard.append(value)
        st.session_state["config"] = put(st.session_state["config"], {where: value})

    key = str(st.session_state.setdefault("take", 0))
    widget(KNOBS["objective.instance_noise"], config, change, key=key)


def test_a_browser_that_lags_behind_changes_nothing() -> None:
    app = AppTest.from_function(_widget_that_is_renewed, default_timeout=WAIT).run()
    app.slider[0].set_value(0.25).run()
    late = app._tree.get_widget_states()  # what a browser says that has not drawn the next page
    app.session_state["take"] = 1
    app.session_state["config"] = RunConfig()
    app.run()
    assert app.slider[0].value == 0
    app._run(late)
    app._run(late)
    assert app.session_state["heard"] == [0.25]
    assert app.slider[0].value == 0
    app.slider[0].set_value(0.5).run()
    assert app.session_state["heard"] == [0.25, 0.5]


def _preset_and_a_knob() -> None:
    """The boxes of the side bar, as the training page draws them."""
    from gan_lab.config import KNOBS
    from gan_lab.ui import controls, experiment
    from gan_lab.ui.widgets import widget

    controls.preset_picker()
    controls.data_picker()
    widget(KNOBS["latent.dim"], experiment.experiment().config, experiment.change_next)


def test_a_preset_is_not_taken_back_by_a_browser_that_lags_behind() -> None:
    app = AppTest.from_function(_preset_and_a_knob, default_timeout=WAIT).run()
    old = [box.value for box in app.selectbox]
    # the same message as a browser's that typed a number before it had drawn the new preset
    app.selectbox(key="preset").set_value("plane-ring")
    late = app._tree.get_widget_states()
    app.run()
    assert app.session_state["experiment"].config.data.name == "ring"
    for state in late.widgets:
        if "knob::latent.dim" in state.id:
            state.double_value = 5.0
    app._run(late)
    mine = app.session_state["experiment"]
    assert (mine.config.objective.game, mine.config.data.name) == ("plane", "ring")
    assert mine.preset == "plane-ring"
    assert [box.value for box in app.selectbox] == ["plane-ring", "ring"] != old


def test_a_browser_is_not_told_what_it_has_just_said() -> None:
    """Told again, a slider that has moved on meanwhile would jump back: a change by nobody."""
    app = AppTest.from_function(_preset_and_a_knob, default_timeout=WAIT).run()
    app.number_input(key="knob::latent.dim").set_value(9).run()
    assert app.session_state["experiment"].config.latent.dim == 9
    (box,) = app.number_input
    assert box.value == 9 and not box.proto.set_value
    app.selectbox(key="preset").set_value("plane-ring").run()  # which has another size of z
    (box,) = app.number_input
    assert box.value == 2 and box.proto.set_value
