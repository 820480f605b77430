"""The training page of a run that lay on the disk."""

from streamlit.testing.v1 import AppTest

from gan_lab.presets import preset
from gan_lab.runs import Budget, Run, RunDirectory, State
from gan_lab.runs.directory import new_path
from gan_lab.runs.messages import Stop
from gan_lab.server import registry
from tests.patience import WAIT
from tests.ui.visitor import APP, opened, press, the_run, until


def keys(app):
    return [button.key for button in app.button]


def test_a_run_of_the_command_line_is_looked_at_and_gone_on_with(small):
    run = Run(
        small({}, "quick"), RunDirectory.create(new_path(preset("quick").config, "quick")),
        budget=Budget(steps=5),
    ).start()  # fmt: skip
    assert run.join(WAIT)
    hosted = registry().open(run.directory.path, "somebody")
    app = opened(run=hosted.view_id)
    assert "lies on the server's disk" in app.info[0].value
    assert keys(app) == ["go-on", "own"]
    press(app, "go-on")
    until(hosted, State.RUNNING, State.PAUSED)
    app.run()
    assert the_run(app) is hosted and hosted.run.latest().counts.steps >= 5
    assert {"stop", "same"} <= set(keys(app)), "who goes on with it is in charge"


def test_a_run_that_was_stopped_goes_on_under_its_address():
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    press(app, "stop")
    until(hosted, State.STOPPED)
    steps = hosted.run.latest().counts.steps
    app.run()
    assert {"go-on", "start"} <= set(keys(app))
    press(app, "go-on")
    until(hosted, State.RUNNING)
    assert the_run(app) is hosted and hosted.run.latest().counts.steps >= steps


def test_what_keeps_a_run_from_going_on_is_said(small):
    run = Run(
        small(), RunDirectory.create(new_path(preset("quick").config, "quick")),
        budget=Budget(steps=5),
    ).start()  # fmt: skip
    assert run.join(WAIT)
    hosted = registry().open(run.directory.path, "somebody")
    app = opened(run=hosted.view_id)
    with RunDirectory(run.directory.path).claimed():
        press(app, "go-on")
    assert "could not go on: This run is being trained by another process" in app.warning[0].value
    assert keys(app) == ["go-on", "own"]


def test_whoever_comes_back_to_the_start_page_is_led_to_what_is_on(small):
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    press(app, "pause")
    until(hosted, State.PAUSED)
    steps = hosted.run.latest().counts.steps
    newest = hosted.directory.checkpoint_files()[-1]
    assert int(newest.stem) == steps, "what stands still is on the disk"
    for _ in range(3):  # what is over is no reason to forget what is on
        later = registry().start(small(), app.session_state["visitor"])
        later.run.send(Stop())
        until(later, State.STOPPED)

    again = AppTest.from_file(str(APP), default_timeout=WAIT)
    again.session_state["visitor"] = app.session_state["visitor"]
    again.run()
    back = f"alive:{hosted.view_id}"
    assert f"is paused, at step {steps:,}" in again.button(key=back).label
    assert back not in keys(opened()), "nobody else's"
    press(again, back)
    assert the_run(again) is hosted and back not in keys(again)
