"""Links to experiments on the page: made, opened, with knobs hidden or locked, old and wrong."""

from __future__ import annotations

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from gan_lab.config import KNOBS, put
from gan_lab.presets import DEFAULT, preset
from gan_lab.runs import State
from gan_lab.server import registry
from gan_lab.share import Link, View, decode, encode
from gan_lab.ui import experiment, knobs

from .visitor import opened, press, the_run, until

CHANGED = put(
    preset("quick").config,
    {"optim.g.lr": 3e-4, "training.seed": 7, "data.name": "digits:3,8", "latent.dim": 9},
)

# of a playground that has a set named lions
FOREIGN = "1Yh-LVioszUzOVtJRULIwSTIA0tVKKYkliUpWQEZeYm4qkKGUk5mfV6xUWwuSLAYKGNbGAgA"


def link(*, starts: bool = False, config=CHANGED, **view) -> str:
    return encode(Link("quick", config, starts, View(**view)))


def turned(app: AppTest) -> set[str]:
    """Paths of the knobs on the page."""
    every = [*app.toggle, *app.selectbox, *app.select_slider, *app.slider, *app.number_input,
             *app.text_input]  # fmt: skip
    return {w.key.rsplit(":", 1)[-1] for w in every if w.key and w.key.startswith("knob:")}


def made(app: AppTest) -> Link:
    """What the link says that the page offers."""
    shown = [one.proto for one in app.get("bidi_component")]
    (component,) = [one for one in shown if one.component_name == "ganlab_link"]
    text, ignored = decode(json.loads(component.json)["query"].removeprefix("?share="))
    assert not ignored
    return text


def test_a_link_opens_as_what_it_is() -> None:
    app = opened(link())
    assert app.title[0].value == "An experiment that somebody shared"
    assert app.session_state["experiment"].config == CHANGED
    assert app.session_state["experiment"].preset == "quick"
    words = app.markdown[0].value
    assert "G: Learning rate" in words and "3e-4" in words and "Seed 0 → 7" in words
    assert not app.warning
    assert app.button(key="start")
    assert "share:all" not in {button.key for button in app.button}, "nothing is hidden"
    assert the_run(press(app, "start")).run.latest().config == CHANGED
    assert app.query_params["share"] == link(), "F5 finds what it hides and locks"


def test_an_untouched_preset_says_so() -> None:
    app = opened(link(config=preset("quick").config))
    assert app.markdown[0].value == "It is the preset **Quick**, as it is."


def test_a_link_unfolds_what_was_unfolded() -> None:
    app = opened(link(unfolded=("live", "live:noise", "rebuild:latent", "gone")))
    assert {"latent.noise", "latent.dim", "optim.g.lr"} <= turned(app)
    assert "optim.g.beta1" not in turned(app)


def test_a_run_that_starts_by_itself_starts_once_and_not_again_on_f5() -> None:
    app = opened(link(starts=True))
    hosted = the_run(app)
    assert hosted.run.latest().config == CHANGED
    until(hosted, State.RUNNING)
    app.run()
    assert the_run(app) is hosted
    again = opened(app.query_params["share"], app.query_params["run"])
    assert the_run(again) is hosted
    assert registry()._active() == 1
    gone = opened(link(starts=True), "a run of another day")
    assert "knows no run" in gone.warning[0].value
    assert gone.button(key="start"), "it began once, and where it is nobody knows"
    assert registry()._active() == 1


def test_a_link_downloads_nothing_by_itself(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    app = opened(link(starts=True, config=put(CHANGED, {"data.name": "cifar10"})))
    assert "downloaded first" in app.warning[0].value
    assert app.button(key="start") and not registry()._active()


def test_only_some_knobs_show_and_all_on_demand() -> None:
    few = frozenset({"optim.g.lr", "regularisation.r1", "training.seed"})
    app = opened(link(only=few))
    assert turned(app) == few, "none of them folded"
    assert "preset" not in {box.key for box in app.selectbox}
    press(app, "start")
    until(the_run(app), State.RUNNING)
    assert turned(app.run()) == few
    press(app, "share:all")
    assert set(knobs.COMMON) < turned(app)
    assert app.selectbox(key="preset").value == "quick"
    assert app.session_state["experiment"].link, "it still is what somebody shared"


def test_what_applies_on_restart_can_be_hidden() -> None:
    app = opened(link(restart=False))
    assert not app.sidebar.children
    assert "open:layers" not in app.session_state
    press(app, "share:all")
    assert app.sidebar.selectbox(key="preset").value == "quick"


def test_a_locked_knob_is_seen_and_not_turned() -> None:
    locked = frozenset({"objective.instance_noise", "training.seed"})
    app = press(opened(link(locked=locked)), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    app.run()
    assert app.slider(key="knob::objective.instance_noise").disabled
    assert not app.slider(key="knob::objective.smooth_real").disabled
    assert sum(experiment.LOCKED in text.value for text in app.caption) == 1
    assert app.button(key="new").disabled and app.number_input(key="knob::training.seed").disabled
    assert app.selectbox(key="preset").disabled, "it would turn what is locked"
    app.slider(key="knob::objective.smooth_real").set_value(0.1).run()
    press(app, "back")
    mine = app.session_state["experiment"].config
    assert (mine.training.seed, mine.objective.smooth_real, mine.latent.dim) == (7, 0.0, 64)


def late_lock(app: AppTest, *paths: str) -> None:
    """Lock knobs while the browser still shows them as they were."""
    app.session_state["experiment"].view = View(locked=frozenset(paths))


def test_a_locked_knob_is_not_turned_by_a_browser_that_is_late_either() -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    app.run()
    before = app.session_state["experiment"].config
    late_lock(app, "objective.instance_noise", "training.seed", "data.name")
    app.slider(key="knob::objective.instance_noise").set_value(0.5).run()
    assert "Instance noise (σ) is locked" in app.warning[0].value
    assert not hosted.run.ledger()
    for path in ("training.seed", "data.name"):
        late_lock(app)
        app.run()
        late_lock(app, path)
        if path == "data.name":
            box = next(one for one in app.selectbox if (one.key or "").startswith("data"))
            box.select("mnist").run()
        else:
            press(app, "new")
        assert "is locked" in app.warning[0].value
        assert the_run(app) is hosted
    for key, value in (("preset", "dcgan"), ("data", "ring")):
        late_lock(app)
        app.run()
        late_lock(app, "optim.g.lr")
        box = next(one for one in app.selectbox if (one.key or "").split("#")[0] == key)
        box.select(value).run()
        assert "a preset would turn what is locked" in app.warning[0].value
    assert app.session_state["experiment"].config == before


def test_undo_is_not_stopped_by_a_lock() -> None:
    """What was turned before the link came may go back."""
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    app.slider(key="knob::objective.instance_noise").set_value(0.5).run()
    place = len(hosted.run.ledger()) - 1
    app.session_state["experiment"].view = View(locked=frozenset({"objective.instance_noise"}))
    press(app, f"undo:{place}")
    assert app.session_state["experiment"].config.objective.instance_noise == 0.0


def test_another_preset_leaves_the_link_behind() -> None:
    app = opened(link())
    app.selectbox(key="preset").select("dcgan").run()
    assert "share" not in app.query_params
    assert app.title[0].value == "Watch a GAN learn to draw"


def test_a_wrong_link_says_so_and_opens_the_default() -> None:
    app = opened("1damaged")
    assert "damaged" in app.warning[0].value
    assert app.session_state["experiment"].config == preset(DEFAULT).config
    assert app.title[0].value == "Watch a GAN learn to draw"
    press(app, "share:understood")
    assert not app.warning


def test_what_was_ignored_is_told_beside_the_run_too() -> None:
    app = opened(FOREIGN)
    assert "`lions`" in app.warning[0].value
    assert the_run(app).run.latest().config == preset("quick").config
    press(app, "share:understood")
    assert not app.warning


def test_the_page_makes_a_link_of_what_the_next_start_takes() -> None:
    app = opened()
    assert not app.get("image")
    app.session_state["open:rebuild:latent"] = True
    app.session_state["share"] = True
    app.run().number_input(key="knob::latent.dim").set_value(9).run()
    said = made(app)
    assert said == Link(
        "quick", put(preset("quick").config, {"latent.dim": 9}), False,
        View(unfolded=("rebuild:latent",)),
    )  # fmt: skip
    app.toggle(key="share:starts").set_value(True).run()
    app.toggle(key="share:few").set_value(True).run()
    app.multiselect(key="share:only").select("optim.g.lr").run()
    app.multiselect(key="share:locked").select("optim.d.lr").run()
    app.toggle(key="share:restart").set_value(False).run()
    assert not app.exception
    said = made(app)
    assert said.starts and said.view == View(
        frozenset({"optim.g.lr"}), frozenset({"optim.d.lr"}), ("rebuild:latent",), False
    )
    app.session_state["share"] = False
    app.run()
    app.session_state["share"] = True
    assert made(app.run()) == said, "the choices outlive the closing of the popover"


def test_own_pictures_are_said_to_stay(tmp_path: Path) -> None:
    app = opened()
    mine = app.session_state["experiment"]
    mine.config = put(mine.config, {"data.name": str(tmp_path / "cats")})
    app.session_state["share"] = True
    app.run()
    assert any("do not travel" in text.value for text in app.caption)
    assert made(app).config.data.name == "digits"


def test_sections_are_those_of_the_page() -> None:
    assert {"live", "layers", "live:learning", "rebuild:networks.g"} <= set(knobs.SECTIONS)
    assert len(knobs.SECTIONS) == 2 + len({knob.group for knob in KNOBS.values()})
