"""The page of data sets: which there are, what is in one, and training on it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gan_lab.archives import shown
from gan_lab.config import Data
from gan_lab.data import DRAWN, NAMED, NamedSet
from gan_lab.ui import controls, experiment, look, own_data, shell

_CHOSEN = "set"  # name of the query parameter that holds it, so that F5 finds it
_FOLDER = "folder"  # there, for the folder of the server that this session looks at


def which() -> str | Path:
    """The set that is looked at: a name of the catalogue, a drawing, or where own pictures lie.

    Until the visitor picks one here it is the set that the next start takes.
    """
    trained = experiment.experiment().config.data.name
    own = {path.name: path for path in own_data.mine().paths()}
    if (folder := own_data.folder()) is not None:
        own[_FOLDER] = folder
    sets = [*own, *NAMED, *([trained] if trained.partition(":")[0] == DRAWN else [])]
    asked = st.query_params.get(_CHOSEN, "")
    chosen = asked if asked in sets else _listed(trained, own, sets)

    def in_words(name: str) -> str:
        return _in_words(name, own.get(name))

    st.selectbox("Data set", sets, format_func=in_words, index=sets.index(chosen),
                 filter_mode="contains",
                 **controls.follow("data:set", chosen, choose))  # fmt: skip
    return own.get(chosen, chosen)


def _listed(trained: str, own: dict[str, Path], sets: list[str]) -> str:
    """What the list calls the set of a configuration, ``data.name``; "digits" where it is in no
    list, such as a folder of the server that this session does not look at."""
    of_path = next((name for name, path in own.items() if str(path) == trained), trained)
    if of_path in sets:
        return of_path
    whole = trained.partition(":")[0]  # of a few classes
    return whole if whole in sets else "digits"


def choose(name: str) -> None:
    """Look at the set of this name."""
    st.query_params[_CHOSEN] = name


def _in_words(name: str, own: Path | None) -> str:
    """A set in the list, and whether it is here."""
    if own is not None:
        return f"Your pictures: {shown(own.name)}"
    if name not in NAMED:
        return "Points: your drawing"
    entry = NAMED[name]
    return entry.title + ("" if entry.here() else f" (not here, downloads {entry.megabytes} MB)")


def bring() -> None:
    """The place for pictures of one's own; what comes is looked at next."""
    title = "Your own pictures"
    with st.expander(title, icon=":material/add_photo_alternate:", key="open:own",
                     on_change="rerun") as box:  # fmt: skip
        if box.open and (came := own_data.bring()) is not None:
            choose(came.name)
            st.rerun()


def named_set(name: str) -> None:
    """A set of the catalogue, or a drawing."""
    entry = NAMED.get(name)
    if entry is not None and not entry.here():
        _not_here(entry)
        return
    train_on(Data(name=name))
    look.look(Data(name=name))


def _not_here(entry: NamedSet) -> None:
    st.info(f"{entry.title} is not on this server: {entry.count:,} pictures. The first run that"
            f" trains on it downloads {entry.megabytes} MB; after that you can look at it"
            " here.", icon=":material/cloud_download:")  # fmt: skip
    train_on(Data(name=entry.name))


def train_on(data: Data) -> None:
    """The button that leads to the training page with these pictures."""
    if st.button("Train on this", type="primary", icon=":material/model_training:",
                 key="data:train") and controls.take_data(data):  # fmt: skip
        st.switch_page(shell.TRAIN)
    st.caption("The next start takes them; a run that is training keeps its own.")


def catalogue() -> None:
    """Which sets are here, and which would be downloaded."""
    here = [entry for entry in NAMED.values() if entry.here()]
    rest = [entry for entry in NAMED.values() if not entry.here()]
    with st.expander(f"{len(here)} sets are on this server, {len(rest)} would be downloaded",
                     icon=":material/list:"):  # fmt: skip
        st.dataframe(
            {
                "Set": [entry.title for entry in (*here, *rest)],
                "To train on": [entry.count for entry in (*here, *rest)],
                "Side": ["points" if e.size == 1 else f"{e.size} px" for e in (*here, *rest)],
                "Classes": [len(entry.classes) for entry in (*here, *rest)],
                "Here": ["yes" if e in here else f"downloads {e.megabytes} MB"
                         for e in (*here, *rest)],
            },
            hide_index=True,
        )  # fmt: skip
