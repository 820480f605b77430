"""``sample``: pictures from a run's generator into an array, a mosaic or single files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say
from gan_lab.config import RunConfig
from gan_lab.data import load, plane_of, to_points
from gan_lab.games import apply, game_of
from gan_lab.latent import draw, in_parts
from gan_lab.objectives.conditions import with_classes
from gan_lab.randomness import derived_seed
from gan_lab.runs import open_named
from gan_lab.runs.messages import Shown
from gan_lab.runs.pictures import mosaic, png, scatter
from gan_lab.whole import whole_file
from gan_lab.words import size_of

_LABELS = 3000  # seed path of the classes that are drawn
_POINTS = 4096  # points that are made at once
_PART = 32  # pictures that are made of pictures at once
MAX_MOSAIC = 10_000  # pictures in one file that a viewer can still open


def sample(
    run: str, n: int, seed: int, truncation: float | None, label: str | None, out: Path
) -> None:
    """Write ``n`` pictures to ``out``; its ending says how.

    Raises:
        UsageError: the options ask for what this model or this ending cannot give.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
        PretrainedError: no generator of that name came with the app.
        OSError: the place cannot be written to.
    """
    kind = _kind(out, n)
    shown = open_named(run)
    if shown.kind.points and not kind:
        raise UsageError(f"--out {str(out)!r}: this model makes points; give FILE.npz or FILE.png")
    parts, labels = _parts(shown, n, seed, truncation, label)
    out.parent.mkdir(parents=True, exist_ok=True)
    if kind == ".npz":
        write_npz(out, parts, n, labels, "points" if shown.kind.points else "images")
    elif kind == ".png":
        with whole_file(out) as file:
            file.write(png(together(shown, torch.cat(list(parts)))))
    else:
        write_folder(out, parts)
    say(f"{size_of(n, 'point' if shown.kind.points else 'picture')} of step {shown.step:,}: {out}")


def _parts(
    shown: Shown, n: int, seed: int, truncation: float | None, label: str | None
) -> tuple[Iterator[Tensor], Tensor | None]:
    """The pictures in parts, and the classes that they were asked for, where there are any."""
    config, kind = shown.config, shown.kind
    if not game_of(config).from_noise:
        if label is not None or truncation is not None:
            raise UsageError("--label and --truncation are for runs that begin from noise")
        return _from_pictures(shown, n, seed), None
    labels = drawn_labels(config, kind.classes, n, seed, label)
    return made(shown, draw(config.latent, n, seed, truncation), labels), labels


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


def open_from_noise(run: str, option: str, ending: str, out: Path) -> Shown:
    """A run to walk in.

    Args:
        option: what asks for it, such as ``--walk``.
        ending: of the file to be written; "" for a folder.

    Raises:
        UsageError: its G begins from pictures, or makes points, which no folder of files holds.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
    """
    shown = open_named(run)
    if not game_of(shown.config).from_noise:
        raise UsageError(
            f"{option} is for runs that begin from noise; this one begins from pictures"
        )
    if shown.kind.points and not ending:
        raise UsageError(f"--out {str(out)!r}: this model makes points; give a file")
    return shown


def drawn_labels(
    config: RunConfig, classes: tuple[str, ...], n: int, seed: int, label: str | None
) -> Tensor | None:
    """Class numbers, N: all of ``label``, or any; None for a model that knows no classes."""
    if config.networks.labels == "none":
        if label is not None:
            raise UsageError(
                f"--label {label!r}: this model was trained without classes and cannot choose one;"
                " leave out --label"
            )
        return None
    if label is None:
        generator = torch.Generator().manual_seed(derived_seed(seed, _LABELS))
        return torch.randint(len(classes), (n,), generator=generator)
    if label in classes:
        return torch.full((n,), classes.index(label))
    raise UsageError(f"--label {label!r} is not allowed; give one of {', '.join(classes[:20])}")


def _from_pictures(shown: Shown, n: int, seed: int) -> Iterator[Tensor]:
    """What the game makes of pictures that it was not trained on, where its set has such."""
    inputs = game_of(shown.config).given(shown.config, load(shown.config.data, train=False))
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed))
    for part in order.repeat(n // len(order) + 1)[:n].split(_PART):
        yield apply(shown.config, shown.networks, inputs[part])


def _kind(out: Path, n: int) -> str:
    """The ending that decides, or "" for a folder."""
    ending = ending_of(out, (".npz", ".png"))
    if ending == ".png" and n > MAX_MOSAIC:
        raise UsageError(f"--n {n}: a mosaic holds up to {MAX_MOSAIC:,} pictures; give FILE.npz")
    return ending


def ending_of(out: Path, allowed: Sequence[str]) -> str:
    """The ending of a file, one of those allowed, or "" for a folder. Raises UsageError."""
    ending = "" if out.is_dir() else out.suffix.lower()
    if ending and ending not in allowed:
        films = " (films need --walk or --direction)" if ending in (".gif", ".webp") else ""
        files = ", ".join(f"FILE{one}" for one in allowed)
        raise UsageError(f"--out {str(out)!r} is not allowed{films}; give {files} or a folder")
    if not ending and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {str(out)!r} is not empty; give a new or an empty folder")
    return ending


def write_npz(
    path: Path, parts: Iterator[Tensor], n: int, labels: Tensor | None, name: str
) -> None:
    """``images``, uint8 N×H×W×C, or ``points``, float32 N×2, written part by part, so that any N
    fits into memory; and ``labels``, int64 N, where there are any."""
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
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


def write_folder(path: Path, parts: Iterator[Tensor]) -> None:
    path.mkdir(exist_ok=True)
    number = 0
    for part in parts:
        for picture in part:
            (path / f"{number:06d}.png").write_bytes(png(mosaic(picture.unsqueeze(0))))
            number += 1
