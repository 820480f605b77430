"""Whether a folder that came from outside is a run, file by file."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_lab.archives import LINE, JsonLimits
from gan_lab.archives.json_text import lines, parse, read
from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Kind
from gan_lab.export.base import ExportError
from gan_lab.export.guarded import read_parts
from gan_lab.games import rehearse
from gan_lab.images import open_image
from gan_lab.runs import DirectoryError, RunDirectory, wire
from gan_lab.runs.film import MOST, Film, Shot, messages
from gan_lab.runs.fitting import fit, planned
from gan_lab.runs.messages import Drawing, Picture, State
from gan_lab.training import checkpoints
from gan_lab.training.checkpoints import CheckpointError
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import config_of, kind_of
from gan_lab.words import without_paths

_LINES_BYTES = {"ledger": 4 << 20, "measures": 256 << 20, "findings": 16 << 20}
_LINES = {"ledger": 100_000, "measures": 1_000_000, "findings": 100_000}
_MEASURES_KEPT = 16 << 20  # bytes; a run of days has more, of which the server would show a part
_SMALL = JsonLimits(size=1 << 16, values=2_000, depth=8)  # of a file that tells a few words
_PIXELS = 64 << 20  # of a sample
_SIDE = 512  # px of a picture that is trained on
_CLASSES = 4096
_NAME = 255  # characters of a class
_ROWS = 256  # of numbers that G is always asked about, as many as the grid has at most
_POINTS = 4096  # of the plane, and of those rows where one makes a point
_PICTURES = 1024  # of those that are always shown
_CHANNELS = 8
_SHOT = 64 << 20  # bytes of one moment of the film
_MESSAGES = 64  # in it
_STEPS = 1 << 40
_STEPS_ALONE = 2_000_000  # of a checkpoint that comes without its curves, which are laid out anew


def check_run(directory: RunDirectory) -> None:
    """Whether a folder from outside is a run, file by file.

    Each checkpoint is written anew, so that nobody reads again what a stranger put together, and
    the curves are cut to the steps that the run has.

    Raises ExportError, in a sentence that names the file; OSError where the disk is full.
    """
    path = directory.path
    newest = _check_states(directory)
    with _named("config.json"):
        if config_of(newest) != directory.read_config():
            # knobs turned after the last checkpoint are of the past that is lost
            directory.write_config(config_of(newest))
    for name in ("best", "summary", "parent", "preset", "labels"):
        _check_json(path / f"{name}.json")
    _check_history(directory, int(newest["steps"]))
    for name in ("measures", "findings"):
        for line in _objects(path / f"{name}.jsonl"):
            if not _is_step(line.get("step")):
                raise ExportError(f"{name}.jsonl has a line that tells no step")
    _thin_measures(path / "measures.jsonl")
    for line in _objects(path / "ledger.jsonl"):
        _check_entry(line)
    for sample in sorted((path / "samples").glob("*")):
        _check_sample(sample)
    _check_film(path / "film")


def checked_state(path: Path, called: str = "") -> dict[str, Any]:
    """A checkpoint of ours whose weights fit its own configuration; others are refused.

    No network is built: shapes are compared, so nothing is allocated but what the file holds.

    Args:
        called: the name that a refusal gives the file; its own by default.

    Raises ExportError.
    """
    called = called or path.name
    try:
        state = checkpoints.load_foreign(path, read_parts)
        check_state(state)
    except CheckpointError as error:
        why = str(error).replace(str(path), called)
        raise ExportError(f"this is no checkpoint of ours: {why}") from None
    except ConfigError as error:
        raise ExportError(f"{called} has a configuration that cannot be: {error}") from None
    except ExportError:
        raise
    except Exception as error:  # whatever a stranger put into the places of ours
        raise ExportError(f"{called} is no checkpoint of ours ({in_words(error)})") from None
    return state


def check_state(state: dict[str, Any]) -> None:
    """Raises ExportError, ConfigError, or whatever comes of parts that are not there."""
    config, kind = config_of(state), kind_of(state)
    check_kind(kind)
    if not all(_is_step(state[name]) for name in ("steps", "drawn", "seen")):
        raise ValueError("its step is none")
    pictures = state["pictures"]
    if not _is_step(pictures["count"]) or len(str(pictures["digest"])) > _NAME:
        raise ValueError("its pictures are none")
    rehearse(config, kind)
    _check_weights(state["players"], config, kind)
    for part in (state["controls"], state["game"]):
        _check_shapes(part, kind)
    ledger = state["ledger"]
    if len(ledger) > _LINES["ledger"] or sum(map(len, ledger)) > _LINES_BYTES["ledger"]:
        raise ValueError("its ledger is too long")
    for line in ledger:
        _check_entry(parse(line, LINE))


def _is_step(number: object) -> bool:
    return isinstance(number, int) and 0 <= number < _STEPS


def _check_shapes(part: Any, kind: Kind) -> None:
    """What is made of these tensors grows with them: no more than a run ever has. Raises
    ExportError."""
    if isinstance(part, Mapping):
        part = list(part.values())
    if isinstance(part, list | tuple):
        for one in part:
            _check_shapes(one, kind)
    if isinstance(part, Tensor):
        *rows, channels, height, width = (1, 1, 1, *part.shape)
        if part.ndim > 2:
            good = channels <= _CHANNELS and max(height, width) <= kind.size
            good = good and math.prod(rows) <= _PICTURES
        else:
            good = part.ndim < 2 or len(part) <= (_POINTS if kind.points else _ROWS)
        if not good:
            raise ExportError("its pictures are of a kind that cannot be")


def _check_states(directory: RunDirectory) -> dict[str, Any]:
    """All of them; returns the newest checkpoint."""
    newest: dict[str, Any] | None = None
    for path in [*sorted((directory.path / "best").glob("*")), *directory.checkpoint_files()]:
        newest = checked_state(path)
        if int(path.stem) != int(newest["steps"]):
            raise ExportError(f"{path.name} is of another step than its name says")
        checkpoints.save(newest, path, sync=False)  # the file that was sent is still there
    if newest is None or not directory.checkpoint_files():
        raise ExportError("this run has no checkpoint")
    return newest


def check_kind(kind: Kind) -> None:
    """Raises ExportError for pictures that cannot be."""
    if kind.channels not in {1, 2, 3} or not 1 <= kind.size <= _SIDE:
        raise ExportError("its pictures are of a kind that cannot be")
    named = all(isinstance(name, str) and len(name) <= _NAME for name in kind.classes)
    if len(kind.classes) > _CLASSES or not named:
        raise ExportError("its classes are none")


def _check_weights(players: Mapping[str, Any], config: RunConfig, kind: Kind) -> None:
    generators, discriminators = planned(config, kind)
    for name, network in (generators | discriminators).items():
        for which in ("network", "shown") if name in generators else ("network",):
            if not fit(network, players[name][which]):
                raise ExportError(f"the weights of {name} do not fit the configuration beside them")


def _check_history(directory: RunDirectory, steps: int) -> None:
    """As many readings as rounds, and of their names. A checkpoint that came alone has none."""
    readings = directory.path / "history" / "readings.f32"
    if not readings.exists():
        if steps > _STEPS_ALONE:
            raise ExportError(f"its curves are missing, all {steps:,} steps of them")
        return
    with _named("history/readings.f32"):
        columns = directory.columns()
        there = directory.records(columns)
        if there < steps:
            raise ValueError(f"it has {there:,} readings, and the run {steps:,} steps")
        directory.cut_history(columns, min(there, max(steps, _failed_at(directory))))


def _failed_at(directory: RunDirectory) -> int:
    """The step at which a run broke, whose curves go on to there; 0 for another run."""
    path = directory.path / "summary.json"
    told = read(path, _SMALL) if path.exists() else {}
    step = told.get("steps") if told.get("state") == State.FAILED else 0
    return step if isinstance(step, int) and _is_step(step) else 0


def _check_json(path: Path) -> None:
    if not path.exists():
        return
    with _named(path.name):
        if not isinstance(read(path, _SMALL), dict):
            raise ValueError("it is not what a run has there")


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """Each line of a file of lines, of which no other is held."""
    if not path.exists():
        return
    with _named(path.name):
        if path.stat().st_size > _LINES_BYTES[path.stem]:
            raise ValueError("it is too large")
        for count, line in enumerate(lines(path, strict=True), 1):
            if count > _LINES[path.stem]:
                raise ValueError("it has too many lines")
            yield line


def _thin_measures(path: Path) -> None:
    """Of a long file every k-th step stays, so that the server has little to read. Raises
    OSError."""
    if not path.exists() or (size := path.stat().st_size) <= _MEASURES_KEPT:
        return
    every, temporary = -(-size // _MEASURES_KEPT), path.with_suffix(".thinned")
    with temporary.open("w", encoding="utf-8") as file:
        by_step = groupby(lines(path), lambda line: line["step"])
        for _, at_step in islice(by_step, 0, None, every):
            file.writelines(json.dumps(line) + "\n" for line in at_step)
    temporary.replace(path)


def _check_entry(line: Any) -> None:
    with _named("ledger.jsonl"):
        entry = Entry(**line)
        texts = (entry.path, entry.outcome, entry.note)
        if not _is_step(entry.step) or not all(isinstance(text, str) for text in texts):
            raise ValueError("an entry of it is none")
        if entry.outcome == "applied":  # it becomes a mark of the curves, where NaN is none
            json.dumps((entry.old, entry.new), allow_nan=False)


def _check_sample(path: Path) -> None:
    with _named(f"samples/{path.name}"):
        _check_picture(path, "PNG")


def _check_picture(source: bytes | Path, *formats: str) -> None:
    """By its header. Raises ValueError, OSError."""
    with open_image(source, formats=formats, most_pixels=_PIXELS):
        pass


def _check_film(folder: Path) -> None:
    """Every moment is whole, and what it shows can be shown."""
    files = list(folder.glob("*"))
    if len(files) > 2 * MOST:
        raise ExportError(f"its film has {len(files):,} moments, more than any run keeps")
    film = Film(folder).open()
    if len(film.shots) != len(files):
        raise ExportError("a moment of the film is damaged")
    for shot in film.shots:
        with _named("a moment of the film"):
            _check_shot(film, shot)


def _check_shot(film: Film, shot: Shot) -> None:
    """Raises ValueError, OSError."""
    if shot.size > _SHOT:
        raise ValueError("it is too large")
    for count, message in enumerate(messages(film.data(shot))):
        header, payload = wire.decode(message)
        if count > _MESSAGES:
            raise ValueError("it shows too much")
        if header["kind"] not in wire.VIEWS:
            continue
        with contextlib.suppress(KeyError, TypeError):  # of another version, and not shown here
            view = wire.view(header, payload)
            _check_drawing(view) if isinstance(view, Drawing) else _check_view(view)


def _check_view(picture: Picture) -> None:
    numbers = (picture.columns, picture.tile, picture.count)
    if not all(isinstance(n, int) and 0 <= n <= _PIXELS for n in numbers):
        raise ValueError("its tiles are none")
    _check_picture(picture.data, "PNG", "JPEG")


def _check_drawing(drawing: Drawing) -> None:
    shapes = [shape for _, shape in drawing.parts]
    if not all(isinstance(n, int) and n >= 0 for shape in shapes for n in shape):
        raise ValueError("its points are none")
    if 4 * sum(math.prod(shape) for shape in shapes) != len(drawing.data):
        raise ValueError("its points are not those that it tells of")


@contextlib.contextmanager
def _named(name: str) -> Any:
    """Whatever is wrong inside is wrong with this file."""
    try:
        yield
    except ExportError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError, DirectoryError,
            ZeroDivisionError) as error:  # fmt: skip
        raise ExportError(f"{name} is damaged or no run's ({in_words(error)})") from None


def in_words(error: Exception) -> str:
    """In words, without places of this machine and names of Python's."""
    if isinstance(error, KeyError):
        return f"it lacks {str(error)[:60]}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, OSError):
        return (error.strerror or "it cannot be read").lower()
    if not isinstance(error, ValueError):
        return "a part of it is not what it should be"
    return without_paths(str(error).partition("\n")[0])[:120] or "it is not what it should be"
