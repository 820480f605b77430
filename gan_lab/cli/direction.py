"""``sample --direction``: pictures along a direction, as a film, a strip or an array."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say
from gan_lab.cli.sample import ending_of, open_from_noise, write_folder
from gan_lab.export.sets import drawn_labels, made, write_npz
from gan_lab.latent import Direction, Model, factorised, principal
from gan_lab.runs import RunDirectory
from gan_lab.runs.kept_directions import kept_directions
from gan_lab.runs.pretrained import PREFIX
from gan_lab.runs.reels import LASTS, REELS, looks, reel
from gan_lab.whole import whole_file
from gan_lab.words import size_of

ENDINGS = (*(f".{kind}" for kind in REELS), ".npz")
FRAMES = 25
_FOUND_NOW = re.compile(r"(pca|sefa)[ _-]?([1-9]\d{0,2})")


def along(
    run: str, name: str, n: int, seed: int, truncation: float | None, label: str | None, out: Path
) -> None:
    """Write ``n`` pictures from one end of a direction to the other, of a z drawn with ``seed``; a
    film goes there and back.

    Args:
        name: of a direction that is kept with the run, or such as ``PCA 1``, which is found now.

    Raises:
        UsageError: there is no such direction, or the options ask for what cannot be.
        DirectionError: what is kept with the run cannot be read.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
        OSError: the place cannot be written to.
    """
    ending = ending_of(out, ENDINGS)
    shown = open_from_noise(run, "--direction", ending, out)
    model = shown.model
    way = _direction(run, name, model)
    z = way.moved(model.draw(1, seed, truncation), torch.linspace(-way.reach, way.reach, n))
    labels = drawn_labels(shown.config, shown.kind.classes, 1, seed, label)
    labels = None if labels is None else labels.expand(n)
    out.parent.mkdir(parents=True, exist_ok=True)
    if ending == ".npz":
        kind = "points" if shown.kind.points else "images"
        with whole_file(out) as file:
            write_npz(file, made(shown, z, labels), n, labels, kind)
    elif not ending:
        write_folder(out, made(shown, z, labels))
    else:
        frames = looks(model, z, labels)
        film = frames if ending == ".png" else [*frames, *frames[-2:0:-1]]
        with whole_file(out) as file:
            file.write(reel(film, ending[1:], rest=LASTS))
    drift = f", found at step {way.step:,}" if way.step != shown.step else ""
    ends = f"-{way.reach:g} to {way.reach:g} σ"
    say(f"{size_of(n, 'picture')} of step {shown.step:,}, {way.name}{drift}, {ends}: {out}")


def _direction(run: str, name: str, model: Model) -> Direction:
    """Raises UsageError, DirectionError."""
    pretrained = run.startswith(PREFIX)
    kept = [] if pretrained else kept_directions(RunDirectory.find(run), model.latent)
    for one in kept:
        if one.name.lower() == name.strip().lower():
            return one
    asked = _FOUND_NOW.fullmatch(name.strip().lower())
    if asked and int(asked[2]) <= model.dim:
        find = principal if asked[1] == "pca" else factorised
        found = find(model, int(asked[2]))
        if len(found) == int(asked[2]):
            return found[-1]
    listed = "".join(f"{one.name}, " for one in kept)
    raise UsageError(
        f"--direction {name!r} is unknown; there are {listed}PCA 1 to {model.dim} and SeFa 1 to"
        f" {model.dim}"
    )
