"""What a run's folder tells at a glance: no weights are read, and nothing is written."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from gan_lab.archives.json_text import read
from gan_lab.config import ConfigError, RunConfig, difference
from gan_lab.images import workers
from gan_lab.images.workers import fitted
from gan_lab.presets import presets
from gan_lab.runs.directory import DirectoryError, RunDirectory
from gan_lab.runs.film import Film, FilmError, Shot
from gan_lab.runs.forking import parent_of
from gan_lab.runs.journal import Journal
from gan_lab.runs.messages import Drawing, Picture, State
from gan_lab.runs.origin import DATED
from gan_lab.runs.pictures import png, scatter
from gan_lab.runs.states import kept_states

LEFT = "left behind"
"""State of a run that does not tell how it ended: its process was killed."""

ALONE = "generator alone"
THUMBNAIL = 128  # px
_TILES = 4  # of a side of it, at most
_END_OF_ZIP = b"PK\x05\x06"
_TAIL = 1 << 10  # bytes in which a checkpoint says that it is whole


class Glance(NamedTuple):
    """What is known of a run without reading weights.

    Attributes:
        config: None if it cannot be read.
        steps: rounds that are kept.
        images: real pictures seen.
        seconds: of training.
        state: :data:`LEFT` unless its summary says how it ended; "damaged" if nothing can go on;
            "generator alone" where nothing else was brought in.
        why: what went wrong, or "".
        shot: of the film, the newest of those steps.
    """

    config: RunConfig | None
    steps: int
    images: int
    seconds: float
    state: str
    why: str
    shot: Shot | None

    @property
    def over(self) -> bool:
        """Whether it has ended, and says how."""
        return self.state not in (LEFT, "damaged", ALONE)


def glance(run: Path) -> Glance:
    """Raises OSError if the folder itself cannot be read."""
    directory, why = RunDirectory(run), ""
    try:
        config: RunConfig | None = directory.read_config()
    except (DirectoryError, ConfigError) as error:
        config, why = None, str(error).replace(f"{run}/", "")
    if directory.alone and config is not None:
        return Glance(config, newest_sample(run), 0, 0.0, ALONE, why, None)
    steps = newest_whole(directory)
    told = _summary(run)
    over = _over(told, steps)
    at = max(steps or 0, int(told["steps"]) if over else 0)
    shot = Film(run / "film").newest(at)
    images, seconds = _progress(run, config, at, shot)
    if over:
        images, seconds = int(told["images"]), float(told["seconds"])
        why = why or str(told.get("note", ""))
    state = str(told["state"]) if over else LEFT
    if steps is None:
        state, why = "damaged", why or "none of its checkpoints is whole"
    elif config is None:
        state = "damaged"
    return Glance(config, at, images, seconds, state, why, shot)


def newest_sample(run: Path) -> int:
    """Step of the newest picture; 0 where there is none."""
    names = (path.stem for path in (run / "samples").glob("*.png"))
    return max((int(name) for name in names if name.isdecimal()), default=0)


def _progress(
    run: Path, config: RunConfig | None, steps: int, shot: Shot | None
) -> tuple[int, float]:
    """Pictures seen and seconds of training of a run that does not tell how it ended: as its newest
    shot tells them."""
    if shot is None or not shot.step:
        return (config.training.batch * steps if config else 0), 0.0
    share = steps / shot.step
    try:
        return round(Film(run / "film").counts(shot).images * share), shot.seconds * share
    except FilmError:
        return 0, shot.seconds * share


def newest_whole(directory: RunDirectory) -> int | None:
    """Step of the state that the run would go on from, by which file ends as it should; None if
    there is none (see ``RunDirectory.read_checkpoint``)."""
    files = directory.checkpoint_files()
    newest = int(files[-1].stem) if files else -1
    for step, path in reversed(kept_states(directory).items()):
        if step > newest:
            continue
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL))
                if _END_OF_ZIP in file.read():
                    return int(path.stem)
        except OSError:
            continue
    return None


def _summary(run: Path) -> dict[str, Any]:
    """How a run ended; empty if it does not say so in words that are known."""
    try:
        told = read(run / "summary.json")
        known = State(told["state"]).over
        numbers = int(told["steps"]), int(told["images"]), float(told["seconds"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return {}
    steps, images, seconds = numbers
    known = known and min(numbers) >= 0
    return {**told, "steps": steps, "images": images, "seconds": seconds} if known else {}


def _over(told: dict[str, Any], steps: int | None) -> bool:
    """Whether a summary is of the end: what went on since then has a later checkpoint."""
    if not told or steps is None:
        return False
    if told["state"] == State.FAILED:
        return told["steps"] >= steps
    return told["steps"] == steps


def differs_from(preset: str, config: RunConfig | None) -> list[tuple[str, Any]]:
    """Paths and values in which a run is not as its preset (or the schema) has it."""
    if config is None:
        return []
    base = presets()[preset].config if preset in presets() else RunConfig()
    return list(difference(config, base).items())


def created(run: Path) -> float:
    """When it began, seconds since 1970."""
    if found := DATED.fullmatch(run.name):
        try:
            return datetime.strptime(found[1], "%Y%m%d-%H%M%S").timestamp()
        except (ValueError, OverflowError, OSError):
            pass
    first = run / "checkpoints" / f"{0:09d}.pt"
    try:
        return (first if first.exists() else run).stat().st_mtime
    except OSError:
        return 0.0


def measures_of(run: Path, steps: int) -> tuple[int, dict[str, float]]:
    """What was measured of the averaged G last, up to what is kept, and at which step."""
    every = Journal(run).measured()
    averaged = [m for m in every if m.weights == "averaged" and m.step <= steps]
    if not averaged:
        return 0, {}
    return averaged[-1].step, {name: v.number for name, v in averaged[-1].values.items()}


def parent_name(run: Path) -> str:
    parent = parent_of(RunDirectory(run))
    return parent.run if parent else ""


def thumbnail(run: Path, shot: Shot | None) -> bytes:
    """A small PNG of what G made last; b"" if nothing can be shown."""
    try:
        if shot is not None:
            return small(Film(run / "film").views(shot))
        newest = max((run / "samples").glob("*.png"), default=None)
        if newest is not None:
            return png(workers.thumbnail(newest.read_bytes(), THUMBNAIL))
    except (OSError, ValueError, KeyError, TypeError, FilmError):
        pass
    return b""


def small(views: Mapping[str, Picture | Drawing]) -> bytes:
    """A small PNG of the first of what a run shows; b"" if that is nothing. Raises ValueError."""
    for view in views.values():
        return png(_plane(view) if isinstance(view, Drawing) else _corner(view))
    return b""


def _corner(picture: Picture) -> np.ndarray:
    """The first tiles of a mosaic."""
    side = picture.tile * min(_TILES, picture.columns)
    return workers.thumbnail(picture.data, THUMBNAIL, side)


def _plane(drawing: Drawing) -> np.ndarray:
    parts, place = {}, 0
    for name, shape in drawing.parts:
        size = 4 * int(np.prod(shape))
        numbers = np.frombuffer(drawing.data[place : place + size], "<f4").reshape(shape)
        parts[name], place = torch.from_numpy(numbers.copy()), place + size
    points = scatter(parts["fake"], parts["real"], drawing.reach)
    return np.asarray(fitted(Image.fromarray(points), THUMBNAIL))


def is_run(path: Path) -> bool:
    """Whether a folder is one of a run, be it a damaged one."""
    return (path / "config.json").is_file() or (
        (path / "checkpoints").is_dir() and (path / "history").is_dir()
    )


def signature(run: Path) -> tuple[Any, ...]:
    """Changes whenever anything in the folder does. Raises OSError."""
    marks = []
    with os.scandir(run) as found:
        for one in found:
            told = one.stat(follow_symlinks=False)
            marks.append((one.name, told.st_mtime_ns, told.st_size))
    with contextlib.suppress(OSError):  # the only file below that grows without a new name
        marks.append(("readings", (run / "history" / "readings.f32").stat().st_mtime_ns, 0))
    return tuple(sorted(marks))


def size_of(run: Path) -> int:
    """Bytes that a folder takes; what has two names counts once."""
    return sum(files_of(run).values())


def files_of(run: Path) -> dict[tuple[int, int], int]:
    """Bytes of all files below a folder, by device and number."""
    every: dict[tuple[int, int], int] = {}
    for folder, _, names in os.walk(run):
        for name in names:
            try:
                told = os.lstat(os.path.join(folder, name))  # noqa: PTH118
            except OSError:
                continue  # dropped meanwhile
            if stat.S_ISREG(told.st_mode):
                every[told.st_dev, told.st_ino] = told.st_size
    return every
