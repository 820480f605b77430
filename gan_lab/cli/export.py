"""``export``: what a run leaves, as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say, size_of, whole_file
from gan_lab.runs import DirectoryError, RunDirectory
from gan_lab.runs.animation import KINDS, animation
from gan_lab.runs.film import Film

TARGETS = tuple(KINDS)
"""What ``--to`` may say."""


def export(run: str, to: str, out: Path) -> None:
    """Write the file.

    Raises:
        UsageError: ``to`` is no known target, or ``out`` is a folder.
        DirectoryError: there is no such run, or it has no film.
        OSError: the place cannot be written to.
    """
    if to not in TARGETS:
        raise UsageError(f"--to {to!r} is not allowed; give one of {', '.join(TARGETS)}")
    if out.is_dir():
        raise UsageError(f"--out {str(out)!r} is a folder; give a file, such as film.{to}")
    directory = RunDirectory.find(run)
    film = Film(directory.path / "film").open()
    if not film.shots:
        raise DirectoryError(f"{directory.path} has no film; runs of this version keep one")
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as file:
        file.write(animation(film, to))
    first, last = film.shots[0].step, film.shots[-1].step
    say(f"{size_of(len(film.shots), 'moment')} of steps {first:,} to {last:,}: {out}")
