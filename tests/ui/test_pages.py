"""The pages as scripts: what they do when things are pressed, without a browser."""

from __future__ import annotations

import time
from concurrent.futures import Future
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_lab.config import KNOBS, put
from gan_lab.games import Generation
from gan_lab.presets import preset
from gan_lab.runs import Hosted, State
from gan_lab.runs.messages import Command
from gan_lab.runs.pretrained import Pretrained, read
from gan_lab.training.ledger import Entry
from gan_lab.ui import experiment, knobs
from tests.patience import WAIT

from .visitor import APP, opened, press, the_run, until


def test_start_makes_a_run_and_names_it_in_the_url() -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    assert app.query_params["run"] == hosted.view_id
    until(hosted, State.RUNNING)
    press(app, "pause")
    until(hosted, State.PAUSED)
    app.run()
    press(app, "resume")
    until(hosted, State.RUNNING)
    press(app.run(), "stop")
    until(hosted, State.STOPPED)
    assert app.run().button(key="stop").disabled


def test_a_live_knob_reaches_the_run_at_once() -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    app.slider(key="knob::objective.instance_noise").set_value(0.5).run()
    entry = hosted.run.ledger()[-1]
    assert (entry.path, entry.new, entry.outcome) == ("objective.instance_noise", 0.5, "applied")
    assert app.slider(key="knob::objective.instance_noise").value == 0.5
    assert not app.warning


def test_what_a_knob_does_can_be_read_without_pointing_at_it() -> None:
    app = press(opened(), "start")
    until(the_run(app), State.RUNNING)

    def below() -> list[str]:
        return [text.value for text in app.caption]

    for path in knobs.COMMON:
        assert any(text.startswith(KNOBS[path].help) for text in below()), path
    app.toggle(key="explain").set_value(False).run()
    assert not any(KNOBS["optim.g.lr"].help in text for text in below())
    app.slider(key="knob::objective.instance_noise").set_value(0.5).run()
    assert any(text.startswith("changed at step") for text in below())


def test_a_change_is_listed_and_undone_with_one_press() -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    app.slider(key="knob::objective.instance_noise").set_value(0.5).run()
    place, entry = len(hosted.run.ledger()) - 1, hosted.run.ledger()[-1]
    line = app.button(key=f"around:{place}")
    assert line.label == f"Step {entry.step:,}: **Instance noise (σ)** 0 → 0.5"
    for number in (1, 2):  # each press is a question of its own
        line.click().run()
        assert app.session_state["around"] == {"step": entry.step, "number": number}
    assert any(f"changed at step {entry.step:,}" in text.value for text in app.caption)
    press(app, f"undo:{place}")
    assert hosted.run.ledger()[-1].path == "undo"
    assert hosted.run.latest().config.objective.instance_noise == entry.old
    assert [s.value for s in app.slider if s.label.startswith("Instance noise")] == [entry.old]
    assert app.session_state["experiment"].config.objective.instance_noise == entry.old
    assert not [button for button in app.button if (button.key or "").startswith("undo:")]


def test_a_paused_run_is_played_step_by_step_by_both_or_one_player() -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    assert app.button(key="step").disabled
    press(app, "pause")
    until(hosted, State.PAUSED)
    app.run()
    for player, rounds in (("None", 1), ("D", 3), ("G", 2)):
        before = hosted.run.latest().counts.steps
        app.number_input(key="rounds").set_value(rounds)  # the page has not been drawn since
        press(app, f"step:{player}")
        entry = hosted.run.ledger()[-1]
        assert (entry.path, entry.new) == ("step", rounds)
        assert entry.note == ("" if player == "None" else player)
        deadline = time.monotonic() + WAIT
        while hosted.run.latest().counts.steps < before + rounds and time.monotonic() < deadline:
            time.sleep(0.02)
        until(hosted, State.PAUSED)
        assert hosted.run.latest().counts.steps == before + rounds
        app.run()


def test_a_refused_change_is_explained_and_taken_back() -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    app.session_state["open:live:balance"] = True
    app.run().selectbox(key="knob::objective.loss").select("non-saturating").run()
    app.slider(key="knob::objective.smooth_real").set_value(0.1).run()
    app.selectbox(key="knob::objective.loss").select("hinge").run()
    assert "Not changed" in app.warning[0].value
    assert [box.value for box in app.selectbox if box.label == "Loss"] == ["non-saturating"]
    assert not app.run().warning


def test_a_late_change_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    unanswered: Future[Entry] = Future()
    posted: list[Future[Entry]] = []

    def slow(hosted: Hosted, command: Command, visitor: str) -> Future[Entry]:
        posted.append(hosted.run.send(command))
        return unanswered

    with monkeypatch.context() as patch:
        patch.setattr(experiment, "ANSWER_WITHIN", 0.01)
        patch.setattr(Hosted, "send", slow)
        app.slider(key="knob::objective.instance_noise").set_value(0.5).run()
    assert "acts after it" in app.warning[0].value
    assert posted[0].result(WAIT).outcome == "applied"
    app.run()
    # if the page was drawn before the run took it, the slider has gone back and is a new one
    assert [s.value for s in app.slider if s.label == "Instance noise (σ)"] == [0.5]
    assert not app.info


def test_a_run_that_cannot_begin_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path / "file"))
    app = press(opened(), "start")
    assert "could not begin" in app.warning[0].value
    assert "Errno" not in app.warning[0].value
    assert app.button(key="start")
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    until(the_run(press(app, "start")), State.RUNNING)


def test_a_rebuild_knob_waits_for_the_reset() -> None:
    app = press(opened(), "start")
    first = the_run(app)
    until(first, State.RUNNING)
    app.session_state["open:rebuild:latent"] = True
    app.run().number_input(key="knob::latent.dim").set_value(7).run()
    assert "Size of z: 64 → 7" in app.info[0].value
    assert first.run.latest().config.latent.dim == 64
    press(app, "same")
    second = the_run(app)
    assert second is not first
    assert second.run.latest().config.latent.dim == 7
    assert second.run.latest().config.training.seed == first.run.latest().config.training.seed
    assert first.run.join(WAIT)
    press(app, "new")
    assert the_run(app).run.latest().config.training.seed != 0


def test_a_preset_replaces_all_settings_but_the_seed() -> None:
    app = opened()
    app.number_input(key="knob::training.seed").set_value(5).run()
    app.multiselect(key="classes").select("3").select("8").run()
    mine = app.session_state["experiment"]
    assert mine.config.data.name == "digits:3,8"
    app.selectbox(key="preset").select("dcgan").run()
    mine = app.session_state["experiment"]
    assert mine.preset == "dcgan"
    assert mine.config == put(preset("dcgan").config, {"training.seed": 5})


def test_the_way_back_to_the_preset_keeps_the_pictures() -> None:
    app = opened()
    assert "back" not in {button.key for button in app.button}
    app.multiselect(key="classes").select("3").run()
    assert "back" not in {button.key for button in app.button}
    app.session_state["open:rebuild:latent"] = True
    app.run().number_input(key="knob::latent.dim").set_value(7).run()
    press(app, "back")
    mine = app.session_state["experiment"]
    assert mine.config == put(preset(mine.preset).config, {"data.name": "digits:3"})


def test_own_pictures_have_a_place_among_the_sets(tmp_path: Path) -> None:
    folder = tmp_path / "mine: all"
    folder.mkdir()
    for i in range(2):
        Image.new("L", (9, 9), 100 * i).save(folder / f"{i}.png")
    app = opened()
    mine = app.session_state["experiment"]
    mine.config = put(mine.config, {"data.name": str(folder)})
    app.run()
    assert not app.exception
    assert not app.error
    (box,) = [one for one in app.selectbox if one.label == "Real pictures"]
    assert "Own pictures: mine: all" in box.options
    assert not app.multiselect
    box.select("digits").run()
    assert app.session_state["experiment"].config.data.name == "digits"


def test_a_game_that_begins_from_pictures_takes_one_of_mine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = press(opened(), "start")
    until(the_run(app), State.RUNNING)
    monkeypatch.setattr(Generation, "from_noise", False)
    app.switch_page("pages/latent.py").run()
    assert not app.exception
    assert app.title[0].value == "Your own picture"
    assert "no latent space" in app.markdown[0].value


def test_who_comes_back_finds_the_run_and_its_settings() -> None:
    app = press(opened(), "start")
    app.slider(key="knob::objective.instance_noise").set_value(0.25).run()
    again = AppTest.from_file(str(APP), default_timeout=WAIT)
    again.query_params["run"] = app.query_params["run"]
    again.run()
    assert the_run(again) is the_run(app)
    assert again.session_state["experiment"].config.objective.instance_noise == 0.25


def test_another_visitor_may_look_and_start_an_own_run() -> None:
    app = press(opened(), "start")
    guest = AppTest.from_file(str(APP), default_timeout=WAIT)
    guest.query_params["run"] = app.query_params["run"]
    guest.run()
    assert not guest.exception
    assert [button.key for button in guest.button] == ["own"]
    assert "somebody else" in guest.info[0].value
    press(guest, "own")
    assert the_run(guest) is not the_run(app)
    assert not the_run(app).run.latest().state.over


def test_an_unknown_run_is_said_to_be_gone() -> None:
    app = AppTest.from_file(str(APP), default_timeout=WAIT)
    app.query_params["run"] = "none"
    app.run()
    assert "knows no run under that link" in app.warning[0].value
    assert "page Runs" in app.warning[0].value
    assert "run" not in app.query_params
    assert app.button(key="start")


def latent_page(**query: str) -> AppTest:
    app = opened()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/latent.py").run()
    assert not app.exception
    return app


def picked(app: AppTest) -> tuple[list[str], object]:
    """What the latent page offers, and what it shows."""
    (group,) = app.segmented_control
    return list(group.options), group.value


def test_the_latent_page_is_alive_without_a_run() -> None:
    app = latent_page()
    assert "latent space" in app.markdown[0].value
    assert picked(app) == (["Drawn faces", "Digits", "Clothes, by class"], "faces")
    assert "--data faces" in app.code[0].value
    app.segmented_control[0].set_value("fashion").run()
    assert not app.exception
    assert app.query_params["model"] == "fashion" and picked(app)[1] == "fashion"
    assert "--data fashion" in app.code[0].value


def test_a_link_names_what_is_explored() -> None:
    assert picked(latent_page(model="digits"))[1] == "digits"
    app = latent_page(model="<b>dogs")
    assert picked(app)[1] == "faces" and "model" not in app.query_params
    assert "No generator of that name" in app.warning[0].value
    assert "dogs" not in app.warning[0].value


def test_the_latent_page_begins_with_the_run_and_offers_others() -> None:
    app = press(opened(), "start")
    app.switch_page("pages/latent.py").run()
    assert not app.exception
    assert app.query_params["run"] == the_run(app).view_id
    assert picked(app) == (["Your run", "Drawn faces", "Digits", "Clothes, by class"], "run")
    assert not app.code
    app.segmented_control[0].set_value("digits").run()
    assert picked(app)[1] == "digits" and "--data mnist" in app.code[0].value
    assert app.query_params["run"] == the_run(app).view_id  # on the screen when one comes back
    app.segmented_control[0].set_value("run").run()
    assert picked(app)[1] == "run" and "model" not in app.query_params


def test_a_damaged_generator_is_told_and_the_others_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "digits.pt"
    path.write_bytes(b"not one")
    monkeypatch.setattr(Pretrained, "_shown", property(lambda _: read(path)))
    app = latent_page(model="digits")
    assert "cannot be read as a generator" in app.error[0].value
    monkeypatch.undo()
    app.segmented_control[0].set_value("faces").run()
    assert not app.exception and not app.error


def test_missing_data_is_offered_for_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    app = opened()
    app.selectbox(key="data").select("cifar10").run()
    assert "Start will download it" in app.info[0].value
