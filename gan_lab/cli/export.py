"""``export``: what a run leaves, as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say, size_of, whole_file
from gan_lab.export.script import FORMS, write_preset, write_run
from gan_lab.presets import preset
from gan_lab.runs import DirectoryError, RunDirectory, open_generators
from gan_lab.runs.animation import KINDS, animation
from gan_lab.runs.film import Film
from gan_lab.runs.pretrained import write

GENERATOR = "generator"
PRESET = "preset:"
TARGETS = (*KINDS, GENERATOR, *FORMS)
"""What ``--to`` may say."""


def export(run: str, to: str, out: Path) -> None:
    """Write the file.

    Raises:
        UsageError: ``to`` is no known target, or ``out`` is a folder.
        DirectoryError: there is no such run, or it has no film, or no checkpoint.
        ConfigError: there is no such preset, or no script of such a recipe.
        PretrainedError: its generator begins from a picture.
        OSError: the place cannot be written to.
    """
    if to not in TARGETS:
        raise UsageError(f"--to {to!r} is not allowed; give one of {', '.join(TARGETS)}")
    if out.is_dir():
        raise UsageError(f"--out {str(out)!r} is a folder; give a file, such as film.{to}")
    if to in FORMS and run.startswith(PRESET):
        out.parent.mkdir(parents=True, exist_ok=True)
        say(f"{write_preset(to, preset(run.removeprefix(PRESET)), out)}: {out}")
        return
    directory = RunDirectory.find(run)
    out.parent.mkdir(parents=True, exist_ok=True)
    if to == GENERATOR:
        say(f"{_generator(directory, out)}: {out}")
    elif to in FORMS:
        say(f"{write_run(to, directory, out, lambda *_: None)}: {out}")
    else:
        say(f"{_film(directory, to, out)}: {out}")


def _film(directory: RunDirectory, to: str, out: Path) -> str:
    """Write its film, and say how much of it there is."""
    film = Film(directory.path / "film").open()
    if not film.shots:
        raise DirectoryError(f"{directory.path} has no film; runs of this version keep one")
    with whole_file(out) as file:
        file.write(animation(film, to))
    first, last = film.shots[0].step, film.shots[-1].step
    return f"{size_of(len(film.shots), 'moment')} of steps {first:,} to {last:,}"


def _generator(directory: RunDirectory, out: Path) -> str:
    """Write its averaged G alone, and say of which step it is."""
    shown = open_generators(directory)
    with whole_file(out) as file:
        write(shown, file)
    return f"G of step {shown.step:,}"
