"""Whether a folder that came from outside is a run, file by file."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Kind
from gan_lab.export.base import ExportError
from gan_lab.export.guarded import check_packing, check_tensors
from gan_lab.games import rehearse
from gan_lab.runs import DirectoryError, RunDirectory
from gan_lab.runs.film import Film
from gan_lab.runs.fitting import fit, planned
from gan_lab.training import checkpoints
from gan_lab.training.checkpoints import CheckpointError
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import config_of, kind_of
from gan_lab.words import without_paths

_TEXT_BYTES = 64 << 20  # of a file of lines
_JSON_BYTES = 1 << 20
_PIXELS = 64 << 20  # of a sample
_SIDE = 4096  # px that a picture has at most
_STEPS = 1 << 40
_STEPS_ALONE = 2_000_000  # of a checkpoint that comes without its curves, which are laid out anew


def check_run(directory: RunDirectory) -> None:
    """Raises ExportError, in a sentence that names the file."""
    path = directory.path
    newest = _check_states(directory)
    with _named("config.json"):
        if config_of(newest) != directory.read_config():
            # knobs turned after the last checkpoint are of the past that is lost
            directory.write_config(config_of(newest))
    _check_history(directory, int(newest["steps"]))
    for name in ("best", "summary", "parent", "preset", "labels"):
        _check_json(path / f"{name}.json")
    for name in ("measures", "findings"):
        for line in _lines(path / f"{name}.jsonl"):
            if not isinstance(line.get("step"), int):
                raise ExportError(f"{name}.jsonl has a line that tells no step")
    for line in _lines(path / "ledger.jsonl"):
        _check_entry(line)
    for sample in sorted((path / "samples").glob("*")):
        _check_picture(sample)
    shots = list((path / "film").glob("*"))
    if len(Film(path / "film").open().shots) != len(shots):
        raise ExportError("a moment of the film is damaged")


def checked_state(path: Path) -> dict[str, Any]:
    """A checkpoint of ours whose weights fit its own configuration; others are refused.

    No network is built: shapes are compared, so nothing is allocated but what the file holds.

    Raises ExportError.
    """
    check_packing(path)
    try:
        state = checkpoints.load(path)
        check_tensors(state, path.stat().st_size)
        config, kind = config_of(state), kind_of(state)
        check_kind(kind)
        if not 0 <= int(state["steps"]) < _STEPS:
            raise ValueError("its step is none")
        rehearse(config, kind)
        _check_weights(state["players"], config, kind)
        for line in state["ledger"]:
            _check_entry(json.loads(line))
    except CheckpointError as error:
        why = str(error).replace(str(path), path.name)
        raise ExportError(f"this is no checkpoint of ours: {why}") from None
    except ConfigError as error:
        raise ExportError(f"{path.name} has a configuration that cannot be: {error}") from None
    except ExportError:
        raise
    except Exception as error:  # whatever a stranger put into the places of ours
        raise ExportError(f"{path.name} is no checkpoint of ours ({in_words(error)})") from None
    return state


def _check_states(directory: RunDirectory) -> dict[str, Any]:
    """All of them; returns the newest checkpoint."""
    newest: dict[str, Any] | None = None
    for path in [*sorted((directory.path / "best").glob("*")), *directory.checkpoint_files()]:
        state = checked_state(path)
        if int(path.stem) != int(state["steps"]):
            raise ExportError(f"{path.name} is of another step than its name says")
        newest = state
    if newest is None or not directory.checkpoint_files():
        raise ExportError("this run has no checkpoint")
    return newest


def check_kind(kind: Kind) -> None:
    """Raises ExportError for pictures that cannot be."""
    if kind.channels not in {1, 2, 3} or not 1 <= kind.size <= _SIDE:
        raise ExportError("its pictures are of a kind that cannot be")
    if len(kind.classes) > _SIDE or not all(isinstance(name, str) for name in kind.classes):
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
    with readings.open("rb") as file:
        header = file.readline(1 << 16)
    with _named("history/readings.f32"):
        columns = json.loads(header)["columns"]
        if not header.endswith(b"\n") or not all(isinstance(c, str) for c in columns):
            raise ValueError("its head is damaged")
        whole = (readings.stat().st_size - len(header)) // (4 * len(columns))
        if whole < steps:
            raise ValueError(f"it has {whole:,} readings, and the run {steps:,} steps")


def _check_json(path: Path) -> None:
    if not path.exists():
        return
    with _named(path.name):
        if path.stat().st_size > _JSON_BYTES or not isinstance(json.loads(path.read_bytes()), dict):
            raise ValueError("it is not what a run has there")


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with _named(path.name):
        if path.stat().st_size > _TEXT_BYTES:
            raise ValueError("it is too large")
        found = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        if not all(isinstance(line, dict) for line in found):
            raise ValueError("a line of it is no object")
        return found
    raise AssertionError


def _check_entry(line: Any) -> None:
    with _named("ledger.jsonl"):
        entry = Entry(**line)
        texts = (entry.path, entry.outcome, entry.note)
        if not isinstance(entry.step, int) or not all(isinstance(text, str) for text in texts):
            raise ValueError("an entry of it is none")


def _check_picture(path: Path) -> None:
    with _named(f"samples/{path.name}"), Image.open(path, formats=["PNG"]) as opened:
        if math.prod(opened.size) > _PIXELS:
            raise ValueError(f"it has {opened.size[0]:,} × {opened.size[1]:,} pixels")


@contextlib.contextmanager
def _named(name: str) -> Any:
    """Whatever is wrong inside is wrong with this file."""
    try:
        yield
    except ExportError:
        raise
    except (OSError, ValueError, TypeError, KeyError, RecursionError, DirectoryError,
            ZeroDivisionError, Image.DecompressionBombError) as error:  # fmt: skip
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
