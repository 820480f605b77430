"""A sheet to draw points on, with the mouse or a finger."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan_lab.data import DRAWN
from gan_lab.ui import components, experiment

WAVE = "GgKnOsSuWtapejidmXqTuSyU2Z6g"
"""What is on the sheet before anybody has drawn."""

_KEY = "sketch"
_LONGEST = 900  # characters of a drawing; data.name holds 1000


def own_points(name: str) -> None:
    """The sheet with what ``data.name`` says is drawn; a new drawing becomes the next start's.

    See ``gan_lab.data.plane`` for how a drawing is written.
    """
    drawn = name.partition(":")[2]

    def heard() -> None:
        state: Any = st.session_state[_KEY]
        text = state.get("drawn")
        if isinstance(text, str) and text and text != drawn:
            experiment.change_next("data.name", f"{DRAWN}:{text}")

    components.show(_KEY, _KEY, {"drawn": drawn, "longest": _LONGEST}, on_drawn_change=heard)
