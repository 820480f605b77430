"""What is real: named sets and own pictures as in-memory uint8 tensors."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

from gan_lab.config import Data
from gan_lab.data.batches import Batch, Batches
from gan_lab.data.files import data_root
from gan_lab.data.named import NAMED, NamedSet, read_named
from gan_lab.data.own import Intake, Shape, Tell, advice, read_picture, take_in
from gan_lab.data.pairs import PAIRED, domains
from gan_lab.data.pictures import (
    DataError,
    Kind,
    Pictures,
    class_numbers,
    held_out,
    split_name,
    to_pixels,
    to_points,
    to_range,
)
from gan_lab.data.plane import DRAWN, PLANES, Plane, plane_of, read_drawn
from gan_lab.data.room import refuse_too_many

__all__ = [
    "DRAWN",
    "NAMED",
    "PAIRED",
    "PLANES",
    "Batch",
    "Batches",
    "DataError",
    "Intake",
    "Kind",
    "NamedSet",
    "Pictures",
    "Plane",
    "advice",
    "class_numbers",
    "data_root",
    "domains",
    "expected",
    "is_named",
    "load",
    "load_again",
    "plane_of",
    "read_drawn",
    "read_picture",
    "short_name",
    "split_name",
    "take_in",
    "to_pixels",
    "to_points",
    "to_range",
]


def load(
    data: Data,
    *,
    train: bool = True,
    download: bool = False,
    told: Callable[[Intake], None] | None = None,
    tell: Tell | None = None,
) -> Pictures:
    """The real pictures that a configuration names.

    Args:
        data: name, size and colour; the name may carry classes, ``mnist:3,8``.
        train: the training part, or the held-out one. Of own pictures ``data.held_out`` is held
            out, or nothing if there are too few: then the training part serves for both.
        download: whether a named set that is not on disk may be fetched.
        told: hears what reading own pictures came to.
        tell: hears how far it is.

    Raises:
        DataError: unknown name or class, missing files, nothing to read, more than memory holds.
    """
    name, classes = split_name(data.name)
    if name == DRAWN:
        pictures = Pictures(data.name, read_drawn(data.name, train))
    elif name in NAMED:
        if NAMED[name].any_size and data.size:
            refuse_too_many(name, NAMED[name].count, data.size)
        pictures = read_named(name, train, download, data.size)
        if classes:
            pictures = pictures.only(classes)
    elif os.path.exists(data.name):  # noqa: PTH110 - Path.exists raises for a name too long
        return _own(data, train, told, tell)
    else:
        raise DataError(
            f"there is no data set, folder or zip {data.name!r}; the named sets are"
            f" {', '.join(NAMED)}"
        )
    if data.pairs == "side-by-side":
        raise DataError("data.pairs = side-by-side cuts own pictures in two, and no named set")
    if not pictures.kind.points:
        if data.size not in {0, pictures.size}:
            refuse_too_many(data.name, len(pictures), data.size, pictures.channels)
        pictures = pictures.shaped(data.size, data.colour)
    return _enough(pictures)


def load_again(data: Data, digest: str) -> Pictures:
    """The training part that a run was trained on before, known by its digest.

    Raises DataError if it is not here, or not the same any more.
    """
    pictures = load(data)
    if pictures.digest != digest:
        raise DataError(
            f"other pictures than this run's lie in {pictures.name} now; put the former ones back"
        )
    return pictures


def is_named(name: str) -> bool:
    """Whether ``data.name`` is of the catalogue, or points drawn by hand: no folder and no zip."""
    base, _ = split_name(name)
    return base == DRAWN or base in NAMED


def expected(data: Data) -> Kind:
    """What the pictures that a configuration names should be like, told without reading any. Of own
    ones nobody knows that yet: in colour and of two classes at most.

    Raises DataError for a class that is none.
    """
    name, wanted = split_name(data.name)
    if name == DRAWN:
        return Kind(2, 1, ())
    entry = NAMED.get(name)
    if entry is None:
        return Kind({"grey": 1}.get(data.colour, 3), Shape.of(data).side, ("a", "b"))
    classes = entry.classes
    if wanted:
        classes = tuple(classes[k] for k in class_numbers(name, classes, wanted))
    if entry.size == 1:
        return Kind(entry.channels, 1, classes)
    channels = {"own": entry.channels, "grey": 1, "rgb": 3}[data.colour]
    return Kind(channels, data.size or entry.size, classes)


def _own(
    data: Data, train: bool, told: Callable[[Intake], None] | None, tell: Tell | None
) -> Pictures:
    pictures, intake = take_in(Path(data.name), data, tell)
    aside = held_out(_enough(pictures), data.held_out)
    if told is not None:
        told(intake)
    return pictures.chosen(~aside if train or not aside.any() else aside)


def _enough(pictures: Pictures) -> Pictures:
    if len(pictures) < 2:
        raise DataError(f"{pictures.name} has {len(pictures)} picture; a GAN needs at least 2")
    return pictures


def short_name(name: str) -> str:
    """What a data set is called: own pictures by their folder or file, wherever it lies."""
    base = name.partition(":")[0]
    if base == DRAWN:
        return "own drawing"
    return name if base in NAMED else PureWindowsPath(name).name  # knows both slashes
