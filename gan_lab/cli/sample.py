"""``sample``: pictures from a run's generator into an array, a mosaic or single files."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say, size_of
from gan_lab.latent import stream
from gan_lab.runs import RunDirectory, open_generator
from gan_lab.runs.pictures import mosaic, png

MAX_MOSAIC = 10_000  # pictures in one file that a viewer can still open


def sample(
    run: str, n: int, seed: int, truncation: float | None, label: str | None, out: Path
) -> None:
    """Write ``n`` pictures to ``out``; its ending says how.

    Raises:
        UsageError: the options ask for what this model or this ending cannot give.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
        OSError: the place cannot be written to.
    """
    kind = _kind(out, n)
    shown = open_generator(RunDirectory.find(run))
    if label is not None:
        raise UsageError(
            f"--label {label!r}: this model was trained without classes and cannot choose one;"
            " leave out --label"
        )
    output = shown.config.networks.g.output
    parts = stream(shown.network, shown.config.latent, n, seed, output, truncation)
    out.parent.mkdir(parents=True, exist_ok=True)
    if kind == ".npz":
        _write_npz(out, parts, n)
    elif kind == ".png":
        with _whole(out) as file:
            file.write(png(mosaic(torch.cat(list(parts)))))
    else:
        _write_folder(out, parts)
    say(f"{size_of(n, 'picture')} of step {shown.step:,}: {out}")


def _kind(out: Path, n: int) -> str:
    """The ending that decides, or "" for a folder."""
    ending = "" if out.is_dir() else out.suffix.lower()
    if ending not in ("", ".npz", ".png"):
        raise UsageError(f"--out {str(out)!r} is not allowed; give FILE.npz, FILE.png or a folder")
    if ending == ".png" and n > MAX_MOSAIC:
        raise UsageError(f"--n {n}: a mosaic holds up to {MAX_MOSAIC:,} pictures; give FILE.npz")
    if not ending and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {str(out)!r} is not empty; give a new or an empty folder")
    return ending


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only once it is complete."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        umask = os.umask(0)  # the only way to read it
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # a temporary file is private; the result is not
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write_npz(path: Path, parts: Iterator[Tensor], n: int) -> None:
    """``images``, uint8 N×H×W×C, written part by part, so that any N fits into memory."""
    with (
        _whole(path) as file,
        zipfile.ZipFile(file, "w") as archive,
        # an entry's time is fixed by zipfile, so the same pictures are the same bytes
        archive.open("images.npy", "w", force_zip64=True) as entry,
    ):
        for index, part in enumerate(parts):
            pixels = part.permute(0, 2, 3, 1).contiguous().numpy()
            if not index:
                shape = (n, *pixels.shape[1:])
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(entry, header)
            entry.write(pixels.tobytes())


def _write_folder(path: Path, parts: Iterator[Tensor]) -> None:
    path.mkdir(exist_ok=True)
    number = 0
    for part in parts:
        for picture in part:
            (path / f"{number:06d}.png").write_bytes(png(mosaic(picture.unsqueeze(0))))
            number += 1
