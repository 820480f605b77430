"""The training page of a run that lay on the disk."""

import json

from streamlit.testing.v1 import AppTest

from gan_lab.presets import preset
from gan_lab.runs import Budget, Run, RunDirectory, State
from gan_lab.runs.directory import new_path
from gan_lab.runs.library import library
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
    assert "is on the server's disk" in app.info[0].value
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


STRANGE = [
    {"step": 2, "path": "optim.d.renamed", "old": 1, "new": 2, "note": "![x](http://a.b/c.png)"},
    {"step": 3, "path": "optim.players.G", "old": None, "new": {"a": [1]}},
    {"step": 4, "path": "gone.", "old": [1, "x"], "new": "<b>"},
    {"step": 4, "path": ".", "old": True, "new": None},
]


def test_a_change_of_a_parameter_that_is_not_known_is_shown_by_its_path(small):
    """A run that was brought may come from another version of this app, or from anywhere."""
    run = Run(
        small(), RunDirectory.create(new_path(preset("quick").config, "quick")),
        budget=Budget(steps=5),
    ).start()  # fmt: skip
    assert run.join(WAIT)
    path = run.directory.path
    with (path / "ledger.jsonl").open("a", encoding="utf-8") as file:
        for line in STRANGE:
            file.write(json.dumps({"outcome": "applied", "note": ""} | line) + "\n")
    library().owners.mark(path, "anna")
    hosted = registry().open(path, "anna")
    assert [entry.path for entry in hosted.run.ledger()[-4:]] == [one["path"] for one in STRANGE]
    app = AppTest.from_file(str(APP), default_timeout=WAIT)
    app.session_state["visitor"] = "anna"
    app.query_params["run"] = hosted.view_id
    app.run()
    assert not app.exception
    labels = [button.label for button in app.button]
    assert "Step 2: **optim.d.renamed** 1 → 2" in labels
    assert r"Step 4: **gone.** \[1, 'x'\] → \<b\>" in labels
    shown = [caption.value for caption in app.caption]
    assert r"!\[x\](" in " ".join(shown) and "![x](" not in " ".join(shown)
    around = hosted.run.around(2)
    assert [entry.path for _, entry in around.done] == ["optim.d.renamed"]
    app.switch_page("pages/compare.py").run()
    assert not app.exception
    app.switch_page("pages/runs.py").run()
    assert not app.exception
