"""Presses whose first effect has the page drawn anew, which cuts callbacks short."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.testing.v1 import AppTest

from gan_lab.config import RunConfig, get
from gan_lab.runs import Hosted, Registry, Run, State
from gan_lab.runs.messages import Command
from gan_lab.server import registry

from .test_coach import CHECKUP, SLOWER, _take, pressed
from .visitor import opened, press, the_run, until

COMPARE = Path(__file__).parent.parent.parent / "pages" / "compare.py"


def draw_anew() -> None:
    """What the browser asks for when it hears from a run that something happened."""
    context = get_script_run_ctx()
    if context is not None and context.script_requests is not None:
        context.script_requests.request_rerun(
            RerunData(query_string=context.query_string, page_script_hash=context.page_script_hash)
        )


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser hears at once, while the callback that gave the command still runs."""
    send, start = Hosted.send, Registry.start

    def sent(self: Hosted, command: Command, visitor: str) -> Future[Any]:
        answer = send(self, command, visitor)
        answer.result(30)
        draw_anew()
        return answer

    def started(self: Registry, *args: Any, **options: Any) -> Hosted:
        hosted = start(self, *args, **options)
        draw_anew()
        return hosted

    monkeypatch.setattr(Hosted, "send", sent)
    monkeypatch.setattr(Registry, "start", started)


def test_both_runs_of_a_pair_pause(small: Callable[..., RunConfig], hasty: None) -> None:
    pair = [registry().start(small(), "me", "quick") for _ in "ab"]
    for hosted in pair:
        until(hosted, State.RUNNING)
    app = AppTest.from_file(str(COMPARE), default_timeout=60)
    app.session_state["visitor"] = "me"
    for letter, hosted in zip("ab", pair, strict=True):
        app.query_params[letter] = hosted.view_id
    press(app.run(), "pause:both")
    for hosted in pair:
        until(hosted, State.PAUSED)


def test_every_knob_of_an_advice_is_turned_and_undone(
    monkeypatch: pytest.MonkeyPatch, hasty: None
) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    monkeypatch.setattr(Run, "checkup", lambda _: CHECKUP)
    before = app.session_state["experiment"].config
    _take(app, pressed(SLOWER))
    turned = [(entry.path, entry.new) for entry in hosted.run.ledger() if entry.turned]
    assert turned == list(SLOWER.changes)
    press(app.run(), "undo:0")
    after = app.session_state["experiment"].config
    for path, value in SLOWER.changes:
        assert get(before, path) == get(after, path) != value


def test_the_run_that_a_press_begins_comes_on_the_screen(hasty: None) -> None:
    app = press(opened(), "start")
    first = the_run(app)
    until(first, State.RUNNING)
    press(app, "same")
    second = the_run(app)
    assert second is not first
    until(first, State.STOPPED)
    app.run()
    assert the_run(app) is second
    assert app.query_params["run"] in (second.view_id, [second.view_id])
