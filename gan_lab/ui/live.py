"""The live view of a run, the picture of what is real: wrappers in Python."""

from __future__ import annotations

import base64
import contextlib
import math
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gan_lab.colours import COLOURS
from gan_lab.config import KNOBS, Data
from gan_lab.data import (
    DRAWN,
    NAMED,
    PLANES,
    DataError,
    Plane,
    load,
    plane_of,
    short_name,
    split_name,
)
from gan_lab.games import Curve, Figure, Game, Scene, game_of
from gan_lab.runs import Hosted
from gan_lab.runs.messages import Slow
from gan_lab.runs.pictures import mosaic, png, scatter
from gan_lab.server import registry
from gan_lab.threads import BackgroundThread
from gan_lab.training.figures import figures
from gan_lab.ui import coach, components, experiment
from gan_lab.ui.escape import plain, reason
from gan_lab.ui.experiment import config_now
from gan_lab.ui.widgets import name_of

AROUND = "around"
"""Key of the session: which step the page should tell about, and how often that was asked."""

_KEY = "live"
_SHOWN = 64  # real pictures that a visitor sees
_POINTS = 1500  # real points
_PLANE = 384  # px


@components.apart
def live_view(hosted: Hosted, known: str) -> None:
    """State, numbers, pictures and curves; reruns the script when the run changed by itself.

    Args:
        known: what the script knew of the run before it drew anything, as ``heard`` tells it.
    """
    components.show(
        _KEY,
        _KEY,
        {
            "socket": socket_path(hosted),
            "film": f"{components.root()}/film/{hosted.view_id}",
            "parent": _parent(hosted),
            "plotly": components.plotly_path(),
            "heard": known,
            "colours": COLOURS,
            "figures": plots(figures(config_now(hosted))),
            "words": ledger_words(),
            "judges": _judges(game_of(config_now(hosted))),
            "controls": hosted.may_control(experiment.visitor()),
            "scene": scene_data(game_of(config_now(hosted)).scene(config_now(hosted))),
            "around": st.session_state.get(AROUND),
            "knobs": coach.turned_by(config_now(hosted)),
            "measuring": config_now(hosted).training.measuring > 0,
        },
        on_heard_change=nothing,
        on_another_change=_another_round,
        on_fork_change=_fork,
        on_advice_change=_follow_advice,
    )


def _judges(game: type[Game]) -> dict[str, Any]:
    """The discriminators, and whether pictures of theirs can be shown."""
    names = [name for name in game.names if name.startswith("D")]
    return {"names": names, "portraits": not game.plays_points}


def _another_round() -> None:
    """What the panel of slow motion asks for."""
    experiment.press(Slow())


def tell_around(step: int) -> None:
    """Let the live view tell what the curves did before and after a step."""
    number = st.session_state.get(AROUND, {"number": 0})["number"]
    st.session_state[AROUND] = {"step": step, "number": number + 1}


def _fork() -> None:
    """Somebody wants to start again from a step of the run on the screen."""
    state: Any = st.session_state[_KEY]
    step = state.get("fork")
    if isinstance(step, int):
        experiment.fork(step)


def _follow_advice() -> None:
    """Somebody takes an advice of the coach."""
    state: Any = st.session_state[_KEY]
    asked = state.get("advice")
    if asked is not None:
        coach.take(asked)


def _parent(hosted: Hosted) -> dict[str, Any] | None:
    """Where a forked run comes from; with a link for its owner, who has seen the parent."""
    if hosted.parent is None:
        return None
    visitor = experiment.visitor()
    before = registry().parent_of(hosted, visitor) if hosted.may_control(visitor) else None
    link = f"?run={before.view_id}" if before is not None else ""
    return {**hosted.parent._asdict(), "link": link}


def socket_path(hosted: Hosted) -> str:
    """Where the browser watches a run."""
    return f"{components.root()}/live/{hosted.view_id}"


@cache
def ledger_words() -> dict[str, str]:
    """What the marks on the curves call the entries of the ledger."""
    buttons = {
        "pause": "Paused", "resume": "Resumed", "step": "Step", "stop": "Stopped",
        "slow": "Slow motion",
        "checkpoint": "Checkpoint", "undo": "Undid a change",
        "start_from": "Started from other weights", "fork": "Forked from its parent run",
    }  # fmt: skip
    return buttons | {k.path: name_of(k.path) for k in KNOBS.values() if k.live}


def scene_data(scene: Scene) -> dict[str, Any]:
    """The picture of the game as the browser reads it."""
    return {
        "boxes": [box._asdict() for box in scene.boxes],
        "arrows": [{**arrow._asdict(), "id": arrow.id} for arrow in scene.arrows],
    }


def plots(every: tuple[Figure, ...]) -> list[dict[str, Any]]:
    """Figures as the browser reads them."""
    return [
        {**figure._asdict(), "curves": [_curve(curve) for curve in figure.curves]}
        for figure in every
    ]


def _curve(curve: Curve) -> dict[str, Any]:
    settles = curve.rest is not None and math.isfinite(curve.rest)
    return {**curve._asdict(), "rest": curve.rest if settles else None}


def real_pictures(data: Data) -> bool:
    """The chosen real pictures, coming out of noise; a sentence where they are not here yet.

    Returns whether they are.
    """
    entry = NAMED.get(data.name.partition(":")[0])
    if entry is not None and not entry.here():
        st.info(
            f"**{entry.title}** is not on this machine yet. Start will download it"
            f" ({entry.megabytes} MB)."
        )
        return False
    try:
        with st.spinner("Getting the real pictures"):
            if plane := _plane(data.name):
                st.image(_real_points(data.name), width=_PLANE, caption=plane.title)
                return True
            picture = _real_mosaic(data.model_dump_json())
    except DataError as error:
        st.error(reason(error))
        return False
    components.show("real", "real", {"plotly": components.plotly_path(), **picture})
    return True


def _plane(name: str) -> Plane | None:
    """The plane that a set of points lies in; None for pictures. Raises DataError."""
    base = split_name(name)[0]
    return plane_of(name) if base in PLANES or base == DRAWN else None


@lru_cache(maxsize=16)
def _real_points(name: str) -> str:
    """Some real points of a plane on any background, as a data URL: a picture that the server keeps
    for a page may be gone when a quick Start replaces that page. Raises DataError."""
    plane = plane_of(name)
    points = plane.reach * load(Data(name=name), train=False).images.flatten(1)[:_POINTS]
    drawn = scatter(points[:0], points, plane.reach)
    ink = 255 * (drawn < 255).any(2, keepdims=True).astype(np.uint8)
    return _data_url(np.concatenate([drawn, ink], 2))


def _data_url(pixels: NDArray[np.uint8]) -> str:
    return f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"


def nothing() -> None:
    """A callback that only makes Streamlit keep the state."""


@lru_cache(maxsize=16)
def _real_mosaic(chosen: str) -> dict[str, object]:
    """Some real pictures as a data URL, with their shape; ``chosen`` is a Data as JSON.

    They are of the held-out part, which is small: sets that are drawn take their time. The rest
    is read meanwhile, so that Start finds it here. Raises DataError.
    """
    data = Data.model_validate_json(chosen)
    pictures = load(data, train=False)
    BackgroundThread(partial(_read_ahead, data), "read-ahead").start()
    stride = max(1, len(pictures) // _SHOWN)
    some = pictures.images[::stride][:_SHOWN]
    columns = 8
    return {
        "mosaic": _data_url(mosaic(some, columns)),
        "columns": columns,
        "tile": pictures.size,
        "count": len(some),
        "grey": pictures.channels == 1,
        "label": f"Real pictures of {data.name}, coming out of noise",
    }


def _read_ahead(data: Data) -> None:
    """Into the cache of the data; whatever is wrong will be said where they are needed."""
    with contextlib.suppress(Exception):
        load(data)


def about_run(hosted: Hosted) -> None:
    """In a few lines: which run this is."""
    config = config_now(hosted)
    st.subheader("The run")
    st.table(
        {
            "Preset": plain(hosted.preset or "none"),
            "Real pictures": plain(short_name(config.data.name)),
            "Game": config.objective.game,
            "Loss": config.objective.loss,
            **({"Noise": config.latent.noise} if game_of(config).from_noise else {}),
            "Seed": str(config.training.seed),
        }
    )
