"""Which two runs are beside each other: chosen from one's own, or by a link."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from gan_lab.data import short_name
from gan_lab.presets import presets
from gan_lab.runs import Hosted, labels
from gan_lab.server import registry
from gan_lab.ui import experiment
from gan_lab.ui.escape import plain

LETTERS = ("A", "B")
"""What the two runs are called; in small letters they stand in the URL."""

Pair = Mapping[str, Hosted | None]
"""By letter."""

_LISTED = 12  # own runs, the newest
_SPELLED = 3  # what differs from the preset
_REFRESH = 3.0  # s
_KEY = "pair"  # of the session: a Held


@dataclass
class Held:
    """What a session looks at.

    Attributes:
        ids: view ids by letter, "" for none; empty before the page was opened.
        left: those before them, which the URL names until the browser has caught up.
    """

    ids: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] | None = None

    def change(self, ids: Mapping[str, str]) -> None:
        """Others from now on; the page brings the URL in line when it is drawn next."""
        self.left, self.ids = self.ids, dict(ids)


def held() -> Held:
    """The session's own."""
    return st.session_state.setdefault(_KEY, Held())


def pair() -> Pair:
    """The runs that the URL names, or those that this session looked at last.

    Where there is neither, A is the run of the training page. The URL is brought in line; what it
    names and is not there, or twice the same run, becomes a complaint.
    """
    asked = {letter: st.query_params.get(letter.lower(), "") for letter in LETTERS}
    mine = held()
    if asked == mine.left:
        asked = mine.ids  # sent before the browser heard of those that came after
    else:
        mine.left = None
    if not any(asked.values()):
        asked = mine.ids or {"A": experiment.experiment().view_id, "B": ""}
    runs = {letter: registry().get(asked[letter]) for letter in LETTERS}
    missing = [letter for letter in LETTERS if asked[letter] and runs[letter] is None]
    if missing:
        _complain(
            f"This server knows no run under the link for {' and '.join(missing)}: it may be"
            " mistyped, or the run was ended long ago. Choose another one below."
        )
    if runs["A"] is not None and runs["A"] is runs["B"]:
        _complain("A and B were the same run. Choose another one to set beside it.")
        runs["B"] = None
    remember(runs)
    return runs


def remember(runs: Pair) -> None:
    """The session and the URL hold these two."""
    found = {letter: one.view_id if one else "" for letter, one in runs.items()}
    held().ids = found
    for letter, view_id in found.items():
        name = letter.lower()
        if not view_id:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != view_id:
            st.query_params[name] = view_id


def take(letter: str, view_id: str) -> None:
    """Set one of the two; a run that is the other one already changes places with it."""
    ids = dict(held().ids)
    other = next(one for one in LETTERS if one != letter)
    if ids[other] == view_id:
        ids[other] = ids[letter]
    ids[letter] = view_id
    remember({one: registry().get(ids[one]) for one in LETTERS})


def view_id_of(text: str) -> str:
    """The view id in what somebody pasted: a link to a run, or the id alone."""
    text = text.strip()
    try:
        query = parse_qs(urlsplit(text).query)
    except ValueError:  # only half a link
        return text
    return next((query[name][0] for name in ("run", "a", "b") if name in query), text)


def chooser(runs: Pair) -> None:
    """This visitor's runs, each to be taken as A or B, and a place for a link."""
    own = registry().runs_of(experiment.visitor())[:_LISTED]
    if own:
        _own_runs(runs)
    else:
        st.write("You have no runs yet. Train one, or paste somebody's link.")
    with (
        st.form("by-link", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        link = st.text_input("The link of any run of this server", key="link", width=380)
        pressed = {
            letter: st.form_submit_button(f"Take as {letter}", key=f"link:{letter}")
            for letter in LETTERS
        }
    for letter, now in pressed.items():
        if now:
            _take_link(letter, link)


def _take_link(letter: str, link: str) -> None:
    hosted = registry().get(view_id_of(link))
    if hosted is None:
        st.warning(
            "This server knows no run under that link: it may be mistyped, or the run was ended"
            " long ago.",
            icon=":material/info:",
        )
        return
    take(letter, hosted.view_id)
    st.rerun()


@st.fragment(run_every=_REFRESH)
def _own_runs(runs: Pair) -> None:
    for hosted in registry().runs_of(experiment.visitor())[:_LISTED]:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            for letter in LETTERS:
                chosen = runs[letter] is hosted
                if st.button(letter, key=f"take:{letter}:{hosted.view_id}", disabled=chosen,
                             type="primary" if chosen else "secondary",
                             help=f"Take this run as {letter}."):  # fmt: skip
                    take(letter, hosted.view_id)
                    st.rerun()
            st.markdown(_in_words(hosted), width="stretch")


def titles(runs: Sequence[Hosted]) -> list[str]:
    """What runs that stand beside each other are called; alike ones also by what tells
    their folders apart."""
    found = [title(hosted) for hosted in runs]
    return [
        one if found.count(one) == 1 else f"{one} · {tail(hosted.directory.path.name)}"
        for one, hosted in zip(found, runs, strict=True)
    ]


def tail(folder: str) -> str:
    """The end of a folder's name, by which runs with equal titles are told apart."""
    return folder.rpartition("-")[2]


def title(hosted: Hosted) -> str:
    """What a run is called: as somebody named it, or its preset and its pictures."""
    return labels.read(hosted.directory.path).title or _kind(hosted)


def _kind(hosted: Hosted) -> str:
    known, config = presets().get(hosted.preset), experiment.config_now(hosted)
    return f"{known.title if known else 'Own'} · {short_name(config.data.name)}"


def _in_words(hosted: Hosted) -> str:
    moment, known = hosted.run.latest(), presets().get(hosted.preset)
    changed = []
    if known is not None:
        changed = [
            f"{name} {before} → {now}"
            for name, before, now in experiment.differences(
                known.config, experiment.config_now(hosted)
            )
            if name != "Pictures"
        ]
    more = f" and {len(changed) - _SPELLED} more" if len(changed) > _SPELLED else ""
    differs = ", ".join(changed[:_SPELLED]) + more if changed else "the settings of the preset"
    if hosted.parent is not None:
        differs += f"; went on from {hosted.parent.run} at step {hosted.parent.step:,}"
    called = title(hosted)
    kind = "" if called == _kind(hosted) else f" ({_kind(hosted)})"
    began = time.strftime("%H:%M:%S", time.localtime(hosted.started))
    return (
        f"**{plain(called)}**{plain(kind)}: {plain(differs)}  \n{str(moment.state).capitalize()},"
        f" step {moment.counts.steps:,}, started at {began}"
    )


def _complain(words: str) -> None:
    experiment.experiment().complaint = words
