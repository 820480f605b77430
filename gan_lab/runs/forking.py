"""A run that goes on from a kept state of another one, in a folder of its own.

The parent's files are only read, and it may be training meanwhile: the file of a state is replaced
and never written into, so a hard link to it keeps its content whatever the parent does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from gan_lab.archives.json_text import read
from gan_lab.config import ConfigError, RunConfig, known, put
from gan_lab.games import check_config
from gan_lab.runs.directory import DirectoryError, Mark, RunDirectory, unmarked
from gan_lab.runs.film import Film
from gan_lab.runs.journal import Journal
from gan_lab.runs.states import kept_states, link
from gan_lab.training import checkpoints
from gan_lab.training.checkpoints import CheckpointError
from gan_lab.training.trainer import config_of

UNCHANGED: Mapping[str, Any] = MappingProxyType({})
_TRIES = 5  # the parent may drop a state while it is copied
_PART = 1 << 20  # bytes copied at once
_TOO_FAST = "changes too fast to be copied; pause the run first"


class Parent(NamedTuple):
    """Where a run comes from.

    Attributes:
        run: name of the parent's folder.
        step: of the state that it went on from.
    """

    run: str
    step: int


def parent_of(directory: RunDirectory) -> Parent | None:
    """The parent of a forked run; None for one that began by itself."""
    try:
        told = read(directory.path / "parent.json")
        return Parent(str(told["run"]), int(told["step"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def fork(
    parent: RunDirectory,
    path: Path,
    step: int | None = None,
    changes: Mapping[str, Any] = UNCHANGED,
    mark: Mark = unmarked,
) -> RunDirectory:
    """A new folder that ``Run(..., resume=True, changes=changes)`` goes on from.

    Args:
        parent: whose state to take; it is not disturbed.
        path: of the new folder.
        step: the newest kept state at or before it is taken; None for the newest of all.
        changes: live parameters that will be other from there on, by path.
        mark: says whose run it will be.

    Raises:
        DirectoryError: there is no such state, or ``path`` is not empty.
        ConfigError: a change that no run could take while it trains.
    """
    why = _TOO_FAST
    for _ in range(_TRIES):
        source, config = _state_at(parent, step)
        config = _changed(config, changes)
        child = RunDirectory.create(path, mark)
        try:
            why = _not_copied(parent, child, source)
            if not why:
                origin = Parent(parent.path.resolve().name, int(source.stem))
                (path / "parent.json").write_text(json.dumps(origin._asdict()) + "\n", "utf-8")
                child.write_config(config)  # last: from here on it is a run
                return child
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        shutil.rmtree(path, ignore_errors=True)
    raise DirectoryError(f"{parent.path} {why}")


def _state_at(parent: RunDirectory, step: int | None) -> tuple[Path, RunConfig]:
    """The file of the newest readable state at or before ``step``, and its configuration."""
    reason = "none is kept"
    for at, path in reversed(kept_states(parent).items()):
        if step is not None and at > step:
            continue
        try:
            return path, config_of(checkpoints.load(path))
        except CheckpointError as error:
            reason = str(error)
    where = "" if step is None else f" at step {step:,} or before"
    raise DirectoryError(f"{parent.path} has no state{where} to go on from: {reason}")


def _changed(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Raises ConfigError."""
    for path in changes:
        if not known(path).live:
            raise ConfigError(
                f"{path} is fixed when a run begins, so a fork cannot change it; start a new run"
            )
    changed = put(config, changes)
    check_config(changed)
    return changed


def _not_copied(parent: RunDirectory, child: RunDirectory, source: Path) -> str:
    """Copies the state in ``source``, those before it, the readings and the film up to there.

    Returns why that was not possible; "" if it was. The parent may have dropped that state
    meanwhile: if it went back, its history may be another one by now.
    """
    try:
        before, at = source.stat(), int(source.stem)
        for path in [p for step, p in kept_states(parent).items() if step <= at]:
            _share(path, child.path / "states")
        for path in (first for first in parent.checkpoint_files() if not int(first.stem)):
            _share(path, child.path / "checkpoints")
        for path in Film(parent.path / "film").open().files(at):
            _share(path, child.path / "film")
        _share(source, child.path / "checkpoints")
        whole = _copy_history(parent, child, at)
        Journal(parent.path).copy_to(child.path, at)
        after = source.stat()
    except FileNotFoundError:
        return _TOO_FAST
    if not os.path.samestat(before, after) or before.st_mtime_ns != after.st_mtime_ns:
        return _TOO_FAST
    # cut a moment ago because the parent goes back, or lost for good
    return "" if whole else f"has lost readings of before step {at:,}"


def _share(file: Path, folder: Path) -> None:
    """Give a file a second name, unless it has just been dropped."""
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(FileNotFoundError, FileExistsError):
        link(file, folder / file.name)


def _copy_history(parent: RunDirectory, child: RunDirectory, records: int) -> bool:
    """The header and the first ``records`` records; returns whether there were as many."""
    if not records:
        return True
    name = Path("history") / "readings.f32"
    try:
        columns = parent.columns()
    except DirectoryError:
        return False
    with (parent.path / name).open("rb") as source, (child.path / name).open("wb") as target:
        header = source.readline()
        target.write(header)
        left = 4 * len(columns) * records
        while left and (part := source.read(min(left, _PART))):
            target.write(part)
            left -= len(part)
    return not left
