"""The film of a run's training, as an animation that any browser plays."""

from __future__ import annotations

from pathlib import Path

from gan_lab.export.base import Export, ExportError, Tell
from gan_lab.runs import RunDirectory
from gan_lab.runs.animation import KINDS, AnimationError, animation
from gan_lab.runs.film import Film
from gan_lab.whole import whole_file
from gan_lab.words import size_of


def film_of(directory: RunDirectory) -> Film:
    """The film in a run's folder, as far as it is whole."""
    return Film(directory.path / "film").open()


def _missing(directory: RunDirectory) -> str:
    if film_of(directory).shots:
        return ""
    return "this run has no film; runs of this version keep one"


def _export(kind: str, media: str) -> Export:
    def make(directory: RunDirectory, out: Path, tell: Tell) -> str:
        film = film_of(directory)
        tell(0.0, "drawing")
        try:
            data = animation(film, kind)
        except AnimationError as error:
            raise ExportError(str(error)) from None
        with whole_file(out) as file:
            file.write(data)
        first, last = film.shots[0].step, film.shots[-1].step
        return f"{size_of(len(film.shots), 'moment')} of steps {first:,} to {last:,}"

    about = "How its pictures came about: one picture for each moment of the training's film."
    return Export(kind, f"Film ({kind.upper()})", about, f".{kind}", media, _missing, make)


ANIMATIONS = tuple(_export(kind, media) for kind, media in KINDS.items())
