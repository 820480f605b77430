"""Pictures of one's own: brought in, looked at before and after, and trained on."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
import torch
from PIL import Image

from gan_lab.archives import ArchiveError, shown
from gan_lab.config import KNOBS, ConfigError, Data, RunConfig, get, put
from gan_lab.data import DataError, Intake, Pictures, advice, take_in
from gan_lab.data.own.sources import ENDINGS, opened
from gan_lab.data.pictures import held_out
from gan_lab.images import Unreadable
from gan_lab.images.decoding import Shape
from gan_lab.images.workers import preview
from gan_lab.runs.uploads import Uploads, folder_of, folders_allowed
from gan_lab.ui import controls, experiment, look, shell
from gan_lab.ui.escape import plain
from gan_lab.ui.jobs import Job, drop, forget
from gan_lab.ui.widgets import widget

OPTIONS = ("data.size", "data.fit", "data.background", "data.colour", "data.pairs",
           "data.held_out")  # fmt: skip
_PAIRS = ("none", "classes", "side-by-side")
_SHAPES = "data:shapes"  # of the session: by path, how its pictures are to come in
_FOLDER = "data:folder"  # of the session: the folder of the server that is looked at
_UNDER_WAY = "data:reading"  # of the session: which reading is wanted
_SAMPLES = 6  # pictures that are shown before and after
_THUMB = 96  # px
_LISTED = 500  # broken files
_PAIRS_SHOWN = 8


@dataclass(frozen=True)
class CameIn:
    """Own pictures as they were read, and the report."""

    seen: look.Seen
    intake: Intake


def mine() -> Uploads:
    """What this visitor has sent."""
    return Uploads(experiment.visitor())


def bring() -> Path | None:
    """Places to drop pictures; where those lie that came just now, if any did."""
    edition = st.session_state.get("data:edition", 0)
    files, whole = st.tabs(["A zip, or many pictures", "A folder of this computer"])
    with files:
        some = st.file_uploader("Drop a zip or pictures", accept_multiple_files=True,
                                key=f"data:files:{edition}",
                                help="Sub-folders of a zip become classes.")  # fmt: skip
    with whole:
        many = st.file_uploader("Choose a folder", [e[1:] for e in sorted(ENDINGS)],
                                accept_multiple_files="directory",
                                key=f"data:directory:{edition}",
                                help="Its sub-folders become classes.")  # fmt: skip
    _folder_of_server()
    st.caption("They are kept on this server until you delete them; nobody else finds them here."
               " Who has the link of a run sees the pictures that the run shows.")  # fmt: skip
    came = some or many
    if not came:
        return None
    # whatever becomes of them, the next page begins with empty places
    st.session_state["data:edition"] = edition + 1
    try:
        return mine().keep([(file.name, file) for file in came])
    except DataError as error:
        experiment.experiment().complaint = f"Not kept: {error}."
        st.rerun()


def _folder_of_server() -> None:
    if not folders_allowed():
        st.caption("Folders of the server itself cannot be named here; who runs it may allow that"
                   " with GANLAB_FOLDERS=1.")  # fmt: skip
        return
    text = st.text_input("Or a folder of the server", key="data:named", max_chars=900)
    if st.button("Look at this folder", key="data:look", disabled=not text):
        try:
            st.session_state[_FOLDER] = folder_of(text)
            st.query_params["set"] = "folder"
        except DataError as error:
            experiment.experiment().complaint = f"Not read: {error}."
        st.rerun()


def folder() -> Path | None:
    """The folder of the server that this visitor looks at, as long as that is allowed."""
    chosen = st.session_state.get(_FOLDER)
    return chosen if isinstance(chosen, Path) and folders_allowed() else None


def own_set(path: Path) -> None:
    """One set: how its pictures come in, what came, and training on it."""
    data = _options(path)
    _preview(path, data)
    came = _read(path, data)
    if came is not None:
        _report(came.intake)
        _train(data, came)
        _pairs(data, came.seen)
        look.show(came.seen, ("own", data))
    _delete(path)


def _options(path: Path) -> Data:
    """The knobs of ``data`` that say how own pictures come in."""
    shapes: dict[Path, RunConfig] = st.session_state.setdefault(_SHAPES, {})
    config = shapes.get(path)
    if config is None:
        config = shapes[path] = RunConfig(data=Data(name=str(path), size=32))

    def change(knob: str, value: Any) -> None:
        try:
            shapes[path] = put(shapes[path], {knob: value})
        except ConfigError as error:
            experiment.experiment().complaint = f"Not changed: {error}"

    with st.expander("How they come in", expanded=True, icon=":material/crop:"):
        left, right = st.columns(2, gap="large")
        for number, knob in enumerate(OPTIONS):
            with (left, right)[number % 2]:
                if knob == "data.pairs":
                    _pairs_knob(config, change, path)
                else:
                    widget(KNOBS[knob], config, change, key=f"own:{path.name}")
    return shapes[path].data


def _pairs_knob(config: RunConfig, change: Any, path: Path) -> None:
    """Of the kinds of pairs those that own pictures alone can be."""
    words = {"none": "No pairs", "classes": "Two folders, same names: A and B",
             "side-by-side": "Halves of each picture: A left, B right"}  # fmt: skip
    now = get(config, "data.pairs")
    st.selectbox("Pairs", _PAIRS, format_func=words.__getitem__, index=_PAIRS.index(now),
                 filter_mode=None, help="For games that turn A into B.",
                 **controls.follow(f"own:pairs:{path.name}", now,
                                   lambda value: change("data.pairs", value)))  # fmt: skip


# -- before and after --------------------------------------------------------------------------


def _preview(path: Path, data: Data) -> None:
    key = ("preview", path, _stamp(path), Shape.of(data))
    try:
        shown_pairs = look.waited(key, lambda _: _samples(path, Shape.of(data)),
                                  "Opening some of them …")  # fmt: skip
    except (DataError, OSError):
        return  # the report says why
    if not shown_pairs:
        return
    for words, place in (("As they are", 0), ("As they come in", 1)):
        st.caption(words)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            for pair in shown_pairs:
                for picture in pair[place]:
                    st.image(picture, width=_THUMB)


def _samples(path: Path, shape: Shape) -> list[tuple[list[bytes], list[bytes]]]:
    """Some pictures, as PNGs: each as it is, and what is made of it."""
    found = list[tuple[list[bytes], list[bytes]]]()
    with opened(path) as source:
        step = max(1, len(source.files) // (4 * _SAMPLES))
        for file in source.files[::step]:
            try:
                whole, made = preview(file.read(), shape, 2 * _THUMB)
            except (Unreadable, ArchiveError, OSError):
                continue
            after = [Image.fromarray(one).resize((2 * _THUMB, 2 * _THUMB), Image.Resampling.NEAREST)
                     for one in made]  # fmt: skip
            found.append(([_png(Image.fromarray(whole))], [_png(one) for one in after]))
            if len(found) == _SAMPLES:
                break
    return found


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


# -- reading -----------------------------------------------------------------------------------


def _read(path: Path, data: Data) -> CameIn | None:
    """What came in; None while it is being read, or if it cannot be."""
    key = ("own", path, _stamp(path), data)
    before = st.session_state.get(_UNDER_WAY)
    if before is not None and before != key:
        drop(before)  # nobody waits for it any more
    st.session_state[_UNDER_WAY] = key

    def work(task: Job) -> CameIn:
        pictures, intake = take_in(path, data, task.tell)
        return CameIn(_seen(pictures, data), intake)

    try:
        return look.waited(key, work, "Reading the pictures …")
    except (DataError, OSError) as error:
        forget(key)
        words = error.strerror or "they cannot be read" if isinstance(error, OSError) else error
        look.sorry(str(words).replace(str(path), path.name))
        return None


def _seen(pictures: Pictures, data: Data) -> look.Seen:
    if len(pictures) < 2:
        raise DataError(f"there is {len(pictures)} picture, and a GAN needs at least 2")
    aside = held_out(pictures, data.held_out)
    held = pictures.chosen(aside) if aside.any() else pictures
    return look.counted(pictures.chosen(~aside), held, apart=bool(aside.any()))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size


def _report(intake: Intake) -> None:
    """What came in, and what did not; names of files are text and nothing else."""
    st.subheader("What came in")
    st.text(intake.line)
    words = [
        f"{count:,} {what}"
        for count, what in (
            (intake.clear, "transparent, put onto the background"),
            (intake.moving, "animated, of which the first frame is used"),
            (intake.others, "without the name of an image file (such as .png), left out"),
        )
        if count
    ]
    if words:
        st.caption("; ".join(words) + ".")
    if intake.sizes:
        some = list(intake.sizes.items())[:5]
        more = f" and {len(intake.sizes) - 5} more sizes" if len(intake.sizes) > 5 else ""
        st.caption("They were " + ", ".join(f"{plain(size)} px ({n:,})" for size, n in some) + more
                   + " before.")  # fmt: skip
    if intake.broken_count:
        title = f"{intake.broken_count:,} skipped: which, and why"
        with st.expander(title, icon=":material/broken_image:", expanded=intake.broken_count < 6):
            some = intake.broken[:_LISTED]
            st.dataframe({"File": [shown(name) for name, _ in some],
                          "Why": [why for _, why in some]}, hide_index=True)  # fmt: skip


# -- training ----------------------------------------------------------------------------------


def _train(data: Data, came: CameIn) -> None:
    two = len(came.intake.classes) >= 2
    both = len(came.intake.classes) == 2 and data.pairs != "side-by-side"
    taken = data.model_copy()
    with st.container(horizontal=True, vertical_alignment="center"):
        if data.pairs == "none":
            go = st.button("Train on this", type="primary", key="data:train",
                           icon=":material/model_training:")  # fmt: skip
            preset = ""
        else:
            go = st.button("Train pix2pix on these pairs", type="primary", key="data:train",
                           icon=":material/model_training:", disabled=not two)  # fmt: skip
            preset = "pix2pix-small"
        if both and st.button(
            "Turn the first class into the second and back (CycleGAN)", key="data:cycle",
            icon=":material/swap_horiz:",
        ):  # fmt: skip
            go, preset = True, "cyclegan-small"
            taken = data.model_copy(update={"pairs": "unpaired"})
    if both and data.pairs == "none":
        st.caption("If each picture of one folder belongs to one of the other, say so under"
                   " *Pairs*: then pix2pix can learn from them.")  # fmt: skip
    if go and controls.take_data(_all_of(taken), preset):
        st.switch_page(shell.TRAIN)
    _advice(len(came.seen.train))


def _all_of(data: Data) -> Data:
    """The same with every field set: all of it is to be taken."""
    return Data(**data.model_dump())


def _advice(count: int) -> None:
    """What to do differently with few pictures, and a button that does it."""
    tips = advice(count, experiment.experiment().config)
    if not tips:
        return
    changes = {path: value for tip in tips for path, value in tip.changes}

    def take() -> None:
        for path, value in changes.items():
            experiment.change_next(path, value)

    with st.container(border=True):
        st.markdown("**Few pictures**\n\n" + "\n".join(f"- {plain(tip.sentence)}" for tip in tips))
        if changes:
            st.button("Take this advice", key="data:advice", icon=":material/lightbulb:",
                      on_click=take, help="Sets it for the next start.")  # fmt: skip


def _pairs(data: Data, seen: look.Seen) -> None:
    """A beside B, for some pairs."""
    labels = seen.train.labels
    if data.pairs == "none" or labels is None:
        return
    st.subheader("Pairs: A beside its B")
    first, second = (seen.train.images[labels == k][:_PAIRS_SHOWN] for k in (0, 1))
    count = min(len(first), len(second))
    if int((labels == 0).sum()) != int((labels == 1).sum()):
        look.sorry("the two folders have not as many pictures, so they are no pairs; without"
                   " pairs CycleGAN learns from them", "Not pairs")  # fmt: skip
    both = torch.stack([first[:count], second[:count]], 1).flatten(0, 1)
    words = [f"{'AB'[k % 2]} {k // 2 + 1}" for k in range(2 * count)]
    st.caption("A 1 belongs to B 1, A 2 to B 2, and so on.")
    look.grid("data:pairs", both, words, choice=False)


def _delete(path: Path) -> None:
    if mine().find(path.name) != path:
        return
    with st.expander("Delete these pictures", icon=":material/delete:"):
        st.write("They are taken off this server for good. Runs that were trained on them stay, but"
                 " cannot go on without them.")  # fmt: skip
        if st.button(f"Delete {plain(path.name)}", key="data:really"):
            try:
                mine().delete(path.name)
            except DataError as error:
                experiment.experiment().complaint = f"Not deleted: {error}."
            st.query_params.pop("set", None)
            st.rerun()
