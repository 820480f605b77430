"""A run as TensorBoard's event files, in a zip: unpack it, then ``tensorboard --logdir FOLDER``."""

from __future__ import annotations

import math
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from gan_lab.export.base import Export, Tell, has_generator, run_name, wants
from gan_lab.export.card import card, entries, plain
from gan_lab.export.history import records, rows
from gan_lab.images import Unreadable
from gan_lab.images.workers import frame
from gan_lab.leftovers import temporary_folder
from gan_lab.runs import RunDirectory, open_generators
from gan_lab.runs.journal import Journal
from gan_lab.whole import whole_file
from gan_lab.words import size_of

PREFIX = "ganlab-events-"
"""Of the temporary folders of this export."""
POINTS = 10_000  # of a curve; of longer ones every k-th step is taken
SAMPLES = 100  # pictures, evenly


def _missing(directory: RunDirectory) -> str:
    if why := wants("tensorboard"):
        return why
    return "" if directory.columns() else "nothing was read of this run yet"


def _make(directory: RunDirectory, out: Path, tell: Tell) -> str:
    with temporary_folder(PREFIX) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a package that is not ours
            from torch.utils.tensorboard import SummaryWriter

            writer = SummaryWriter(folder)
            try:
                points = _scalars(writer, directory, tell)
                pictures = _pictures(writer, directory)
                _texts(writer, directory)
            finally:
                writer.close()
        tell(0.95, "packing")
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", run_name(directory)).strip(".-") or "run"
        with whole_file(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, f"{name}/{path.name}")
    told = size_of(points, "scalar")
    return f"{told} and {size_of(pictures, 'picture')} as TensorBoard's events"


def _scalars(writer: Any, directory: RunDirectory, tell: Tell) -> int:
    columns, whole, count = directory.columns(), records(directory), 0
    every = max(1, math.ceil(whole / POINTS))
    for first, part in rows(directory):
        tell(min(0.8, 0.8 * first / max(1, whole)), f"step {first:,}")
        for step, row in enumerate(part, first):
            if step % every and step != whole:
                continue
            for column, value in zip(columns, row, strict=True):
                if not math.isnan(value):
                    writer.add_scalar(column, float(value), step)
                    count += 1
    for one in Journal(directory.path).measured():
        for name, value in one.values.items():
            writer.add_scalar(f"measures/{name}/{one.weights}", value.number, one.step)
            count += 1
    return count


def _pictures(writer: Any, directory: RunDirectory) -> int:
    files = sorted((directory.path / "samples").glob("*.png"))
    every = max(1, math.ceil(len(files) / SAMPLES))
    for path in files[::every]:
        step, _, tail = path.stem.partition("-")
        try:
            pixels = frame(path.read_bytes())
        except Unreadable:
            continue
        if pixels.ndim == 2:
            pixels = np.repeat(pixels[..., None], 3, 2)
        writer.add_image(f"samples/{tail or 'grid'}", pixels, int(step), dataformats="HWC")
    return len(files[::every])


def _texts(writer: Any, directory: RunDirectory) -> None:
    for entry in entries(directory):
        told = f"{plain(entry['path'])}: {plain(entry['old'])} → {plain(entry['new'])}"
        note = f" ({plain(entry['note'])})" if entry.get("note") else ""
        writer.add_text("ledger", f"{told}{note}", int(entry["step"]))
    if not has_generator(directory):
        shown = open_generators(directory)
        writer.add_text("card", card(directory, shown), shown.step)


TENSORBOARD = Export(
    "tensorboard",
    "TensorBoard logs",
    "Curves, measures, samples and what was done as TensorBoard's own files, in a zip.",
    ".zip",
    "application/zip",
    _missing,
    _make,
)
