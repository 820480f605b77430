"""What every export is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gan_lab.runs import DirectoryError, RunDirectory

Tell = Callable[[float, str], None]
"""Progress: a share from 0 to 1, and a few words. It may raise, which ends the work and leaves
nothing behind."""


class ExportError(ValueError):
    """What cannot be written (or brought back), and why: one line."""


def nothing_told(share: float, words: str) -> None:
    """For whoever wants to know nothing of the progress."""


@dataclass(frozen=True)
class Export:
    """One kind of file that a run leaves for other programs.

    Attributes:
        name: what ``--to`` says; a key of ``EXPORTS``.
        title: a few words for a button.
        about: a sentence or two for people.
        ending: of the file, such as ``.gif``.
        media: its media type.
        missing: (run) -> why it cannot be written, one line; "" if it can. A quick look.
        make: (run, file, tell) -> a sentence on what was written.
        reads: (run) -> whether the pictures that it was trained on are read for it.
    """

    name: str
    title: str
    about: str
    ending: str
    media: str
    missing: Callable[[RunDirectory], str]
    make: Callable[[RunDirectory, Path, Tell], str]
    reads: Callable[[RunDirectory], bool] = lambda _: False

    def why_not(self, directory: RunDirectory) -> str:
        """Why this run cannot be written so, in one line; "" if it can."""
        try:
            return self.missing(directory)
        except DirectoryError as error:
            return str(error)

    def write(self, directory: RunDirectory, out: Path, tell: Tell = nothing_told) -> str:
        """Write the file ``out`` whole, or leave nothing; returns a sentence on what it holds.

        The run may be training meanwhile; it is only read.

        Raises:
            ExportError: this run cannot be written so.
            DirectoryError: the run cannot be read.
            OSError: the place cannot be written to.
        """
        if why := self.why_not(directory):
            raise ExportError(why)
        out.parent.mkdir(parents=True, exist_ok=True)
        return self.make(directory, out, tell)


def has_checkpoint(directory: RunDirectory) -> str:
    """What is missing for an export of everything that a run keeps."""
    if directory.alone:
        return "only the generator of this run is here, without what it was trained with"
    return has_generator(directory)


def has_generator(directory: RunDirectory) -> str:
    """What is missing for an export of the averaged G, or of what it makes."""
    directory.read_config()
    there = directory.alone or directory.checkpoint_files()
    return "" if there else "this run has no checkpoint yet"


def wants(packages: str) -> str:
    """Why an export cannot be made that needs optional packages (names between spaces); ""
    if all are there."""
    absent = [name for name in packages.split() if find_spec(name) is None]
    if not absent:
        return ""
    return f"this needs {' and '.join(absent)}: pip install {' '.join(packages.split())}"


def run_name(directory: RunDirectory) -> str:
    """Of its folder."""
    return directory.path.resolve().name
