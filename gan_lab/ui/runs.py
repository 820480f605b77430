"""Every run that this visitor may see: what the page shows of them, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from gan_lab.config import ConfigError, RunConfig, get
from gan_lab.data import short_name
from gan_lab.measures import MEASURES
from gan_lab.presets import presets
from gan_lab.runs import DirectoryError, Hosted, State
from gan_lab.runs.library import Entry
from gan_lab.runs.reading import ALONE
from gan_lab.server import registry
from gan_lab.server.hub import library
from gan_lab.server.thumbnails import thumbnails
from gan_lab.ui import components, experiment, takeout
from gan_lab.ui.escape import plain, reason
from gan_lab.ui.pairing import tail, title
from gan_lab.ui.widgets import name_of, told

STATES = {
    "training here": "Training",
    "paused": "Paused",
    "elsewhere": "Being trained elsewhere",
    "left behind": "Left behind",
    "stopped": "Stopped",
    "finished": "Finished",
    "failed": "Failed",
    ALONE: "Generator alone",
    "damaged": "Damaged",
}
"""What the states of a run are called; in this order they are offered to choose from."""

_KEY = "runs"
_GO = "runs:go"  # of the session: the page to open next, and its query
_ANSWERED = "runs:answered"  # of the session: how many wishes
_TAKE = "runs:take"  # of the session: the run whose files are asked for
_OFFERED = 3  # runs to go back to
_REFRESH = 4.0  # s, while a run trains
_ALIVE = ("training here", "paused", "elsewhere")
_RESUMABLE = ("left behind", "stopped")

Wish = Mapping[str, Any]
"""What was pressed on the page: its kind, the run's name, and what else there is to say."""


def entries() -> list[Entry]:
    """The runs that this visitor may see, newest first."""
    return registry().entries(experiment.visitor())


def offer_left_behind(page: Any) -> None:
    """A link to the runs that a killed server left behind, where this visitor has such."""
    count = sum(entry.state == "left behind" and entry.mine for entry in entries())
    if count:
        words = "A run was" if count == 1 else f"{count} runs were"
        st.page_link(
            page, label=f"{words} left behind when the server went away: go on with it here"
            if count == 1 else f"{words} left behind when the server went away: go on with them",
            icon=":material/history:",
        )  # fmt: skip


def offer_alive(go: Callable[[str], None]) -> None:
    """A button for each run of this visitor that is on while none is on the screen.

    Args:
        go: shows the run of that view id.
    """
    mine = registry().runs_of(experiment.visitor())
    alive = [hosted for hosted in mine if not hosted.run.latest().state.over]
    for hosted in alive[:_OFFERED]:
        moment = hosted.run.latest()
        does = "is paused" if moment.state is State.PAUSED else "is training"
        st.button(f"A run of yours {does}, at step {moment.counts.steps:,}: back to it",
                  key=f"alive:{hosted.view_id}", icon=":material/arrow_back:", type="tertiary",
                  on_click=go, args=(hosted.view_id,))  # fmt: skip


def every_run(pages: Mapping[str, Any]) -> None:
    """The list, which looks anew while something trains; then whatever was pressed there.

    Args:
        pages: by name, those that a run opens on: train, compare and latent.
    """
    training = any(entry.state in _ALIVE for entry in entries())
    st.fragment(_list, run_every=_REFRESH if training else None)(pages)
    _files()


def _list(pages: Mapping[str, Any]) -> None:
    _leave(pages)
    mine = experiment.experiment()
    with st.container():
        if mine.complaint:
            st.warning(reason(mine.complaint), icon=":material/info:")
            mine.complaint = ""
    found = entries()
    if not found and not library().trash(experiment.visitor()):
        _nothing_yet(pages)
        return
    answered = st.session_state.get(_ANSWERED, 0)  # else the page would not hear that it is done
    components.show(_KEY, _KEY, data_of(found) | {"answered": answered}, on_wish_change=_wished)


def _nothing_yet(pages: Mapping[str, Any]) -> None:
    st.info(
        "There are no runs yet. Each GAN that you train is kept here by itself, with its pictures,"
        " its curves and the way it went: to look at again, to go on with, to set beside another"
        " one, and to take home.",
        icon=":material/inventory_2:",
    )
    st.page_link(pages["train"], label="Go and train one", icon=":material/arrow_forward:")


def data_of(found: Sequence[Entry]) -> dict[str, Any]:
    """What the component draws."""
    books, runs = library(), [told_of(entry) for entry in found]
    called = [run["title"] for run in runs]
    for run in runs:  # one that was brought in is called as the one here
        run["apart"] = tail(run["name"]) if called.count(run["title"]) > 1 else ""
    return {
        "runs": runs,
        "states": STATES,
        "measures": _measures(found),
        "room": {"used": books.used(), "bound": books.bound()},
        "trash": [
            {"name": one.name, "title": one.title or one.name}
            for one in books.trash(experiment.visitor())
        ],
        "thumbnails": f"{components.root()}/thumbnail/",
    }


def told_of(entry: Entry) -> dict[str, Any]:
    """A run in the words of the page; whatever people wrote stays text."""
    preset = presets().get(entry.preset)
    alive = entry.state in _ALIVE
    return {
        "name": entry.name,
        "title": entry.title or entry.name,
        "preset": preset.title if preset else entry.preset or "No preset",
        "data": short_name(entry.data) if entry.data else "unknown pictures",
        "differs": [{"words": words} for words in differs(entry)],
        "steps": entry.steps,
        "images": entry.images,
        "seconds": entry.seconds,
        "state": entry.state,
        "alone": entry.state == ALONE,  # how it was trained is not known
        "measures": [
            {"name": name, "title": _title(name, entry.data), "number": number}
            for name, number in entry.measures.items()
        ],
        "measuredAt": entry.measured_at,
        "thumbnail": thumbnails.keep(entry.thumbnail or b""),
        "tags": list(entry.tags),
        "note": entry.note,
        "size": entry.size,
        "created": entry.created,
        "parent": f"went on from {entry.parent}" if entry.parent else "",
        "can": {
            "take": entry.state not in ("damaged", "elsewhere"),
            "resume": entry.state in _RESUMABLE,
            "label": entry.mine,
            "remove": entry.mine and not alive,
        },
    }


def differs(entry: Entry) -> list[str]:
    """What is not as in the preset, in the words of the knobs: name, old → new."""
    base = presets()[entry.preset].config if entry.preset in presets() else RunConfig()
    found = []
    for path, value in entry.differs:
        if path in ("data.name", "training.seed"):  # the first is told anyway, the second no idea
            continue
        name, new = name_of(path), told(value)
        try:
            old = told(get(base, path))
        except ConfigError:  # of another version of this app
            old, new = "?", str(value)
        found.append(f"{name} {old} → {new}" if old != new else f"{name}: others")
    return found


def _measures(found: Sequence[Entry]) -> list[dict[str, Any]]:
    """What any of the runs was measured by, for the order of the list."""
    names = dict.fromkeys(name for entry in found for name in entry.measures)
    return [
        {"name": name, "title": _title(name, ""), "less": MEASURES[name].better == "less"}
        for name in names
        if name in MEASURES and MEASURES[name].better in ("less", "more")
    ]


def _title(name: str, data: str) -> str:
    """What a measure is called; one that this version does not know keeps its name."""
    measure = MEASURES.get(name)
    if measure is None:
        return name
    named = short_name(data) if data else "its data"
    return measure.titles.replace("{data}", named).strip()


def _wished() -> None:
    """Something was pressed; what cannot be done becomes a complaint."""
    state: Any = st.session_state[_KEY]
    asked = state.get("wish")
    if isinstance(asked, Mapping):
        st.session_state[_ANSWERED] = st.session_state.get(_ANSWERED, 0) + 1
        obey(asked)


def obey(wish: Wish) -> None:
    """Do what was pressed. Whoever asks for what is not there, or not theirs, is told so."""
    do = _DEEDS.get(str(wish.get("kind")))
    if do is None:
        return
    try:
        do(wish)
    except PermissionError as error:
        experiment.experiment().complaint = f"Sorry, {error}."
    except OSError as error:
        why = error.strerror or str(error)
        experiment.experiment().complaint = f"That did not work: {why}."
    except ValueError as error:
        experiment.experiment().complaint = str(error)


def opened(name: str) -> Hosted:
    """A run of the list as one of this server. Raises DirectoryError, PermissionError."""
    entry = next((entry for entry in entries() if entry.name == name), None)
    if entry is None:
        raise DirectoryError("That run is not here any more.")
    return registry().open(entry.path, experiment.visitor())


def _open(wish: Wish) -> None:
    _show(opened(str(wish.get("name"))))


def _show(hosted: Hosted) -> None:
    """The page of a run; a generator alone has no curves to look at."""
    _go("latent" if hosted.directory.alone else "train", run=hosted.view_id)


def _resume(wish: Wish) -> None:
    hosted = opened(str(wish.get("name")))
    if hosted.run.latest().state.over:
        hosted = registry().resume(hosted, experiment.visitor())
    _go("train", run=hosted.view_id)


def _compare(wish: Wish) -> None:
    names = wish.get("names")
    if isinstance(names, list) and len(names) == 2:
        a, b = (opened(str(name)).view_id for name in names)
        _go("compare", a=a, b=b)


def _take(wish: Wish) -> None:
    hosted = opened(str(wish.get("name")))
    st.session_state[_TAKE] = hosted.view_id


def _label(wish: Wish) -> None:
    tags = wish.get("tags")
    library().label(
        str(wish.get("name")),
        experiment.visitor(),
        title=str(wish.get("title", "")),
        tags=[str(tag) for tag in tags] if isinstance(tags, list) else [],
        note=str(wish.get("note", "")),
    )


def _delete(wish: Wish) -> None:
    library().delete(str(wish.get("name")), experiment.visitor())


def _restore(wish: Wish) -> None:
    library().restore(str(wish.get("name")), experiment.visitor())


_DEEDS: dict[str, Callable[[Wish], None]] = {
    "open": _open,
    "resume": _resume,
    "compare": _compare,
    "takeout": _take,
    "label": _label,
    "delete": _delete,
    "restore": _restore,
}


def _go(page: str, **query: str) -> None:
    """Open a page as soon as the callback is over, where Streamlit allows it."""
    st.session_state[_GO] = page, query


def _leave(pages: Mapping[str, Any]) -> None:
    """To the page that was asked for; to the whole of this one where its files are."""
    if _GO in st.session_state:
        page, query = st.session_state.pop(_GO)
        if page != "compare":
            experiment.look_at(query["run"])
        st.switch_page(pages[page], query_params=query)
    if st.session_state.get(_TAKE) and not st.session_state.get(_TAKE + ":shown"):
        st.session_state[_TAKE + ":shown"] = True
        st.rerun()


def _files() -> None:
    """A dialog with the files of the run that was asked for."""
    view_id = st.session_state.pop(_TAKE, "")
    st.session_state.pop(_TAKE + ":shown", None)
    hosted = registry().get(view_id) if view_id else None
    if hosted is not None:
        _dialog(hosted)


@st.dialog("Take it with you", width="large")
def _dialog(hosted: Hosted) -> None:
    st.caption(plain(title(hosted)))
    takeout.takeout(hosted, "dialog")


def bring() -> None:
    """A place for the zip of a run, or for weights; what comes of it is opened."""
    with st.popover("Bring a run", icon=":material/upload:", key="open:bring"):
        st.write("A run that was taken from this app as one zip, here or on another machine, opens"
                 " as it was. Of weights alone (safetensors, or the generator's .pt) comes a"
                 " generator to explore. Nothing in a file is executed.")  # fmt: skip
        components.show(
            "bring", "bring", {"address": f"{components.root()}/bring"}, on_brought_change=_brought
        )


def _brought() -> None:
    state: Any = st.session_state["bring"]
    view_id = state.get("brought")
    hosted = registry().get(view_id) if isinstance(view_id, str) else None
    if hosted is not None:
        _show(hosted)
