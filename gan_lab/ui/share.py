"""The session's experiment as a link, and what a page says that was opened by one."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache, partial

import segno
import streamlit as st

from gan_lab.config import KNOBS, RunConfig, difference, get
from gan_lab.data import NAMED
from gan_lab.presets import DEFAULT, presets
from gan_lab.share import Link, ShareError, View, encode, stays_behind
from gan_lab.ui import components, experiment, knobs
from gan_lab.ui.escape import plain, reason
from gan_lab.ui.experiment import LINK, Experiment
from gan_lab.ui.widgets import follow, name_of, told

_TOLD = 4  # changes against the preset that are spelled out
_QR_MOST = 1000  # characters; a denser code is not read from across a room
_SIDE = 200  # px


@dataclass
class _Wish:
    """What a link that is being made should ask of the page.

    Attributes:
        few: whether only the knobs in ``only`` are there.
    """

    starts: bool = False
    few: bool = False
    only: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    restart: bool = True

    def view(self) -> View:
        only = frozenset(self.only) if self.few else None
        return View(only, frozenset(self.locked), _unfolded(), self.restart)


# -- to make a link ----------------------------------------------------------------------------


def popover() -> None:
    """A button that makes the link; what is in it is drawn once it is opened."""
    with st.popover("Share", icon=":material/share:", key="share", on_change="rerun") as box:
        if box.open:
            _maker()


def _maker() -> None:
    mine = experiment.experiment()
    st.markdown("**This experiment as a link**")
    st.caption(
        "It holds everything that the next Start takes: preset, knobs, pictures, seed; and which"
        " parts of this page are unfolded. Whoever opens it gets a run of their own."
    )
    wish = _wishes(mine)
    link = Link(mine.preset or DEFAULT, mine.config, wish.starts, wish.view())
    try:
        text = encode(link)
    except ShareError as error:
        st.error(reason(error))
        return
    components.show("link", "link", {"query": f"?{LINK}={text}"})
    for note in stays_behind(mine.config):
        st.caption(f":material/info: {note}")
    _code(text)


def _wishes(mine: Experiment) -> _Wish:
    """The choices around a link; they outlive the closing of the popover."""
    view = mine.view
    wish: _Wish = st.session_state.setdefault(
        "sharing",
        _Wish(False, view.only is not None, sorted(view.only or ()), sorted(view.locked),
              view.restart),
    )  # fmt: skip
    _toggle(wish, "starts", "It starts by itself", "The run begins as soon as the link is opened.")
    with st.expander("For a lesson: hide or lock knobs"):
        _toggle(wish, "few", "Show only some knobs", "All others are hidden, until whoever opened"
                " the link asks for them.")  # fmt: skip
        if wish.few:
            _paths(wish, "only", "Knobs to show", mine.config)
        _paths(wish, "locked", "Knobs to lock", mine.config)
        _toggle(wish, "restart", "Show what applies on restart",
                "The column with the preset, the pictures, the seed and the networks.")  # fmt: skip
    return wish


def _toggle(wish: _Wish, name: str, words: str, hint: str) -> None:
    heard = partial(setattr, wish, name)
    value = getattr(wish, name)
    st.toggle(words, value, help=hint, **follow(f"share:{name}", value, heard))


def _paths(wish: _Wish, name: str, words: str, config: RunConfig) -> None:
    chosen = getattr(wish, name)
    there = [path for path, knob in KNOBS.items() if knobs.belongs(knob, config) or path in chosen]
    heard = partial(setattr, wish, name)
    st.multiselect(words, there, format_func=_in_words, placeholder="None yet",
                   default=chosen,
                   **follow(f"share:{name}", chosen, heard))  # fmt: skip


def _in_words(path: str) -> str:
    return name_of(path)


def _unfolded() -> tuple[str, ...]:
    """Sections of the page that are open here and now."""
    return tuple(part for part in knobs.SECTIONS if st.session_state.get(f"open:{part}"))


def _code(text: str) -> None:
    """The link for cameras, where it is not too long."""
    url = st.context.url
    if not url:
        return
    address = f"{url}?{LINK}={text}"
    if len(address) > _QR_MOST:
        st.caption("Too long to be read by a camera; copy the link instead.")
    else:
        st.image(_qr(address), width=_SIDE, caption="The same link for the camera of a phone")


@lru_cache(maxsize=64)
def _qr(address: str) -> bytes:
    """A QR code as PNG."""
    file = io.BytesIO()
    segno.make(address, error="l", micro=False).save(file, kind="png", scale=6, border=4)
    return file.getvalue()


# -- to open one -------------------------------------------------------------------------------


def begin() -> None:
    """Start the run of a link that starts by itself: once, and not if that meant a download."""
    mine = experiment.experiment()
    if not mine.starts:
        return
    mine.starts = False
    entry = NAMED.get(mine.config.data.name.partition(":")[0])
    if entry is None or entry.here():
        experiment.start()
    else:
        mine.ignored.append(
            "It does not start by itself, as its pictures have to be downloaded first. Press Start."
        )


def title(usual: str) -> None:
    """Of the page before a run: the usual one, or that this is somebody's experiment, and which."""
    mine = experiment.experiment()
    st.title("An experiment that somebody shared" if mine.link else usual)
    if mine.link:
        st.markdown(_about(mine))


def _about(mine: Experiment) -> str:
    """Preset and the first differences from it, in a sentence."""
    base = presets()[mine.preset]
    changed = difference(mine.config, base.config)
    words = [
        f"{plain(name_of(path))} {plain(told(get(base.config, path)))} → {plain(told(value))}"
        for path, value in list(changed.items())[:_TOLD]
    ]
    if len(changed) > _TOLD:
        words.append(f"and {len(changed) - _TOLD} more")
    return f"It is the preset **{base.title}**" + (
        f", with {'; '.join(words)}." if words else ", as it is."
    )


def banner() -> None:
    """What was ignored of the link; with a run on the screen also where that came from; and the way
    to see everything. In a place of its own: what stands below keeps its own place without it."""
    mine = experiment.experiment()
    with st.container():
        if mine.ignored:
            st.warning("  \n".join(mine.ignored), icon=":material/link_off:")
            st.button("Understood", key="share:understood", type="tertiary",
                      on_click=mine.ignored.clear)  # fmt: skip
        if mine.link:
            _of_a_link(mine)


def _of_a_link(mine: experiment.Experiment) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if mine.view_id:
            st.markdown("**An experiment that somebody shared**", width="content")
        if mine.view.hides:
            st.button("Show all knobs", key="share:all", type="tertiary",
                      icon=":material/visibility:", on_click=_show_all)  # fmt: skip


def _show_all() -> None:
    """For this session; what is locked stays locked."""
    mine = experiment.experiment()
    mine.view = View(locked=mine.view.locked)
