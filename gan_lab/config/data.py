"""What is real, and the noise that G begins from."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import model_validator

from gan_lab.config.declare import Section, knob


class Data(Section):
    """What is real."""

    name: str = knob(
        "digits",
        "Which pictures are real: a named set, a set with chosen classes such as mnist:3,8,"
        " or a folder or zip of your own pictures.",
        min_length=1,
        max_length=1000,
    )
    size: int = knob(
        0, "Side of the square pictures; 0 keeps the set's own size.", unit="px", ge=0, le=128
    )
    colour: Literal["own", "grey", "rgb"] = knob(
        "own", "Grey or colour pictures; own leaves them as they come."
    )

    fit: Literal["crop", "pad", "stretch"] = knob(
        "crop",
        "How own pictures become square: their middle is cut out, they get a margin, or they are"
        " squeezed.",
    )
    background: str = knob(
        "white",
        "The colour of margins, and behind what is transparent, of own pictures: white, black, grey"
        " or one such as #ffcc00.",
    )
    draft: bool = knob(
        False,
        "Read large JPEGs among own pictures at a half, a quarter or an eighth of their size, which"
        " is several times as quick and hardly to be seen.",
    )
    pairs: Literal["none", "classes", "unpaired", "edges", "grey", "side-by-side"] = knob(
        "none",
        "For games between two kinds of pictures, A to B: the set's first class and its second,"
        " one by one (classes) or each in its own order (unpaired); A made from B: its outlines, or"
        " B without colour; or the left and the right half of each own picture (side-by-side).",
    )
    held_out: float = knob(
        0.1,
        "Share of your own pictures that is kept aside and never trained on, to measure with; sets"
        " that have a test part of their own keep that.",
        ge=0.0,
        le=0.5,
    )

    @model_validator(mode="after")
    def _size_can_be_built(self) -> Data:
        if 0 < self.size < 8:
            raise ValueError("data.size must be 0 (the set's own size) or 8 to 128 px")
        return self

    @model_validator(mode="after")
    def _background_is_a_colour(self) -> Data:
        if not re.fullmatch(r"white|black|grey|#[0-9a-fA-F]{6}", self.background):
            raise ValueError(
                "data.background must be white, black, grey, or a colour such as #ffcc00"
            )
        return self


class Latent(Section):
    """The noise that the generator turns into pictures."""

    live_group = "noise"

    dim: int = knob(
        64, "How many random numbers the generator turns into one picture.", ge=1, le=512
    )
    noise: Literal["gaussian", "uniform", "truncated"] = knob(
        "gaussian",
        "How the random numbers are drawn: a bell curve, evenly from -1 to 1, or a bell curve"
        " without its tails.",
        live=True,
    )
    truncation: float = knob(
        2.0,
        "Random numbers beyond this many standard deviations are drawn again.",
        live=True,
        unit="σ",
        gt=0.1,
        le=5.0,
        when=("noise", ("truncated",)),
    )
