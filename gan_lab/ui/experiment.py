"""What a visitor works on: the experiment that the next Start takes, and the run on the screen.

A second press has the page drawn anew, and Streamlit then cuts short whatever the script does at
its next look into the session, callbacks too. So what a press does looks there first and then acts;
in between it asks the session nothing. (What runs tell the page waits: see ``components.apart``.)
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from gan_lab.config import KNOBS, ConfigError, RunConfig, difference, get, known, put
from gan_lab.presets import DEFAULT, preset, presets
from gan_lab.runs import Hosted
from gan_lab.runs.messages import Checkpoint, Command, Set, Undo
from gan_lab.server import COOKIE, Sender, network_of, registry
from gan_lab.share import ShareError, View, decode
from gan_lab.training.ledger import Entry
from gan_lab.ui.widgets import name_of, told

LINK = "share"  # name of the query parameter that holds an experiment
LOCKED = "Whoever made this link has locked it."
NOT_CHANGED = "Not changed: "
ANSWER_WITHIN = 2.0  # s that a page waits for a run to take a command
GONE = (
    "This server knows no run under that link: it may be mistyped, or the server was started"
    " anew. Runs are kept on its disk, and the page Runs opens them. Here you can start a new one."
)


@dataclass
class Experiment:
    """One browser session's.

    Attributes:
        preset: name of the one that it began from.
        config: what Start begins with.
        view_id: of the run on the screen; "" for none.
        left: view id of the one before it, which the URL names until the browser has caught up.
        complaint: why the last change was not taken; shown once.
        said: what a press that shows nothing by itself came to; shown once.
        link: text of the link that it came by; "" for none.
        view: what of the page that link shows.
        starts: whether the link asks for a run that begins by itself, which has not begun yet.
        ignored: what of the link was not taken, in sentences.
    """

    preset: str
    config: RunConfig
    view_id: str = ""
    left: str = ""
    complaint: str = ""
    said: str = ""
    link: str = ""
    view: View = field(default_factory=View)
    starts: bool = False
    ignored: list[str] = field(default_factory=list)


def visitor() -> str:
    """Who is looking: the browser's cookie, or where there is none this session alone."""
    cookie = st.context.cookies.get(COOKIE)
    if isinstance(cookie, str) and cookie:
        return cookie
    return st.session_state.setdefault("visitor", secrets.token_urlsafe(24))


def sender() -> Sender:
    """Whom the work for this page counts against."""
    return Sender(visitor(), network_of(st.context.ip_address or "127.0.0.1"))  # None is localhost


def experiment() -> Experiment:
    """The session's experiment; if the session has just begun, that of the link that was opened, or
    of the run in the URL."""
    known = st.session_state.get("experiment")
    if known is None:
        known = Experiment(DEFAULT, preset(DEFAULT).config)
        st.session_state["experiment"] = known
        _open_link(known, st.query_params.get(LINK, ""))
        asked = st.query_params.get("run", "")
        hosted = registry().get(asked)
        if hosted is not None:
            adopt(known, hosted)
            known.ignored.clear()
        known.starts = known.starts and not asked  # it has begun once
    return known


def _open_link(mine: Experiment, text: str) -> None:
    """Take what a link says; what of it cannot be taken is told."""
    if not text:
        return
    try:
        link, mine.ignored = decode(text)
    except ShareError as error:
        mine.ignored = [str(error)]
        return
    mine.link, mine.preset, mine.config = text, link.preset, link.config
    mine.view, mine.starts = link.view, link.starts
    for section in link.view.unfolded:
        st.session_state[f"open:{section}"] = True
    if link.view.only is not None:
        st.session_state["open:live"] = True  # few knobs need not be folded


def leave_link() -> None:
    """The session goes its own way: everything shows, nothing is locked."""
    mine = experiment()
    mine.link, mine.view = "", View()
    mine.ignored.clear()
    if LINK in st.query_params:
        del st.query_params[LINK]


def shown(path: str) -> bool:
    """Whether the link that was opened leaves a knob on the page."""
    only = experiment().view.only
    return only is None or path in only


def locked(path: str) -> bool:
    """Whether the link that was opened locks a knob."""
    return path in experiment().view.locked


def restart_shown() -> bool:
    """Whether the link that was opened leaves anything on the page that applies on restart."""
    view = experiment().view
    return view.restart and (view.only is None or any(not KNOBS[p].live for p in view.only))


def adopt(mine: Experiment, hosted: Hosted) -> None:
    """Take over a run's settings as those of the next Start."""
    mine.preset, mine.config = hosted.preset or DEFAULT, config_now(hosted)


def look_at(view_id: str) -> None:
    """Let a run be the one on the screen, and its settings those of the next start."""
    hosted = registry().get(view_id)
    if hosted is not None:
        mine = experiment()
        adopt(mine, hosted)
        mine.view_id = view_id


def run_on_screen() -> Hosted | None:
    """The run that the URL names, or the one that this session looked at last.

    The URL is brought in line, so that F5, a second tab and a link to a friend find it.
    """
    mine = experiment()
    asked = st.query_params.get("run", "")
    if asked == mine.left:
        asked = ""  # sent before the browser heard of the run that came after
    else:
        mine.left = ""
    if asked:
        mine.view_id = asked
    hosted = registry().get(mine.view_id) if mine.view_id else None
    if hosted is None:
        mine.view_id = ""
        if asked:
            del st.query_params["run"]
            mine.complaint = GONE
    elif asked != mine.view_id:
        st.query_params["run"] = mine.view_id
    if mine.link and st.query_params.get(LINK) != mine.link:
        st.query_params[LINK] = mine.link  # what it hides and locks outlives F5
    return hosted


def config_now(hosted: Hosted) -> RunConfig:
    """A run's configuration with the changes that it took since its last moment."""
    moment = hosted.run.latest()
    config = moment.config
    for entry in hosted.run.ledger()[moment.interventions :]:
        if entry.turned:
            with contextlib.suppress(ConfigError):  # the entry is of another version of this app
                config = put(config, {entry.path: entry.new})
    return config


def heard(hosted: Hosted) -> str:
    """What this script knows of the run, in the words that the live view compares."""
    moment = hosted.run.latest()
    ledger = max(len(hosted.run.ledger()), moment.interventions)
    return f"{moment.state}:{moment.take}:{ledger}"


def start(seed: int | None = None) -> None:
    """Begin a run with the session's experiment; one of this visitor that is on the screen ends.

    Args:
        seed: instead of the experiment's own.
    """
    mine, me = experiment(), visitor()
    if seed is not None:
        if _refuses(mine, "training.seed"):
            return
        mine.config = put(mine.config, {"training.seed": seed})
    before = registry().get(mine.view_id) if mine.view_id else None
    if before is not None and not before.may_control(me):
        before = None
    hosted = begun(lambda: registry().start(mine.config, me, mine.preset, instead_of=before))
    if hosted is not None:
        _show(mine, hosted)


def _show(mine: Experiment, hosted: Hosted) -> None:
    """Put a run on the screen; the page brings the URL in line when it is drawn next."""
    mine.left, mine.view_id = mine.view_id, hosted.view_id


def begun(begin: Callable[[], Hosted], name: str = "The run", what: str = "begin") -> Hosted | None:
    """A run that begins; None, and a complaint that says why, if it cannot."""
    mine = experiment()
    try:
        return begin()
    except OSError as error:
        refused = f"its folder cannot be written ({error.strerror})."
        why = refused if error.strerror else str(error)
    except ValueError as error:
        why = str(error)
    mine.complaint = f"{name} could not {what}: {why}"
    return None


def fork(step: int) -> None:
    """Begin a run that goes on from a kept state of the one on the screen, which stays as it is.

    Args:
        step: the newest kept state at or before it is taken.
    """
    mine, me = experiment(), visitor()
    parent = registry().get(mine.view_id)
    if parent is None:
        mine.complaint = GONE
        return
    hosted = begun(lambda: registry().fork(parent, step, me))
    if hosted is None:
        return
    adopt(mine, hosted)
    _show(mine, hosted)


def go_on(hosted: Hosted) -> None:
    """Train a run further that is over or at rest."""
    mine, me = experiment(), visitor()
    resumed = begun(lambda: registry().resume(hosted, me), what="go on")
    if resumed is not None:
        adopt(mine, resumed)


def send(command: Command) -> Entry | None:
    """Give the run on the screen a command; what it has against it becomes the complaint.

    Returns what became of it; None if that is not known yet, because it will act later.
    """
    hosted = registry().get(experiment().view_id)
    if hosted is None:
        experiment().complaint = GONE
        return _refused(command, "no such run")
    return send_to(hosted, command)


def send_to(hosted: Hosted, command: Command) -> Entry | None:
    """``send``, to any run."""
    return send_to_each([hosted], command)[0]


def send_to_each(runs: Sequence[Hosted], command: Command) -> list[Entry | None]:
    """``send``, to several runs: each has the command before any answer is waited for."""
    mine, me = experiment(), visitor()
    answers = [_post(hosted, command, me) for hosted in runs]
    return [_answered(mine, command, answer) for answer in answers]


def _post(hosted: Hosted, command: Command, me: str) -> Future[Entry] | PermissionError:
    try:
        return hosted.send(command, me)
    except PermissionError as error:
        return error


def _answered(
    mine: Experiment, command: Command, answer: Future[Entry] | PermissionError
) -> Entry | None:
    """What became of a command; what the run has against it becomes the complaint."""
    if isinstance(answer, PermissionError):
        mine.complaint = f"Sorry, {answer}."
        return _refused(command, str(answer))
    try:
        entry = answer.result(ANSWER_WITHIN)
    except TooSlow:
        mine.complaint = "The run is in the middle of a long step; your change acts after it."
        return None
    if entry.outcome == "refused":
        mine.complaint = f"{NOT_CHANGED}{entry.note}"
    return entry


def undo(change: int) -> None:
    """The run goes back to just before a change; its knobs are then those of the next start too.

    Args:
        change: its place in the run's ledger.
    """
    mine = experiment()
    hosted = registry().get(mine.view_id)
    turned = changes(hosted) if hosted is not None else []
    entry = send(Undo(change))
    if hosted is None or entry is None or entry.outcome == "refused":
        return
    for path in {entry.path for place, entry in turned if place >= change}:
        with contextlib.suppress(ConfigError):  # the entry is of another version of this app
            _put(mine, path, get(hosted.run.latest().config, path))


def changes(hosted: Hosted) -> list[tuple[int, Entry]]:
    """The knobs that were turned in a run: place in the ledger, and entry; oldest first."""
    return [(place, entry) for place, entry in enumerate(hosted.run.ledger()) if entry.turned]


def press(command: Command) -> None:
    """``send``, for buttons."""
    send(command)


def save() -> None:
    """Have the run on the screen write a checkpoint now, and say what became of it."""
    mine = experiment()
    entry = send(Checkpoint())
    if entry is None:
        return
    if entry.outcome == "applied":
        mine.said = f"Saved at step {entry.step:,}."
    elif mine.complaint.startswith(NOT_CHANGED):
        mine.complaint = f"Not saved: {entry.note}"


def _refused(command: Command, note: str) -> Entry:
    """For what never came to the run, in the words of its ledger."""
    return Entry(0, type(command).__name__.lower(), outcome="refused", note=note)


def change(path: str, value: Any, note: str = "") -> None:
    """Turn a knob: in the experiment, and if it is live in the run on the screen too.

    Args:
        note: why, for the run's ledger.
    """
    change_each([(path, value)], note)


def change_each(turns: Sequence[tuple[str, Any]], note: str = "") -> None:
    """``change``, several knobs one after the other, up to the first complaint."""
    mine, me = experiment(), visitor()
    hosted = registry().get(mine.view_id) if mine.view_id else None
    for path, value in turns:
        if _refuses(mine, path):
            return
        if hosted is not None and not hosted.run.latest().state.over and known(path).live:
            command = Set(path, value, note)
            entry = _answered(mine, command, _post(hosted, command, me))
            if entry is not None and entry.outcome == "refused":
                return
        _put(mine, path, value)
        if mine.complaint:
            return


def change_next(path: str, value: Any) -> None:
    """Change the experiment that the next start takes, and nothing else."""
    mine = experiment()
    if not _refuses(mine, path):
        _put(mine, path, value)


def _refuses(mine: Experiment, path: str) -> bool:
    """Whether a knob is locked; the page shows it grey, but another tab may not know yet."""
    if path in mine.view.locked:
        mine.complaint = f"Not changed: {name_of(path)} is locked. {LOCKED}"
    return path in mine.view.locked


def _put(mine: Experiment, path: str, value: Any) -> None:
    try:
        mine.config = put(mine.config, {path: value})
    except ConfigError as error:
        mine.complaint = f"Not changed: {error}"


def back_to_preset() -> None:
    """Every knob as the preset has it; the pictures, the seed and what is locked stay."""
    mine = experiment()
    try:
        mine.config = _preset_with_own(mine)
    except ConfigError as error:  # a locked value that the preset does not go with
        mine.complaint = f"Not changed: {error}"


def left_preset(mine: Experiment) -> bool:
    """Whether any knob is not as the preset has it, beside the pictures and the seed."""
    own = {"data.name", "training.seed"} | mine.view.locked
    return any(path not in own for path in difference(mine.config, _preset_of(mine)))


def _preset_with_own(mine: Experiment) -> RunConfig:
    own = {"data.name", "training.seed"} | mine.view.locked
    return put(_preset_of(mine), {path: get(mine.config, path) for path in own})


def _preset_of(mine: Experiment) -> RunConfig:
    known_presets = presets()
    return known_presets.get(mine.preset, known_presets[DEFAULT]).config


def waiting_changes(hosted: Hosted) -> list[str]:
    """What the experiment has and the run has not, in words; it applies on restart."""
    return [
        f"{name}: {now} → {then}"
        for name, now, then in differences(config_now(hosted), experiment().config)
    ]


def differences(one: RunConfig, other: RunConfig) -> list[tuple[str, str, str]]:
    """What differs, in words: the parameter, and its value in either."""
    rows = []
    for path in {**difference(one, other), **difference(other, one)}:  # either may have overrides
        values = told(get(one, path)), told(get(other, path))
        if values[0] == values[1]:  # lists of as many layers
            values = values[0], f"{values[1]}, but others"
        rows.append((name_of(path), *values))
    return rows
