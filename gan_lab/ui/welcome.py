"""What somebody reads who has not pressed Start yet."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from gan_lab.config import RunConfig
from gan_lab.games import game_of
from gan_lab.ui import controls, live, share


class Words(NamedTuple):
    """What a game is about.

    Attributes:
        turns: what G makes of what.
        tells: what D tells from what.
        real: about the real ones below the button.
    """

    turns: str
    tells: str
    real: str


_UNSEEN = " The generator never sees them: it only hears what the discriminator thinks of its own."
_PICTURES = Words(
    "random noise into pictures",
    "what it makes from real pictures",
    "These are real pictures; some of them just come out of noise." + _UNSEEN,
)
_POINTS = Words(
    "random numbers into points of a plane",
    "its points from real ones",
    "These are real points. With so little to see, everything can be seen: what each player does,"
    " and why." + _UNSEEN,
)
_TRANSLATION = Words(
    "one kind of picture into another",
    "what it makes from real pictures",
    "These are real pictures; some of them just come out of noise.",
)


def welcome(config: RunConfig) -> None:
    """What this is, the one button to press, and what is real."""
    words = _words(config)
    share.title("Watch a GAN learn to draw")
    share.banner()
    st.markdown(
        f"A **generator** turns {words.turns}, a **discriminator** tries to tell {words.tells},"
        " and by competing both get better: here, live, while you turn the knobs."
    )
    with st.container(horizontal=True, gap="small"):
        controls.start_button()
        share.popover()
    if live.real_pictures(config.data):
        st.caption(words.real)


def _words(config: RunConfig) -> Words:
    game = game_of(config)
    if game.plays_points:
        return _POINTS
    return _PICTURES if game.from_noise else _TRANSLATION
