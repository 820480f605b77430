"""Presses whose first effect has the page drawn anew, which cuts callbacks short."""

from __future__ import annotations

import errno
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequest, ScriptRequests
from streamlit.testing.v1 import AppTest

from gan_lab.config import RunConfig, get
from gan_lab.runs import Hosted, Registry, Run, RunDirectory, State
from gan_lab.runs.messages import Checkpoint, Command, Pause
from gan_lab.server import registry
from gan_lab.ui import trial
from tests.patience import WAIT

from .test_coach import CHECKUP, SLOWER, _take, pressed
from .test_compare import named
from .visitor import opened, press, the_run, until

COMPARE = Path(__file__).parent.parent.parent / "pages" / "compare.py"
NOISE = "objective.instance_noise"


def draw_anew() -> None:
    """What the browser asks for with a second press, while the first is being acted on."""
    context = get_script_run_ctx()
    if context is not None and context.script_requests is not None:
        context.script_requests.request_rerun(
            RerunData(query_string=context.query_string, page_script_hash=context.page_script_hash)
        )


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody presses again at once, while the callback that gave the command still runs."""
    send = Hosted.send

    def sent(self: Hosted, command: Command, visitor: str) -> Future[Any]:
        answer = send(self, command, visitor)
        answer.result(WAIT)
        draw_anew()
        return answer

    def after(begin: Callable[..., Hosted]) -> Callable[..., Hosted]:
        def begun(self: Registry, *args: Any, **options: Any) -> Hosted:
            hosted = begin(self, *args, **options)
            draw_anew()
            return hosted

        return begun

    monkeypatch.setattr(Hosted, "send", sent)
    monkeypatch.setattr(Registry, "start", after(Registry.start))
    monkeypatch.setattr(Registry, "fork", after(Registry.fork))


@pytest.fixture
def begun(small: Callable[..., RunConfig]) -> Callable[[], Hosted]:
    """A small run of the visitor "me" that has loaded."""

    def start() -> Hosted:
        hosted = registry().start(small(), "me", "quick")
        until(hosted, State.RUNNING)
        return hosted

    return start


def news(app: AppTest, key: str) -> RerunData:
    """What the browser asks for when that component tells news."""
    state = app.session_state._state._state
    told = state._new_widget_state.widget_metadata[state._key_id_mapper.get_id_from_key(key)]
    return RerunData(fragment_id=told.fragment_id)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[RerunData]:
    """What is asked for just when a press has been taken up, and its callback not yet called."""
    waiting: list[RerunData] = []
    ready = ScriptRequests.on_scriptrunner_ready

    def take_up(self: ScriptRequests) -> ScriptRequest:
        request = ready(self)
        if waiting:
            self.request_rerun(waiting.pop())
        return request

    monkeypatch.setattr(ScriptRequests, "on_scriptrunner_ready", take_up)
    return waiting


def test_a_press_counts_though_the_run_tells_news_at_that_instant(
    meanwhile: list[RerunData],
) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    meanwhile.append(news(app.run(), "live"))
    press(app, "pause")
    assert not meanwhile
    until(hosted, State.PAUSED)
    assert "resume" in [button.key for button in app.run().button]


def test_a_press_counts_though_one_of_a_pair_tells_news_at_that_instant(
    begun: Callable[[], Hosted], meanwhile: list[RerunData]
) -> None:
    a, b = begun(), begun()
    app = comparing(a=a.view_id, b=b.view_id)
    meanwhile.append(news(app, "compare"))
    press(app, "pause:both")
    assert not meanwhile
    until(a, State.PAUSED)
    until(b, State.PAUSED)


def comparing(**query: str) -> AppTest:
    app = AppTest.from_file(str(COMPARE), default_timeout=WAIT)
    app.session_state["visitor"] = "me"
    for letter, view_id in query.items():
        app.query_params[letter] = view_id
    return app.run()


def test_both_runs_of_a_pair_pause(begun: Callable[[], Hosted], hasty: None) -> None:
    a, b = begun(), begun()
    press(comparing(a=a.view_id, b=b.view_id), "pause:both")
    until(a, State.PAUSED)
    until(b, State.PAUSED)


@pytest.mark.parametrize("begins", [trial.NOW, trial.START])
def test_a_run_with_one_change_becomes_b_and_a_goes_on(
    begins: str, begun: Callable[[], Hosted], hasty: None
) -> None:
    a = begun()
    a.run.send(Pause())
    until(a, State.PAUSED)
    app = comparing(a=a.view_id)
    app.radio(key="trial:begins").set_value(begins).run()
    app.selectbox(key="trial:knob").set_value(NOISE).run()
    app.slider(key=f"knob:trial:{NOISE}").set_value(0.5).run()
    press(app, "trial:go")
    b = registry().get(named(app)["b"])
    assert b is not None
    assert named(app.run()) == {"a": a.view_id, "b": b.view_id}
    until(b, State.RUNNING)
    assert get(b.run.latest().config, NOISE) == 0.5
    until(a, State.RUNNING)
    assert app.session_state["trial:value"] == {}, "the form begins anew"


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


def test_a_run_is_saved_now_and_says_so(hasty: None) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    press(app, "pause")
    until(hosted, State.PAUSED)
    press(app.run(), "save")
    (saved,) = (e for e in hosted.run.ledger() if e.path == "checkpoint")
    assert hosted.directory.read_checkpoint()["steps"] == saved.step > 0
    assert [one.value for one in app.toast] == [f"Saved at step {saved.step:,}."]
    assert not app.run().toast, "it is said once"


def test_what_cannot_be_saved_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    press(app, "pause")
    until(hosted, State.PAUSED)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(RunDirectory, "write_checkpoint", full)
        press(app.run(), "save")
    assert app.warning[0].value == "Not saved: The disk is full; free some space"
    assert not app.toast


def test_only_who_controls_a_run_can_save_it(begun: Callable[[], Hosted]) -> None:
    theirs = begun()
    app = opened(run=theirs.view_id)  # by somebody else
    assert "save" not in [button.key for button in app.button]
    with pytest.raises(PermissionError):
        theirs.send(Checkpoint(), "somebody else")
    assert not any(e.path == "checkpoint" for e in theirs.run.ledger())
