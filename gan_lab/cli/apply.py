"""``apply``: pictures through a run whose generator begins from a picture."""

from __future__ import annotations

from pathlib import Path

import torch

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say, tell
from gan_lab.config import ConfigError
from gan_lab.data import DataError, read_picture
from gan_lab.games import apply as through
from gan_lab.games import game_of
from gan_lab.images import MAX_FILE_BYTES
from gan_lab.runs import RunDirectory, open_generators
from gan_lab.runs.pictures import mosaic, png
from gan_lab.words import size_of


def apply(run: str, source: Path, out: Path) -> None:
    """Write what the run makes of each picture of ``source`` into the folder ``out``, as PNG.

    Raises:
        UsageError: there is nothing to read, or ``out`` is not empty.
        ConfigError: the run begins from noise, or no picture fits.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
    """
    shown = open_generators(RunDirectory.find(run))
    if game_of(shown.config).from_noise:
        through(shown.config, shown.networks, torch.empty(0))  # says why not
    files = sorted(p for p in source.iterdir() if p.is_file()) if source.is_dir() else [source]
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {str(out)!r} is not empty; give a new or an empty folder")
    done = 0
    for path in files:
        try:
            image = read_picture(_content(path), shown.kind.channels)
            made = through(shown.config, shown.networks, image.unsqueeze(0))
        except (DataError, ConfigError) as error:
            tell(f"{path.name} is left out: {error}")
            continue
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{path.stem}.png").write_bytes(png(mosaic(made)))
        done += 1
    if not done:
        raise UsageError(f"--input {str(source)!r} holds no picture that the run can take")
    say(f"{size_of(done, 'picture')} of step {shown.step:,}: {out}")


def _content(path: Path) -> bytes:
    """Raises DataError for what no picture is, before it is read; OSError."""
    if path.exists() and not path.is_file():
        raise DataError("it is no ordinary file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DataError(f"it is larger than {MAX_FILE_BYTES >> 20} MiB")
    return path.read_bytes()
