"""Looking at a data set: a mosaic, its classes, its intensities, what is near a picture."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from gan_lab.colours import REAL
from gan_lab.config import Data
from gan_lab.data import DataError, Pictures, load, plane_of
from gan_lab.data.statistics import BINS, balance, intensities, mean_pictures
from gan_lab.latent.neighbours import Nearest, all_of, nearest, pixels
from gan_lab.runs.pictures import mosaic, packed
from gan_lab.ui import components
from gan_lab.ui.experiment import sender
from gan_lab.ui.jobs import Job, forget, job
from gan_lab.words import without_paths

SHOWN = 48  # pictures of a mosaic
_NEAR = 8  # neighbours
_CLASSES = 40  # that are counted in a plot
_MEANS = 20  # classes whose mean is shown
_POINTS = 2000  # of the plane
_PLOT = {"displayModeBar": False}
_PARTS = {True: "Trained on", False: "Held out"}


@dataclass(frozen=True)
class Seen:
    """A set as it was read: both parts, and what all of what is trained on is like.

    Attributes:
        apart: whether the held-out part is a part of its own.
    """

    train: Pictures
    aside: Pictures
    apart: bool
    classes: dict[str, int]
    intensity: list[list[float]]
    means: tuple[Tensor, list[str]] | None


def see(data: Data) -> Seen:
    """Read a set, and count. Raises DataError."""
    train, aside = load(data), load(data, train=False)
    same = len(train) == len(aside) and torch.equal(train.images, aside.images)
    return counted(train, aside, apart=not same)


def counted(train: Pictures, aside: Pictures, *, apart: bool) -> Seen:
    """Both parts of a set, and what is counted of what is trained on."""
    points = train.kind.points
    return Seen(
        train, aside, apart, balance(train),
        [] if points else intensities(train.images).tolist(),
        None if points else mean_pictures(train, _MEANS),
    )  # fmt: skip


def waited(key: tuple[Any, ...], work: Callable[[Job], Any], words: str) -> Any:
    """The result of long work, or None while the page shows how far it is; raises what it raised.

    The page is drawn anew once there is a result.
    """
    under_way = job(key, work, sender())
    if under_way.future.done():
        return under_way.future.result()
    _progress(key, work, words)
    return None


@st.fragment(run_every=0.4)
def _progress(key: tuple[Any, ...], work: Callable[[Job], Any], words: str) -> None:
    under_way = job(key, work, sender())
    if under_way.future.done():
        st.rerun()
    if under_way.total:
        st.progress(under_way.done / under_way.total,
                    f"{words} {under_way.done:,} of {under_way.total:,}")  # fmt: skip
    else:
        st.info(words, icon=":material/hourglass_top:")


def look(data: Data) -> None:
    """All there is to see of a named set or a drawing, as soon as it is read."""
    key = ("see", data)
    try:
        seen = waited(key, lambda _: see(data), "Reading the pictures …")
    except DataError as error:
        forget(key)
        sorry(str(error))
        return
    if seen is not None:
        show(seen, key)


def sorry(words: str, title: str = "These pictures cannot be shown") -> None:
    """Words that may hold names of a user's: as plain text."""
    with st.container(border=True):
        st.text(f"{title}: {without_paths(words)}.")


def show(seen: Seen, key: tuple[Any, ...]) -> None:
    """A set that has been read."""
    kind, aside = seen.train.kind, len(seen.aside) if seen.apart else 0
    what = "points" if kind.points else "pictures"
    colour = "grey" if kind.channels == 1 else "colour"
    size = [] if kind.points else [("Size", f"{kind.size}×{kind.size} px"), ("Colour", colour)]
    facts = [(f"{what.capitalize()} to train on", f"{len(seen.train):,}"),
             ("Held out", f"{aside:,}"), *size,
             ("Classes", str(len(kind.classes)) if kind.classes else "none")]  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        for title, value in facts:
            st.metric(title, value, width="content")
    part = seen.train
    if aside:
        chosen = st.segmented_control("Which part", list(_PARTS), format_func=_PARTS.__getitem__,
                                      default=True, key="data:part",
                                      help="What is held out is never trained on: fakes are"
                                      " measured with it.")  # fmt: skip
        part = seen.aside if chosen is False else seen.train
    if kind.points:
        _plane(part)
    else:
        _pictures(seen, part, key)
    _classes(seen)
    if not kind.points:
        _intensities(seen)
        _means(seen)


def _plane(part: Pictures) -> None:
    points = part.images[:_POINTS].flatten(1) * plane_of(part.name).reach
    trace = {"type": "scatter", "mode": "markers", "x": points[:, 0].tolist(),
             "y": points[:, 1].tolist(), "marker": {"color": REAL, "size": 3},
             "name": "real"}  # fmt: skip
    layout = {"height": 460, "margin": _margin(), "yaxis": {"scaleanchor": "x"},
              "dragmode": False}  # fmt: skip
    st.plotly_chart({"data": [trace], "layout": layout}, config=_PLOT, key="data:plane")
    st.caption(f"{len(points):,} of {len(part):,} points.")


def _pictures(seen: Seen, part: Pictures, key: tuple[Any, ...]) -> None:
    """The mosaic, and below it what is near the picture that was chosen in it."""
    draw = st.session_state.get("data:draw", 0)
    generator = torch.Generator().manual_seed(draw)
    kept, words = _of_class(part)
    places = kept[torch.randperm(len(kept), generator=generator)[:SHOWN]]
    about = (key, part is seen.train, draw, words)
    picked = st.session_state.get("data:picked")
    chosen = picked[1] if picked and picked[0] == about else None
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Another sample", icon=":material/shuffle:", key="data:shuffle"):
            st.session_state["data:draw"] = draw + 1
            st.rerun()
        what = "real pictures" if part is seen.train else "held-out real pictures"
        st.caption(f"{len(places)} of {len(kept):,} {what}{words}, by chance. Press one to see"
                   " which pictures of the training part are nearest to it.")  # fmt: skip
    if not len(kept):
        return
    shown = grid("data:mosaic", part.images[places], named(part, places), chosen)
    if shown is not None and 0 <= shown < len(places) and shown != chosen:
        st.session_state["data:picked"] = (about, shown)
        st.rerun()
    if chosen is not None and chosen < len(places):
        _neighbours(seen, part, int(places[chosen]), key)


def _of_class(part: Pictures) -> tuple[Tensor, str]:
    """The places of the class that somebody wants to see, and words for it; all by default."""
    every = torch.arange(len(part))
    if part.labels is None or len(part.classes) < 2:
        return every, ""
    wanted = st.selectbox("Class", [-1, *range(len(part.classes))], key=f"data:class:{part.name}",
                          format_func=lambda k: part.classes[k] if k >= 0 else "All classes",
                          width=260)  # fmt: skip
    return (every, "") if wanted < 0 else (every[part.labels == wanted], " of this class")


def named(part: Pictures, places: Tensor) -> list[str]:
    """The class of each of some pictures; empty words where there are none."""
    if part.labels is None:
        return [""] * len(places)
    return [part.classes[label] for label in part.labels[places].tolist()]


def grid(key: str, images: Tensor, words: list[str], chosen: int | None = None,
         *, choice: bool = True) -> int | None:  # fmt: skip
    """Pictures (uint8 N×C×H×W) in a grid with a word below each; the one pressed just now."""
    columns = max(1, math.ceil(math.sqrt(len(images))))
    data, mime = packed(mosaic(images, columns))
    sheet = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    told = components.show("datamosaic", key, {
        "sheet": sheet, "count": len(images), "columns": columns, "words": words,
        "chosen": chosen, "choice": choice,
    }, on_chosen_change=lambda: None)  # fmt: skip
    picked = told.get("chosen")
    return int(picked) if isinstance(picked, int) else None


def _neighbours(seen: Seen, part: Pictures, place: int, key: tuple[Any, ...]) -> None:
    own = part is seen.train

    def work(task: Job) -> Nearest:
        real = seen.train.images
        steps = nearest(real, part.images[place : place + 1], pixels, _NEAR,
                        torch.tensor([place]) if own else None)  # fmt: skip

        def heard():  # noqa: ANN202
            while True:
                try:
                    task.tell(round(100 * next(steps)), 100)
                except StopIteration as end:
                    return end.value
                yield

        return all_of(heard())

    near = waited((key, "near", own, place), work, "Looking for the nearest pictures …")
    if near is None:
        return
    st.subheader("Nearest in pixels")
    places, far = near.places[0], near.distance[0].tolist()
    names = named(seen.train, places)
    first = ("this one" if own else "held out") + (
        f", {named(part, torch.tensor([place]))[0]}" if part.classes else ""
    )
    words = [first, *(f"{d:.3f} {one}".strip() for one, d in zip(names, far, strict=True))]
    grid("data:near", torch.cat([part.images[place : place + 1], seen.train.images[places]]), words,
         choice=False)  # fmt: skip
    st.caption("The numbers are distances: the root of the mean squared difference of the pixels,"
               " 0 for the same picture, 1 for black beside white.")  # fmt: skip


def _classes(seen: Seen) -> None:
    if len(seen.classes) < 2:
        return
    st.subheader("How many of each class")
    some = dict(list(seen.classes.items())[:_CLASSES])
    names = [of_plotly(name) for name in some]
    bar = {"type": "bar", "x": names, "y": list(some.values()), "marker": {"color": REAL}}
    layout = {"height": 260, "margin": _margin(), "dragmode": False,
              "xaxis": {"type": "category"}}  # fmt: skip
    st.plotly_chart({"data": [bar], "layout": layout}, config=_PLOT, key="data:classes")
    least, most = min(seen.classes.values()), max(seen.classes.values())
    many = f"{most:,}" if least == most else f"From {least:,} to {most:,}"
    words = f"{many} pictures a class."
    if most > 3 * max(least, 1):
        words += " G will see the rare ones seldom, and make them worse or not at all."
    if len(seen.classes) > _CLASSES:
        words += f" The first {_CLASSES} of {len(seen.classes):,} classes are drawn."
    st.caption(words)


def of_plotly(name: str) -> str:
    """A name of a user's as plotly may have it, which reads a few tags out of its texts."""
    return name[:40].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _intensities(seen: Seen) -> None:
    st.subheader("How bright the pixels are")
    step = 256 // BINS
    names = ["grey"] if len(seen.intensity) == 1 else ["red", "green", "blue"]
    dashes = ["solid", "dash", "dot"]
    lines = [
        {"type": "scatter", "mode": "lines", "name": name, "x": list(range(0, 257, step)),
         "y": [*values, values[-1]], "line": {"color": REAL, "dash": dash, "shape": "hv"}}
        for name, values, dash in zip(names, seen.intensity, dashes, strict=False)
    ]  # fmt: skip
    layout = {"height": 260, "margin": _margin(), "dragmode": False, "showlegend": len(names) > 1,
              "xaxis": {"title": {"text": "0 is black, 255 as bright as can be"},
                        "range": [0, 256]},
              "yaxis": {"title": {"text": "share of pixels"}, "tickformat": ".1%"}}  # fmt: skip
    st.plotly_chart({"data": lines, "layout": layout}, config=_PLOT, key="data:intensities")


def _means(seen: Seen) -> None:
    if seen.means is None:
        return
    images, words = seen.means
    st.subheader("Mean picture" + (" of each class" if len(words) > 1 else ""))
    grid("data:means", images, words, choice=False)
    st.caption("What all have in common is sharp, what differs is blurred.")


def _margin() -> dict[str, int]:
    return {"l": 60, "r": 10, "t": 10, "b": 40}
