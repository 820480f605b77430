"""A folder, a zip or several files of own pictures, read once into one tensor."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from gan_lab.config import Data
from gan_lab.data.own import cache
from gan_lab.data.own.decoding import Read, decoded
from gan_lab.data.own.partners import partners
from gan_lab.data.own.report import Intake, commonest, listed
from gan_lab.data.own.sources import ENDINGS, Source, opened
from gan_lab.data.pictures import DataError, Pictures, held_out
from gan_lab.data.room import refuse_too_many
from gan_lab.images.decoding import Shape

Tell = Callable[[int, int], None]
"""Hears how many files are read, of how many; it may raise to end the reading."""

SIDES = ("left", "right")
NO_FOLDER = "(no folder)"
"""The class of pictures that lie beside the folders of the others."""


def take_in(where: Path | Sequence[Path], data: Data, tell: Tell | None = None
            ) -> tuple[Pictures, Intake]:  # fmt: skip
    """Own pictures as ``data`` wants them, and what reading them came to.

    Each is made square as ``data.fit`` says. With ``data.colour`` = ``own`` they are grey if every
    one is. Sub-folders, where there are at least two, are classes; with ``side-by-side`` the two
    halves are. What is broken is skipped; with pairs of ``classes`` so is its partner.

    Raises:
        DataError: nothing that can be read, or more than the memory holds.
    """
    begun = time.perf_counter()
    shape = Shape.of(data)
    with opened(where) as source:
        key = cache.fingerprint(source.digest, shape, data.pairs == "classes")
        if kept := cache.fetch(key):
            kept = kept._replace(intake=replace(kept.intake, cached=True, source=source.name))
        else:
            kept = _read(source, shape, tell, paired=data.pairs == "classes")
            cache.keep(key, kept)
    pictures = _pictures(source.name, kept, shape, data.colour)
    labels = pictures.labels
    classes = dict[str, int]()
    if labels is not None:
        counts = torch.bincount(labels, minlength=len(pictures.classes)).tolist()
        classes = dict(zip(pictures.classes, counts, strict=True))
    told = replace(
        kept.intake,
        channels=pictures.channels,
        classes=classes,
        held_out=int(held_out(pictures, data.held_out).sum()),
        seconds=time.perf_counter() - begun,
    )
    return pictures, told


@dataclass
class _Tally:
    """What is counted of the pictures as they come."""

    formats: Counter[str]
    sizes: Counter[str]
    seen: set[bytes]
    grey: int = 0
    clear: int = 0
    moving: int = 0
    duplicates: int = 0

    def count(self, one: Read, *, grey: bool) -> None:
        assert one.facts is not None
        self.formats[one.facts.kind] += 1
        self.sizes[f"{one.facts.width}×{one.facts.height}"] += 1
        self.grey += grey
        self.clear += one.facts.clear
        self.moving += one.facts.moving
        self.duplicates += one.digest in self.seen
        self.seen.add(one.digest)


def _read(source: Source, shape: Shape, tell: Tell | None, *, paired: bool) -> cache.Kept:
    """Every file once, straight into one array; one channel if nothing has colour."""
    per, side = 1 + shape.halves, shape.side
    refuse_too_many(source.name, per * len(source.files), side)
    pixels = np.empty((len(source.files), per, side, side, 3), np.uint8)
    names = [file.path for file in source.files]
    readable, reasons = [False] * len(names), [""] * len(names)
    tally = _Tally(Counter(), Counter(), set())
    with closing(decoded(source.files, shape)) as every:
        for done, one in enumerate(every, 1):
            readable[one.number], reasons[one.number] = not one.why, one.why
            if one.squares is not None:
                pixels[one.number] = one.squares
                tally.count(one, grey=all(_grey(square) for square in one.squares))
            if tell is not None:
                tell(done, len(names))
    broken = [*source.refused]
    broken += [(f.name, why) for f, why in zip(source.files, reasons, strict=True) if why]
    chosen = [k for k, good in enumerate(readable) if good]
    if paired:
        chosen = partners(names, readable)
        found = set(chosen)
        without = [k for k, good in enumerate(readable) if good and k not in found]
        broken += [(str(names[k]), "its partner in the other folder is missing") for k in without]
    if not chosen:
        why = f"; the first of {len(broken):,}: {broken[0][0]}: {broken[0][1]}" if broken else ""
        endings = ", ".join(sorted(ENDINGS))
        raise DataError(f"{source.name} holds no pictures that can be read ({endings}){why}")
    grey = tally.grey == sum(readable) or all(_grey(pixels[k]) for k in chosen)
    whole = _rows(pixels, chosen, channels=1 if grey else 3)
    # halves: all that are left, then all that are right, so that k-th and k-th belong together
    whole = whole.transpose(1, 0, 2, 3, 4).reshape(-1, *whole.shape[2:])
    intake = Intake(
        source.name, len(whole), side, whole.shape[-1], listed(broken), len(broken),
        tally.duplicates, source.others, commonest(tally.formats), commonest(tally.sizes),
        grey=tally.grey, clear=tally.clear, moving=tally.moving,
    )  # fmt: skip
    return cache.Kept(whole, [str(names[k]) for k in chosen] * per, intake)


def _grey(square: np.ndarray) -> bool:
    return bool((square[..., :1] == square).all())


def _rows(pixels: np.ndarray, chosen: list[int], channels: int) -> np.ndarray:
    """Those rows, without a copy where all are wanted."""
    part = pixels[..., :channels]
    return np.ascontiguousarray(part if chosen == list(range(len(part))) else part[chosen])


def _pictures(name: str, kept: cache.Kept, shape: Shape, colour: str) -> Pictures:
    images = torch.from_numpy(kept.pixels).permute(0, 3, 1, 2).contiguous()
    if shape.halves:
        half = len(images) // 2
        labels = torch.arange(2).repeat_interleave(half)
        return Pictures(name, images, labels, SIDES).shaped(0, colour)
    folders = [PurePosixPath(one).parent.name for one in kept.names]
    labels, classes = _labelled(folders)
    return Pictures(name, images, labels, classes).shaped(0, colour)


def _labelled(folders: Iterable[str]) -> tuple[torch.Tensor | None, tuple[str, ...]]:
    folders = list(folders)
    classes = tuple(sorted(set(folders)))
    if len(classes) < 2:
        return None, ()
    numbers = {name: number for number, name in enumerate(classes)}
    labels = torch.tensor([numbers[folder] for folder in folders])
    return labels, tuple(_named(one, classes) for one in classes)


def _named(folder: str, others: tuple[str, ...]) -> str:
    """Words for pictures that lie beside the folders, if none of these is called so."""
    return folder if folder or NO_FOLDER in others else NO_FOLDER
