"""Advice of the coach, taken on the page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan_lab.coach import Advice, Condition, Finding, Health, Rule, Sign, Weight
from gan_lab.coach.findings import UndoTo
from gan_lab.config import KNOBS, RunConfig, put
from gan_lab.runs import Hosted, Run, State
from gan_lab.runs.messages import Checkup
from gan_lab.ui import coach, experiment

from .visitor import opened, press, the_run, until

SLOWER = Advice("Let D learn more slowly.", (("optim.d.lr", 1e-4), ("objective.smooth_real", 0.1)))
LARGER = Advice("Take more pictures at once.", (("training.batch", 128),))
WHOLE = Advice("Whole numbers come from a browser without a point.", (("optim.d.clip_norm", 1.0),))
ALL = (SLOWER, LARGER, WHOLE)
RULE = Rule("d-wins", "D wins", Weight.TROUBLE, "", "", lambda _: None, lambda _: ALL)
FOUND = Finding(RULE, Sign(0.9, "so"), ALL, 100)
CHECKUP = Checkup(1, health=Health(120, Condition.TROUBLE, "D wins.", (FOUND,)))


def pressed(advice: Advice, rule: Any = "d-wins", **other: Any) -> dict[str, Any]:
    """As a browser sends it."""
    undo = advice.undo and advice.undo._asdict()
    shown = {"text": advice.text, "changes": advice.changes, "undo": undo, **other}
    return json.loads(json.dumps({"rule": rule, "advice": shown}))


@pytest.mark.parametrize(
    "asked",
    [
        None, "d-wins", 3, {}, {"rule": "d-wins"}, {"rule": "d-wins", "advice": 0},
        {"rule": "d-wins", "advice": SLOWER.text}, {"advice": {"text": SLOWER.text}},
        pressed(SLOWER, rule=["d-wins"]), pressed(SLOWER, rule="other"),
        pressed(SLOWER, text="Let D learn faster."), pressed(SLOWER, changes=[["optim.d.lr", 9.0]]),
        pressed(SLOWER, changes=None), {"path": "optim.d.lr", "value": 9.0, "advice": 0},
    ],
)  # fmt: skip
def test_only_what_the_coach_says_now_can_be_taken(asked: Any) -> None:
    assert coach.advised(CHECKUP, asked) is None


def test_an_advice_is_found_by_rule_and_by_what_the_page_showed() -> None:
    assert coach.advised(CHECKUP, pressed(LARGER)) == (FOUND, LARGER)
    assert coach.advised(CHECKUP, pressed(WHOLE)) == (FOUND, WHOLE)
    assert coach.advised(Checkup(), pressed(LARGER)) is None


def test_every_knob_has_a_name_and_a_value_for_the_page() -> None:
    named = coach.turned_by(put(RunConfig(), {"optim.d.lr": 1e-3}))
    assert named["optim.d.lr"] == ["D: Learning rate", "1e-3"]
    assert {path for path, knob in KNOBS.items() if knob.kind != "layers"} == named.keys()


def test_advice_turns_live_knobs_with_its_reason_and_the_widgets_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    monkeypatch.setattr(Run, "checkup", lambda _: CHECKUP)
    _take(app, pressed(SLOWER))
    turned = [entry for entry in hosted.run.ledger() if entry.turned]
    assert [(entry.path, entry.new) for entry in turned] == list(SLOWER.changes)
    assert {entry.note for entry in turned} == {f"coach: D wins - {SLOWER.text}"}
    assert [s.value for s in app.slider if s.label == "One-sided label smoothing"] == [0.1]
    assert any(text.value.startswith("coach: D wins") for text in app.caption)
    assert not app.warning


def _far_change(hosted: Hosted, place: int) -> Checkup:
    """What the coach says of a change, by its place in the ledger."""
    entry = hosted.run.ledger()[place]
    advice = (Advice("Undo it.", undo=UndoTo(place, entry.step)), SLOWER)
    rule = replace(RULE, advice=lambda _: advice)
    found = Finding(rule, Sign(0.9, "so"), advice, entry.step + 20)
    return Checkup(1, health=Health(entry.step + 20, Condition.TROUBLE, "Trouble.", (found,)))


def test_undo_of_the_coach_is_that_of_the_list_of_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    app.slider(key="knob::objective.instance_noise").set_value(1.5).run()
    place = len(hosted.run.ledger()) - 1
    checkup = _far_change(hosted, place)
    undo, before = checkup.health.findings[0].advice[0], hosted.run.ledger()[place]  # type: ignore[union-attr]
    guest = opened(run=hosted.view_id)
    monkeypatch.setattr(Run, "checkup", lambda _: checkup)
    _take(guest, pressed(undo), button="own")
    assert hosted.run.ledger()[place] == before  # a guest cannot
    _take(app, pressed(undo, undo={"change": place, "step": before.step + 1}))
    assert hosted.run.ledger()[place] == before  # nor can anybody undo what the coach does not name
    _take(app, pressed(undo))
    assert hosted.run.ledger()[place].path == "undo"
    assert hosted.run.latest().config.objective.instance_noise == before.old
    assert app.session_state["experiment"].config.objective.instance_noise == before.old
    assert not app.exception


def test_the_list_names_a_change_that_did_harm_and_still_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    slider = "knob::objective.instance_noise"
    app.slider(key=slider).set_value(1.5).run()
    now = _far_change(hosted, len(hosted.run.ledger()) - 1)
    gone = replace(now.health.findings[0], until=999)  # type: ignore[union-attr]

    def named() -> bool:
        return any("the change still holds" in one.value for one in app.run().caption)

    assert not named()
    for checkup in (now, Checkup(2, past=(gone,))):
        monkeypatch.setattr(Run, "checkup", lambda _, said=checkup: said)
        assert named()
    app.slider(key=slider).set_value(0.0).run()
    assert not named()


def test_advice_that_needs_a_restart_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    monkeypatch.setattr(Run, "checkup", lambda _: CHECKUP)
    _take(app, pressed(LARGER))
    assert hosted.run.latest().config.training.batch == 32
    assert app.session_state["experiment"].config.training.batch == 128


def test_advice_that_was_taken_back_changes_nothing_and_says_so() -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    _take(app, pressed(SLOWER, rule="no-such-rule"))
    assert not [entry for entry in hosted.run.ledger() if entry.turned]
    assert any("does not say that any more" in one.value for one in app.warning)


def test_another_advice_in_the_same_place_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    app = press(opened(), "start")
    hosted = the_run(app)
    until(hosted, State.RUNNING)
    now = Finding(RULE, Sign(0.9, "so"), (LARGER,), 100)
    health = Health(140, Condition.TROUBLE, "D wins.", (now,))
    monkeypatch.setattr(Run, "checkup", lambda _: Checkup(2, health=health))
    _take(app, pressed(SLOWER))
    assert not [entry for entry in hosted.run.ledger() if entry.turned]
    assert app.session_state["experiment"].config.training.batch == 32
    assert any("does not say that any more" in one.value for one in app.warning)


def test_a_guest_cannot_take_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    hosted = the_run(press(opened(), "start"))
    until(hosted, State.RUNNING)
    guest = opened(run=hosted.view_id)
    monkeypatch.setattr(Run, "checkup", lambda _: CHECKUP)
    _take(guest, pressed(SLOWER), button="own")
    assert not [entry for entry in hosted.run.ledger() if entry.turned]
    assert any("Not changed" in one.value or "Sorry" in one.value for one in guest.warning)


def _take(app: AppTest, asked: Any, button: str = "pause") -> None:
    """As if the browser had said so; a button is lent for it, as no component of ours is drawn."""
    with pytest.MonkeyPatch.context() as lent:
        for name in ("press", "start"):
            lent.setattr(experiment, name, lambda *_: coach.take(asked))
        press(app.run(), button)
