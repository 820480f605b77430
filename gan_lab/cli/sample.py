"""``sample``: pictures from a run's generator into an array, a mosaic or single files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say
from gan_lab.export.sets import MOST_IN_GRID, Wish, drawn, together, write_npz
from gan_lab.games import game_of
from gan_lab.runs import open_named
from gan_lab.runs.messages import Shown
from gan_lab.runs.pictures import mosaic, png
from gan_lab.whole import whole_file
from gan_lab.words import size_of


def sample(
    run: str, n: int, seed: int, truncation: float | None, label: str | None, out: Path
) -> None:
    """Write ``n`` pictures to ``out``; its ending says how.

    Raises:
        UsageError: the options ask for what this ending cannot give.
        ExportError: they ask for what this model cannot give.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
        PretrainedError: no generator of that name came with the app.
        OSError: the place cannot be written to.
    """
    kind = _kind(out, n)
    shown = open_named(run)
    if shown.kind.points and not kind:
        raise UsageError(f"--out {str(out)!r}: this model makes points; give FILE.npz or FILE.png")
    parts, labels = drawn(shown, Wish(n, seed, truncation, label))
    out.parent.mkdir(parents=True, exist_ok=True)
    if kind == ".npz":
        with whole_file(out) as file:
            write_npz(file, parts, n, labels, "points" if shown.kind.points else "images")
    elif kind == ".png":
        with whole_file(out) as file:
            file.write(png(together(shown, torch.cat(list(parts)))))
    else:
        write_folder(out, parts)
    say(f"{size_of(n, 'point' if shown.kind.points else 'picture')} of step {shown.step:,}: {out}")


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


def _kind(out: Path, n: int) -> str:
    """The ending that decides, or "" for a folder."""
    ending = ending_of(out, (".npz", ".png"))
    if ending == ".png" and n > MOST_IN_GRID:
        raise UsageError(f"--n {n}: a mosaic holds up to {MOST_IN_GRID:,} pictures; give FILE.npz")
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


def write_folder(path: Path, parts: Iterator[Tensor]) -> None:
    path.mkdir(exist_ok=True)
    number = 0
    for part in parts:
        for picture in part:
            (path / f"{number:06d}.png").write_bytes(png(mosaic(picture.unsqueeze(0))))
            number += 1
