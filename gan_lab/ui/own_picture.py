"""Trying a generator that begins from a picture on a picture of one's own."""

from __future__ import annotations

import io
import time

import streamlit as st
from PIL import Image
from torch import Tensor, nn

from gan_lab.config import ConfigError
from gan_lab.data import DataError
from gan_lab.games import apply, game_of
from gan_lab.images import MAX_PIXELS
from gan_lab.runs import Hosted, State
from gan_lab.runs.messages import Shown
from gan_lab.runs.pictures import mosaic, png
from gan_lab.server.single_images import NotNow, decoded
from gan_lab.server.turns import Turns
from gan_lab.training.devices import use_threads
from gan_lab.ui import experiment
from gan_lab.ui.escape import plain, reason

ENDINGS = ["png", "jpg", "jpeg", "webp", "bmp", "gif"]
LONGEST = 256  # px of a picture that is taken whole; more keeps a CPU busy for long
_FRESH_WITHIN = 3.0  # s to wait for a copy of a generator that is still training
_SEEN_AT = 384  # px at which small results are shown
# one core for all visitors' pictures, whatever the threads of the pages are set to
_APPLIERS = Turns("own-picture", lambda: use_threads(1), threads=1)


def own_picture(hosted: Hosted) -> None:
    """Upload a picture, see what the run makes of it."""
    shown = _fresh(hosted)
    if shown is None:
        st.info("The run is getting ready; its generator comes in a moment.")
        st.button("Look again", icon=":material/refresh:")
        return
    side = game_of(shown.config).sources(shown.config, shown.kind).g[-1]
    file = st.file_uploader("A picture of yours", ENDINGS, help="It stays on this server, in"
                            " memory, for as long as this page is open.")  # fmt: skip
    if file is None:
        return
    square = f"Cut to a square of {side} px, as in training"
    whole = f"Whole, up to {LONGEST} px"
    how = st.radio("How the generator gets it", [square, whole], horizontal=True)
    names = list(shown.networks)
    first = st.radio("Which generator", names, horizontal=True) if len(names) > 1 else names[0]
    try:
        given = _read(file.getvalue(), shown.kind.channels, side if how == square else 0)
        networks = turned(shown.networks, first)
        made = _APPLIERS.submit(experiment.sender(), apply, shown.config, networks, given).result()
    except NotNow as error:
        st.error(plain(str(error)))
        return
    except (DataError, ConfigError) as error:
        st.error(f"That did not work: {reason(error)}.")
        return
    _compare(given, made, shown.step)
    if hosted.run.latest().state is State.RUNNING:
        st.button("Again, with the newest generator", icon=":material/refresh:")


def _read(content: bytes, channels: int, side: int) -> Tensor:
    """uint8, 1×C×H×W. Waits until it is this visitor's turn. Raises DataError."""
    image = decoded(
        experiment.sender(), content, channels, side=side, longest=LONGEST, most_pixels=MAX_PIXELS
    ).result()
    assert image is not None  # it was not cancelled
    return image.unsqueeze(0)


def _fresh(hosted: Hosted) -> Shown | None:
    """The run's generators as they are now, or the last copy where a new one takes too long."""
    before = hosted.run.shown()
    with hosted.run.explored():
        deadline = time.monotonic() + _FRESH_WITHIN
        while hosted.run.latest().state in (State.LOADING, State.RUNNING):
            now = hosted.run.shown()
            if now is not before or time.monotonic() > deadline:
                break
            time.sleep(0.05)
    return hosted.run.shown()


def turned(networks: dict[str, nn.Module], first: str) -> dict[str, nn.Module]:
    """The networks in turn under one another's names, so that ``first`` has the first one's
    part: a game with several generators applies its first."""
    names = list(networks)
    place = names.index(first)
    order = names[place:] + names[:place]
    return {name: networks[other] for name, other in zip(names, order, strict=True)}


def _compare(given: Tensor, made: Tensor, step: int) -> None:
    """Both side by side, equally wide, each pixel a crisp square."""
    left, right = st.columns(2)
    left.image(_large(given, made.shape[-1]), caption="Given")
    right.image(_large(made, made.shape[-1]), caption=f"Generated, by G at step {step:,}")
    st.download_button("Save the generated picture", png(mosaic(made)), "generated.png",
                       "image/png", icon=":material/download:")  # fmt: skip


def _large(image: Tensor, width: int) -> bytes:
    pixels = Image.fromarray(mosaic(image))
    factor = max(1, _SEEN_AT // width) * width / pixels.width
    size = (round(pixels.width * factor), round(pixels.height * factor))
    buffer = io.BytesIO()
    pixels.resize(size, Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()
