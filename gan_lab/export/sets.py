"""Generated sets: any number of pictures, drawn and written part by part."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_lab.config import RunConfig
from gan_lab.data import plane_of, to_points
from gan_lab.export.base import Export, ExportError, Tell, has_generator
from gan_lab.games import apply, game_of
from gan_lab.latent import draw, in_parts, real_pictures
from gan_lab.objectives.conditions import with_classes
from gan_lab.randomness import derived_seed
from gan_lab.runs import RunDirectory, open_generators
from gan_lab.runs.messages import Shown
from gan_lab.runs.pictures import mosaic, png, scatter
from gan_lab.whole import whole_file
from gan_lab.words import size_of

MOST = 1_000_000  # pictures of a set
GRID = 64  # pictures of the grid
MOST_IN_GRID = 10_000  # that a viewer can still open
_LABELS = 3000  # seed path of the classes that are drawn
_POINTS = 4096  # points that are made at once
_PART = 32  # pictures that are made of pictures at once


class Wish(NamedTuple):
    """Which pictures to draw.

    Attributes:
        n: how many.
        seed: the same seed gives the same pictures.
        truncation: below 2 more typical and less varied; None for the run's own noise.
        label: one class by name; None for any.
    """

    n: int = 1000
    seed: int = 0
    truncation: float | None = None
    label: str | None = None


_THOUSAND = Wish()


class Drawn(NamedTuple):
    """Pictures on their way: none is made before it is asked for.

    Attributes:
        parts: uint8 n×C×H×W each, or points, float32 n×2.
        labels: int64, N, that they were asked for; None without classes.
    """

    parts: Iterator[Tensor]
    labels: Tensor | None


def drawn(shown: Shown, wish: Wish) -> Drawn:
    """What ``wish`` asks for. Raises ExportError if the model cannot give it."""
    config, kind = shown.config, shown.kind
    if not game_of(config).from_noise:
        if wish.label is not None or wish.truncation is not None:
            raise ExportError("--label and --truncation are for runs that begin from noise")
        return Drawn(_from_pictures(shown, wish.n, wish.seed), None)
    labels = drawn_labels(config, kind.classes, wish.n, wish.seed, wish.label)
    z = draw(config.latent, wish.n, wish.seed, wish.truncation)
    return Drawn(made(shown, z, labels), labels)


def made(shown: Shown, z: Tensor, labels: Tensor | None) -> Iterator[Tensor]:
    """What G makes of each z, part by part: uint8 N×C×H×W, or points, float32 N×2."""
    classes = len(shown.kind.classes) if labels is not None else 0
    source = with_classes(z, labels, classes)
    if shown.kind.points:
        return _points(shown, source)
    return in_parts(shown.network, source, shown.config.networks.g.output)


@torch.no_grad()
def _points(shown: Shown, z: Tensor) -> Iterator[Tensor]:
    """float32, N×2, in the plane's units, part by part."""
    reach = plane_of(shown.config.data.name).reach
    for part in z.split(_POINTS):
        yield reach * to_points(shown.network(part), shown.config.networks.g.output)


def together(shown: Shown, made: Tensor) -> NDArray[np.uint8]:
    """All pictures side by side, or all points in their plane."""
    if not shown.kind.points:
        return mosaic(made)
    plane = plane_of(shown.config.data.name)
    return scatter(made, plane.places, plane.reach)


def drawn_labels(
    config: RunConfig, classes: tuple[str, ...], n: int, seed: int, label: str | None
) -> Tensor | None:
    """Class numbers, N: all of ``label``, or any; None for a model that knows no classes.

    Raises ExportError for a class that the model does not know.
    """
    if config.networks.labels == "none":
        if label is not None:
            raise ExportError(
                f"--label {label!r}: this model was trained without classes and cannot choose one;"
                " leave out --label"
            )
        return None
    if label is None:
        generator = torch.Generator().manual_seed(derived_seed(seed, _LABELS))
        return torch.randint(len(classes), (n,), generator=generator)
    if label in classes:
        return torch.full((n,), classes.index(label))
    raise ExportError(f"--label {label!r} is not allowed; give one of {', '.join(classes[:20])}")


def _from_pictures(shown: Shown, n: int, seed: int) -> Iterator[Tensor]:
    """What the game makes of pictures that it was not trained on, where its set has such."""
    inputs = game_of(shown.config).given(shown.config, real_pictures(shown.model)[1])
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed))
    for part in order.repeat(n // len(order) + 1)[:n].split(_PART):
        yield apply(shown.config, shown.networks, inputs[part])


def told(parts: Iterator[Tensor], n: int, tell: Tell) -> Iterator[Tensor]:
    """The same parts, and how far they are."""
    done = 0
    for part in parts:
        tell(done / n, f"{done:,} of {n:,}")
        yield part
        done += len(part)


def write_npz(
    file: IO[bytes], parts: Iterator[Tensor], n: int, labels: Tensor | None, name: str
) -> None:
    """``images``, uint8 N×H×W×C, or ``points``, float32 N×2, written part by part, so that any N
    fits into memory; and ``labels``, int64 N, where there are any."""
    with zipfile.ZipFile(file, "w") as archive:
        # an entry's time is fixed by zipfile, so the same pictures are the same bytes
        with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
            for index, part in enumerate(parts):
                values = (part.permute(0, 2, 3, 1) if part.ndim == 4 else part).contiguous().numpy()
                if not index:
                    shape, kind = (n, *values.shape[1:]), np.lib.format.dtype_to_descr(values.dtype)
                    header = {"descr": kind, "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(entry, header)
                entry.write(values.tobytes())
        if labels is not None:
            with archive.open("labels.npy", "w") as entry:
                np.lib.format.write_array(entry, labels.numpy())


def write_zip(
    file: IO[bytes], parts: Iterator[Tensor], labels: Tensor | None, classes: tuple[str, ...]
) -> None:
    """A folder of PNG files as a zip, one folder a class where there are classes."""
    folders = [f"{place:03d}-{_plain(name)}/" for place, name in enumerate(classes)]
    number = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            for picture in part:
                folder = folders[int(labels[number])] if labels is not None else ""
                data = png(mosaic(picture.unsqueeze(0)))
                archive.writestr(zipfile.ZipInfo(f"{folder}{number:06d}.png"), data)
                number += 1


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", name)[:40].strip("-") or "class"


def grid_png(shown: Shown, n: int = GRID, seed: int = 0) -> bytes:
    """A PNG of ``n`` pictures, or of many points."""
    n = 2000 if shown.kind.points else n
    return png(together(shown, torch.cat(list(drawn(shown, Wish(n, seed)).parts))))


@dataclass(frozen=True)
class SetExport(Export):
    """An export of which one may say how many pictures, and which.

    Attributes:
        fill: (model, wish, file, tell) -> None.
        wish: what :meth:`write` draws.
    """

    fill: Callable[[Shown, Wish, IO[bytes], Tell], None] = lambda *_: None
    wish: Wish = _THOUSAND

    def of(self, wish: Wish) -> SetExport:
        """The same with another wish."""
        return replace(self, wish=wish, make=partial(_make, self.fill, wish))


def _make(
    fill: Callable[[Shown, Wish, IO[bytes], Tell], None],
    wish: Wish,
    directory: RunDirectory,
    out: Path,
    tell: Tell,
) -> str:
    if not 1 <= wish.n <= MOST:
        raise ExportError(f"{wish.n:,} are not allowed; ask for 1 to {MOST:,}")
    shown = open_generators(directory)
    with whole_file(out) as file:
        fill(shown, wish, file, tell)
    tell(1.0, "done")
    return f"{size_of(wish.n, 'point' if shown.kind.points else 'picture')} of step {shown.step:,}"


def _fill_npz(shown: Shown, wish: Wish, file: IO[bytes], tell: Tell) -> None:
    found = drawn(shown, wish)
    name = "points" if shown.kind.points else "images"
    write_npz(file, told(found.parts, wish.n, tell), wish.n, found.labels, name)


def _fill_zip(shown: Shown, wish: Wish, file: IO[bytes], tell: Tell) -> None:
    found = drawn(shown, wish)
    write_zip(file, told(found.parts, wish.n, tell), found.labels, shown.kind.classes)


def _fill_grid(shown: Shown, wish: Wish, file: IO[bytes], tell: Tell) -> None:
    if wish.n > MOST_IN_GRID:
        raise ExportError(f"a grid holds up to {MOST_IN_GRID:,} pictures, not {wish.n:,}")
    parts = told(drawn(shown, wish).parts, wish.n, tell)
    file.write(png(together(shown, torch.cat(list(parts)))))


def _no_points(directory: RunDirectory) -> str:
    if game_of(directory.read_config()).plays_points:
        return "this model makes points, not pictures; take them as an array"
    return has_generator(directory)


def _export(
    name: str, title: str, about: str, ending: str, media: str,
    missing: Callable[[RunDirectory], str],
    fill: Callable[[Shown, Wish, IO[bytes], Tell], None], wish: Wish = _THOUSAND,
) -> SetExport:  # fmt: skip
    make = partial(_make, fill, wish)
    return SetExport(name, title, about, ending, media, missing, make, _from_given, fill, wish)


def _from_given(directory: RunDirectory) -> bool:
    """Whether its G begins from pictures."""
    return not game_of(directory.read_config()).from_noise


SETS = (
    _export(
        "grid", "Samples", "A picture of 64 samples side by side, or of the points in their plane.",
        ".png", "image/png", has_generator, _fill_grid, Wish(GRID),
    ),
    _export(
        "pictures", "Generated pictures",
        "A thousand pictures of the averaged G, or as many as you say, as a zip of PNG files; one"
        " folder a class where the model is told a class.",
        ".zip", "application/zip", _no_points, _fill_zip,
    ),
    _export(
        "npz", "Generated array",
        "The same as one array for NumPy, with labels where the model is told a class.",
        ".npz", "application/octet-stream", has_generator, _fill_npz,
    ),
)  # fmt: skip
