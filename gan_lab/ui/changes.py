"""What was changed in a run, and the way back to just before it."""

from __future__ import annotations

import streamlit as st

from gan_lab.config import get
from gan_lab.runs import Hosted
from gan_lab.training.ledger import Entry
from gan_lab.ui import experiment, live
from gan_lab.ui.escape import plain
from gan_lab.ui.widgets import name_of, told

_LISTED = 8  # newest changes
_BLAMED = (
    ":material/warning: Trouble began after this change, and the change still holds. Undo also"
    " restores the weights of before it."
)


def last_changes(hosted: Hosted) -> dict[str, str]:
    """By path, when a knob was last turned and from what, in words."""
    return {
        entry.path: f"changed at step {told(entry.step)}, from {told(entry.old)}"
        for _, entry in experiment.changes(hosted)
    }


def changes_panel(hosted: Hosted) -> None:
    """The newest changes, newest first: each a button that tells what it did, beside one that goes
    back to before it."""
    turned = experiment.changes(hosted)
    if not turned:
        return
    st.subheader("What you changed")
    blamed = _blamed(hosted)
    undoable = set() if hosted.run.latest().state.over else set(hosted.run.directory.undoable())
    for place, entry in reversed(turned[-_LISTED:]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                _in_words(entry), key=f"around:{place}", type="tertiary",
                on_click=live.tell_around, args=(entry.step,),
                help="Shows every curve over the hundred steps before this change and after it.",
            )  # fmt: skip
            if place in undoable:
                st.button(
                    "Undo", icon=":material/undo:", key=f"undo:{place}", type="tertiary",
                    on_click=experiment.undo, args=(place,),
                    help="Goes back to just before this change and restores the networks, the"
                    " curves and the knobs. The training since then is lost.",
                )  # fmt: skip
        if entry.note:
            st.caption(plain(entry.note))
        if place in blamed:
            st.caption(_BLAMED)
    older = len(turned) - _LISTED
    if older > 0:
        st.caption(f"And {older} older. Only the newest changes can be undone.")


def _blamed(hosted: Hosted) -> set[int]:
    """Places in the ledger of the changes that the coach found to do harm, now or before, and that
    still hold."""
    checkup, config = hosted.run.checkup(), experiment.config_now(hosted)
    standing = checkup.health.findings if checkup.health is not None else ()
    changes = experiment.changes(hosted)
    newest = {entry.path: entry.new for _, entry in changes}
    advised = {
        advice.undo.change
        for finding in (*standing, *checkup.past)
        for advice in finding.advice
        if advice.undo is not None
    }
    return {
        place
        for place, entry in changes
        if place in advised and get(config, entry.path) == newest[entry.path] != entry.old
    }


def _in_words(entry: Entry) -> str:
    change = f"{plain(told(entry.old))} → {plain(told(entry.new))}"
    return f"Step {plain(told(entry.step))}: **{plain(name_of(entry.path))}** {change}"
