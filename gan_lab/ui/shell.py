"""What all pages share: title, navigation, complaints."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gan_lab.server.assets import COMPONENTS
from gan_lab.ui.escape import plain, reason
from gan_lab.ui.experiment import experiment

_PAGES = Path(__file__).parent.parent.parent / "pages"
_ICON = _PAGES.parent / "assets" / "icon.svg"
TRAIN = st.Page(_PAGES / "train.py", title="Train", icon=":material/model_training:", default=True)
LATENT = st.Page(_PAGES / "latent.py", title="Latent space", icon=":material/explore:")
DATA = st.Page(_PAGES / "data.py", title="Data", icon=":material/photo_library:")
COMPARE = st.Page(_PAGES / "compare.py", title="Compare", icon=":material/compare:")
RUNS = st.Page(_PAGES / "runs.py", title="Runs", icon=":material/inventory_2:")


def navigation() -> None:
    """The entry script: page settings, the menu, the page."""
    st.set_page_config(
        page_title="GAN Playground", page_icon=_ICON.read_text("utf-8"), layout="wide",
        initial_sidebar_state="auto",
    )  # fmt: skip
    st.html(COMPONENTS / "page.css")
    page = st.navigation([TRAIN, DATA, RUNS, LATENT, COMPARE], position="top")
    page.run()


def complaints() -> None:
    """Say once why the last wish was not granted, in a place that is kept; or that it was."""
    mine = experiment()
    if mine.said:
        st.toast(plain(mine.said), icon=":material/check:")
        mine.said = ""
    with st.container():
        if mine.complaint:
            st.warning(reason(mine.complaint), icon=":material/info:")
            mine.complaint = ""
