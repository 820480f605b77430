"""One knob changed: a run that becomes the other one's B."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import TimeoutError as TooSlow
from typing import Any

import streamlit as st

from gan_lab.config import KNOBS, ConfigError, Knob, RunConfig, get, put
from gan_lab.runs import Hosted, State
from gan_lab.runs.messages import Checkpoint, Resume
from gan_lab.server import registry
from gan_lab.ui import experiment, knobs, pairing
from gan_lab.ui.escape import plain, reason
from gan_lab.ui.widgets import follow, name_of, told, whose, widget

NOW = "From where A is now"
START = "From the beginning, same seed"
_PICKED, _VALUE = "trial:picked", "trial:value"  # of the session: a path; its value, by path
_NOT_THE_SAME = ("training.seed", "training.start_from", "training.device")
"""With another one of these it would not be the same run but for one knob."""


def try_one_change(a: Hosted) -> None:
    """A small form: where B begins, which knob is other in it, and its value."""
    st.write(
        "Start a second run that is like A but for one knob, and watch what comes of it: it"
        " becomes B."
    )
    where, which, what = st.columns([1, 1.2, 1.2], gap="large")
    ways = (NOW, START) if experiment.restart_shown() else (NOW,)
    begins = where.radio("B begins", ways, key="trial:begins")
    now = experiment.config_now(a)
    choices = [k.path for k in KNOBS.values() if _offered(k, now, live=begins == NOW)]
    if not choices:
        which.write("Whoever made this link has left no knob to change.")
        return
    with which:
        path = _picked(choices)
        st.caption(f"{KNOBS[path].help} A has {plain(told(get(now, path)))}.")
    value = st.session_state.get(_VALUE, {}).get(path, get(now, path))
    with what:
        try:
            changed = put(now, {path: value})
        except ConfigError as error:
            st.error(reason(error))
            changed, value = now, get(now, path)
        widget(KNOBS[path], changed, _turn, key="trial", prefix=whose(path))
    if begins == START and experiment.changes(a):
        st.caption("A's knobs were turned while it trained; B has them as they are now from its"
                   " first step on.")  # fmt: skip
    same = value == get(now, path)
    st.button("Train it as B", icon=":material/science:", key="trial:go", type="primary",
              disabled=same, on_click=_begin, args=(a, path, value, begins == NOW),
              help="Turn the knob first: B would be just like A." if same else None)  # fmt: skip


def _picked(choices: Sequence[str]) -> str:
    """The knob that is chosen; at first one that people turn first."""
    usual = next((path for path in knobs.COMMON if path in choices), choices[0])
    picked = st.session_state.get(_PICKED)
    shown = str(picked) if picked in choices else usual
    st.selectbox("Knob", choices, format_func=_name, filter_mode="contains",
                 index=choices.index(shown),
                 **follow("trial:knob", shown, _pick))  # fmt: skip
    return shown


def _offered(knob: Knob, config: RunConfig, *, live: bool) -> bool:
    """Whether a knob may be changed, and would change anything."""
    if knob.path in _NOT_THE_SAME or (live and not knob.live):
        return False
    allowed = experiment.shown(knob.path) and not experiment.locked(knob.path)
    return allowed and knobs.belongs(knob, config) and knob.counts_in(config)


def _name(path: str) -> str:
    return name_of(path)


def _pick(path: str) -> None:
    st.session_state[_PICKED] = path
    st.session_state[_VALUE] = {}


def _turn(path: str, value: Any) -> None:
    st.session_state[_VALUE] = {path: value}


def _begin(a: Hosted, path: str, value: Any, from_now: bool) -> None:
    """Start B; A goes on if it stood still, so that there is something to compare with."""
    # all of the session first: another press has the page drawn anew, which cuts this short
    visitor, held, turned = experiment.visitor(), pairing.held(), st.session_state.get(_VALUE, {})
    value = turned.get(path, value)  # it may have been turned just before the press

    def begin() -> Hosted:
        if not from_now:
            changed = put(experiment.config_now(a), {path: value})
            return registry().start(changed, visitor, a.preset)
        _keep(a, visitor)
        return registry().fork(a, None, visitor, {path: value})

    b = experiment.begun(begin, "B")
    if b is None:
        return
    turned.clear()
    held.change({"A": a.view_id, "B": b.view_id})
    if a.run.latest().state is State.PAUSED and a.may_control(visitor):
        a.send(Resume(), visitor)


def _keep(a: Hosted, visitor: str) -> None:
    """A state of this very step, where the visitor may ask for one; else the newest serves."""
    if a.may_control(visitor) and not a.run.latest().state.over:
        try:
            a.send(Checkpoint(), visitor).result(experiment.ANSWER_WITHIN)
        except TooSlow:
            return
