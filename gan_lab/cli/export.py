"""``export``: what a run leaves, as a file for other programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say, say_json
from gan_lab.export import EXPORTS, SetExport, Tell
from gan_lab.export import bring as bring_in
from gan_lab.export.base import nothing_told
from gan_lab.export.script import FORMS, write_preset
from gan_lab.presets import preset
from gan_lab.runs import RunDirectory, open_generators, runs_root
from gan_lab.words import size_of

PRESET = "preset:"


def export(run: str, to: str, out: Path, wish: dict[str, Any]) -> None:
    """Write the file.

    Args:
        run: a folder, a name, or ``preset:NAME`` for a script or a notebook.
        wish: fields of a ``Wish`` that were given; only exports of pictures take them.

    Raises:
        UsageError: ``to`` is no known target, or ``out`` is a folder.
        ExportError: this run cannot be written so.
        DirectoryError: there is no such run, or no checkpoint of it that can be read.
        ConfigError: there is no such preset, or no script of such a recipe.
        OSError: the place cannot be written to.
    """
    if to not in EXPORTS:
        raise UsageError(f"--to {to!r} is not allowed; give one of {', '.join(EXPORTS)}")
    if out.is_dir():
        name = f"{to}{EXPORTS[to].ending}"
        raise UsageError(f"--out {str(out)!r} is a folder; give a file, such as {name}")
    if run.startswith(PRESET):
        if to not in FORMS:
            raise UsageError(f"--preset is for {' and '.join(FORMS)}; --to {to} needs a run")
        out.parent.mkdir(parents=True, exist_ok=True)
        say(f"{write_preset(to, preset(run.removeprefix(PRESET)), out)}: {out}")
        return
    chosen, directory = EXPORTS[to], RunDirectory.find(run)
    if isinstance(chosen, SetExport):
        chosen = chosen.of(chosen.wish._replace(**wish))
    elif wish:
        raise UsageError(f"--{next(iter(wish))} is for exports of pictures, not for {to}")
    with _shown_progress() as tell_share:
        told = chosen.write(directory, out, tell_share)
    say(f"{told}: {out}")


def list_exports(run: str | None, *, as_json: bool) -> None:
    """All exports; of a run also why some of them are not to be had. Raises DirectoryError."""
    directory = None if run is None else RunDirectory.find(run)
    found = [
        {
            "name": one.name,
            "title": one.title,
            "about": one.about,
            "ending": one.ending,
            "why_not": "" if directory is None else one.why_not(directory),
        }
        for one in EXPORTS.values()
    ]
    if as_json:
        say_json(found)
        return
    for one in found:
        say(f"{one['name']:<12} {one['ending']:<12} {one['title']}")
        if one["why_not"]:
            say(f"{'':<12} {'':<12} not of this run: {one['why_not']}")


def bring(source: Path) -> None:
    """Bring a run in below the runs root. Raises ExportError, OSError."""
    directory = bring_in(source, runs_root())
    alone = "a generator alone, of " if directory.alone else ""
    say(f"{directory.path}: {alone}{size_of(open_generators(directory).step, 'step')}")


@contextlib.contextmanager
def _shown_progress() -> Iterator[Tell]:
    """A line on the terminal that is written over; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield nothing_told
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share, words: bar.update(task, completed=share, description=words)
