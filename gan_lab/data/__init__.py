"""What is real: named sets and own pictures as in-memory uint8 tensors."""

from __future__ import annotations

import os
from pathlib import Path

from gan_lab.config import Data
from gan_lab.data.batches import Batches
from gan_lab.data.named import NAMED, NamedSet, data_root, read_named
from gan_lab.data.own import read_own
from gan_lab.data.pictures import DataError, Pictures, to_pixels, to_range

__all__ = [
    "NAMED",
    "Batches",
    "DataError",
    "NamedSet",
    "Pictures",
    "data_root",
    "load",
    "to_pixels",
    "to_range",
]


def load(data: Data, *, train: bool = True, download: bool = False) -> Pictures:
    """The real pictures that a configuration names.

    Args:
        data: name, size and colour; the name may carry classes, ``mnist:3,8``.
        train: the training part, or the held-out one (own pictures have one part only).
        download: whether a named set that is not on disk may be fetched.

    Raises:
        DataError: unknown name or class, missing files, nothing to read.
    """
    name, _, classes = data.name.partition(":")
    if name in NAMED:
        pictures = read_named(name, train, download)
        if classes:
            pictures = pictures.only(tuple(c.strip() for c in classes.split(",")))
        pictures = pictures.shaped(data.size, data.colour)
    elif os.path.exists(data.name):  # noqa: PTH110 - Path.exists raises for a name too long
        pictures = read_own(Path(data.name), data.size, data.colour)
    else:
        raise DataError(
            f"there is no data set, folder or zip {data.name!r}; the named sets are"
            f" {', '.join(NAMED)}"
        )
    if len(pictures) < 2:
        raise DataError(f"{data.name} has {len(pictures)} picture; a GAN needs at least 2")
    return pictures
