"""``sample --walk``: a walk through latent space, as a film, a strip, an array or single files."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say
from gan_lab.cli.sample import ending_of, open_from_noise, write_folder
from gan_lab.export.sets import drawn_labels, made, together, write_npz
from gan_lab.latent import draw, natural, path, random_walk
from gan_lab.runs.messages import Shown
from gan_lab.runs.pictures import png
from gan_lab.runs.reels import LASTS, REELS, looks, reel
from gan_lab.whole import whole_file
from gan_lab.words import size_of

ENDINGS = (*(f".{kind}" for kind in REELS), ".npz")
MOST = 200  # pictures that one walk goes through


def walk(
    run: str, n: int | None, frames: int, seed: int, truncation: float | None, label: str | None,
    spherical: bool | None, out: Path,
) -> None:  # fmt: skip
    """Write ``frames`` pictures along a walk that goes round; the ending of ``out`` says how.

    Args:
        n: pictures to go through, drawn with ``seed``; None for a random walk.
        spherical: along arcs, or straight; None: as suits the run's noise.

    Raises:
        UsageError: the options ask for what cannot be.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
        OSError: the place cannot be written to.
    """
    if n is None and spherical is not None:
        raise UsageError(
            "--spherical and --linear are ways between pictures; say through how many with --n"
        )
    if n is not None and not 2 <= n <= min(MOST, frames):
        most = min(MOST, frames)
        raise UsageError(f"--n {n}: a walk of {frames} frames goes through 2 to {most} pictures")
    ending = ending_of(out, ENDINGS)
    shown = open_from_noise(run, "--walk", ending, out)
    z, labels = _way(shown, n, frames, seed, truncation, label, spherical)
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, ending, shown, z, labels)
    say(f"{size_of(frames, 'frame')} of step {shown.step:,}: {out}")


def _way(
    shown: Shown, n: int | None, frames: int, seed: int, truncation: float | None,
    label: str | None, spherical: bool | None,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """z, frames×dim, and the class of each, which changes midway between two pictures."""
    latent = shown.config.latent
    labels = drawn_labels(shown.config, shown.kind.classes, n or 1, seed, label)
    if n is None:
        z = random_walk(latent, frames, seed, loop=True, truncation=truncation)
        return z, None if labels is None else labels.expand(frames)
    chosen = natural(latent) if spherical is None else ("spherical" if spherical else "linear")
    z, near = path(draw(latent, n, seed, truncation), frames, chosen, loop=True)
    return z, None if labels is None else labels[near]


def _write(out: Path, ending: str, shown: Shown, z: Tensor, labels: Tensor | None) -> None:
    points = shown.kind.points
    if ending == ".npz":
        name = "points" if points else "images"
        with whole_file(out) as file:
            write_npz(file, made(shown, z, labels), len(z), labels, name)
    elif not ending:
        write_folder(out, made(shown, z, labels))
    else:
        with whole_file(out) as file:
            if points and ending == ".png":  # one plane says more than many of one point each
                file.write(png(together(shown, torch.cat(list(made(shown, z, labels))))))
            else:
                file.write(reel(looks(shown.model, z, labels), ending[1:], rest=LASTS))
