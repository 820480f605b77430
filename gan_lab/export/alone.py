"""The averaged G of a run alone, as ``assets/pretrained`` keeps generators."""

from __future__ import annotations

from pathlib import Path

from gan_lab.export.base import Export, Tell, has_generator
from gan_lab.games import game_of
from gan_lab.runs import RunDirectory, open_generators
from gan_lab.runs.pretrained import write
from gan_lab.whole import whole_file


def _missing(directory: RunDirectory) -> str:
    if not game_of(directory.read_config()).from_noise:
        return "this generator begins from a picture and has no latent space"
    return has_generator(directory)


def _make(directory: RunDirectory, out: Path, tell: Tell) -> str:
    shown = open_generators(directory)
    tell(0.5, "writing")
    with whole_file(out) as file:
        write(shown, file)
    return f"G of step {shown.step:,}"


GENERATOR = Export(
    "generator",
    "Generator alone",
    "The averaged G with its configuration, as this app keeps one. It can be brought in again, to"
    " be explored.",
    ".pt",
    "application/octet-stream",
    _missing,
    _make,
)
