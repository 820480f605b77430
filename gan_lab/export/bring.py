"""A run's zip, a single checkpoint of ours, or weights of ours, brought in again as a folder.

Nothing of it is executed: checkpoints are read with ``weights_only``, everything else is JSON that
is checked, numbers, or pictures. What is not as a run's folder has it is refused as a whole, in a
sentence, and nothing of it stays.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gan_lab import sandbox
from gan_lab.archives import (
    Archive,
    ArchiveError,
    JsonError,
    JsonLimits,
    Limits,
    kind_of,
    open_archive,
)
from gan_lab.archives.json_text import parse
from gan_lab.export.base import ExportError
from gan_lab.export.bundle import BELOW, BESIDE, FORMAT, MANIFEST, is_known
from gan_lab.export.checked import check_run, checked_state
from gan_lab.export.returned import from_safetensors, from_torch, is_safetensors
from gan_lab.export.sets import grid_png
from gan_lab.leftovers import Temporary
from gan_lab.runs import DirectoryError, RunDirectory, State, reading
from gan_lab.runs.arriving import Room
from gan_lab.runs.directory import Mark, unmarked
from gan_lab.runs.disk import refuse_full
from gan_lab.runs.library import ARRIVING
from gan_lab.runs.messages import Shown
from gan_lab.runs.pretrained import PretrainedError, write
from gan_lab.sandbox import Pool, SandboxError
from gan_lab.training import checkpoints
from gan_lab.training.trainer import config_of

LIMITS = Limits(entries=20_000, entry_bytes=2 << 30, total_bytes=8 << 30, ratio=50.0)
_MANIFEST = JsonLimits(size=4 << 20, values=100_000, depth=8)
_POOL = Pool(1, idle_seconds=30.0, preload=(__name__,))
_SECONDS = 20.0  # of the processor, and for each ...
_BYTES_A_SECOND = 8 << 20  # ... of the file
_PATIENCE = 10  # times that on the clock: the machine may be busy
_MEMORY = 3 << 29  # bytes beyond what is mapped of the file
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def bring(
    source: Path,
    root: Path,
    limits: Limits = LIMITS,
    mark: Mark = unmarked,
    name: str = "",
    cancelled: Callable[[], bool] = lambda: False,
) -> RunDirectory:
    """The run in a file, as a new folder below ``root``; its name is kept where it is free.

    A worker process with limits of time and memory unpacks and checks it (:func:`unpack`).

    Args:
        source: a zip that the export ``bundle`` wrote, or one checkpoint of a run; or weights that
            the exports ``safetensors``, ``players`` or ``generator`` wrote, of which a generator
            alone comes (``RunDirectory.alone``).
        root: where runs are kept; made if it is not there.
        mark: says whose run it will be.
        name: of the file where it came from, if ``source`` is a copy.
        cancelled: asked again and again; True ends the work, and nothing stays.

    Raises:
        ExportError: it is none of these, damaged, too large, or not what it says, or it was
            cancelled; one line.
        DirectoryError: with this run all runs would take more than they may.
        OSError: the place cannot be written to, or the disk would be nearly full.
    """
    if source.exists() and not source.is_file():
        raise ExportError(f"{source.name} is no file; give the zip of a run")
    with source.open("rb") as file:
        begin = file.read(16)
    if not begin:
        raise ExportError("this file is empty, so it is no zip of a run")
    if kind_of(begin) == "pickle":
        raise ExportError(
            "this file is a pickle, which may run code when it is read; it is not opened. Give the"
            " zip of a run, one of its checkpoints, or its weights as safetensors"
        )
    if source.stat().st_size > limits.total_bytes:
        raise ExportError(f"it has more than {limits.total_bytes >> 20:,} MB; that is too large")
    root.mkdir(parents=True, exist_ok=True)
    room = Room(root, source.stat().st_size)
    folder = Temporary(ARRIVING, root)
    place = folder.path
    try:
        stem = Path(name or source.name).stem
        try:
            called = _in_worker(source, place, limits, stem, lambda: cancelled() or room.is_short())
        finally:
            room.check()  # also the reason why the work was ended, if it was for that
        mark(place)
        place.chmod(0o755)
        return RunDirectory(_settled(place, root, called))
    finally:
        folder.remove()  # it is not there any more if all went well


def _in_worker(
    source: Path, place: Path, limits: Limits, stem: str, cancelled: Callable[[], bool]
) -> str:
    """As :func:`unpack`, in a worker process whose limits grow with the file."""
    size = source.stat().st_size
    seconds = _SECONDS + size / _BYTES_A_SECOND
    bounds = sandbox.Limits(
        cpu_seconds=seconds,
        wall_seconds=_PATIENCE * seconds,
        memory_bytes=_MEMORY + 2 * size,  # a checkpoint is mapped
        file_bytes=limits.entry_bytes + (1 << 20),
        result_bytes=1 << 16,
    )
    paths = str(source.resolve()), str(place.resolve())
    try:
        told = _POOL.call(
            unpack, *paths, stem, asdict(limits),
            limits=bounds, errors=(ExportError, DirectoryError), cancelled=cancelled,
        )  # fmt: skip
    except SandboxError as error:
        raise ExportError(f"this file cannot be brought in: {error}") from None
    if "errno" in told:
        raise OSError(told["errno"], os.strerror(told["errno"]))
    return told["name"]


def unpack(source: str, place: str, stem: str, limits: dict[str, Any]) -> dict[str, Any]:
    """Put the files of a run, or of a generator alone, into a folder, all of them checked.

    Args:
        source, place: file and folder.
        stem: of the name that the file had where it came from.
        limits: fields of ``Limits``.

    Returns:
        ``name``, that the run is due, or ``errno`` where the disk did not take it.

    Raises ExportError, DirectoryError.
    """
    path, target = Path(source), Path(place)
    try:
        with path.open("rb") as file:
            begin = file.read(16)
        if is_safetensors(begin, path.stat().st_size):
            return {"name": _alone(from_safetensors(path), target, stem)}
        name = _unpacked(path, target, Limits(**limits), stem)
        _settle_state(RunDirectory(target))
        return {"name": name}
    except OSError as error:
        return {"errno": error.errno or errno.EIO}
    except ArchiveError as error:
        raise ExportError(f"this is not the zip of a run: {error}") from None
    except PretrainedError as error:
        raise ExportError(str(error)) from None


def _unpacked(source: Path, place: Path, limits: Limits, stem: str) -> str:
    """Put the files of a run into ``place``, checked; returns the name that it had."""
    with open_archive(source, limits) as archive:
        if any(entry.name == MANIFEST for entry in archive.entries):
            name = _from_bundle(archive, place)
            check_run(RunDirectory(place))
            return name
        inside = {entry.path.name for entry in archive.entries}
    if "data.pkl" in inside:  # what torch.save writes is a zip, too
        shown = from_torch(source)
        return _alone(shown, place, stem) if shown else _from_checkpoint(source, place, stem)
    raise ExportError(f"this is not the zip of a run: it has no {MANIFEST}")


def _settle_state(directory: RunDirectory) -> None:
    """A run that was exported before its end, such as a paused one, is stopped here: it has no
    summary, and would be listed as one that a killed server left behind."""
    seen = reading.glance(directory.path)
    if seen.state == reading.LEFT:
        directory.write_summary(
            {
                "state": str(State.STOPPED),
                "steps": seen.steps,
                "images": seen.images,
                "seconds": seen.seconds,
                "note": "It was exported before its end; it can be resumed here.",
            }
        )


def _alone(shown: Shown, place: Path, stem: str) -> str:
    """A generator without its run: kept as this app keeps those that came with it."""
    directory = RunDirectory.create(place)
    with (place / "generator.pt").open("xb") as file:
        write(shown, file)
    directory.write_config(shown.config)
    directory.write_sample(shown.step, grid_png(shown))
    return stem if _NAME.fullmatch(stem) else "generator"


def _from_checkpoint(source: Path, place: Path, stem: str) -> str:
    """A checkpoint alone: the run goes on from there, without its curves."""
    state = checked_state(source, f"{stem}.pt" if _NAME.fullmatch(stem) else "this file")
    directory = RunDirectory.create(place)
    target = place / "checkpoints" / f"{int(state['steps']):09d}.pt"
    checkpoints.save(state, target, sync=False)
    directory.write_config(config_of(state))
    check_run(directory)
    return f"{stem}-checkpoint" if _NAME.fullmatch(stem) else "checkpoint"


def _from_bundle(archive: Archive, place: Path) -> str:
    manifest = _manifest(archive)
    if archive.refused:
        name, why = archive.refused[0]
        raise ExportError(f"this is not the zip of a run: {name} is refused: {why}")
    entries = {entry.name: entry for entry in archive.entries}
    inside = {name for name in entries if name not in {MANIFEST, *BESIDE}}
    strange = [n for n in inside if not n.startswith(BELOW) or not is_known(n[len(BELOW) :])]
    if strange:
        raise ExportError(f"this zip holds what no run has: {min(strange)}")
    files = manifest["files"]
    if {BELOW + name for name in files} != inside:
        raise ExportError("this zip does not hold the files that its list names")
    due = sum(entry.size for name, entry in entries.items() if name in inside)
    refuse_full(place, due)
    for name, told in files.items():
        entry, digest = entries[BELOW + name], hashlib.sha256()
        if entry.size != told["size"]:
            raise ExportError(f"{name} is not as large as the list in the zip says")
        target = place / name
        target.parent.mkdir(exist_ok=True)
        with target.open("xb") as file:
            for piece in archive.chunks(entry):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != told["sha256"]:
            raise ExportError(f"{name} is not what was packed: its digest is another one")
    for part in ("history", "samples", "checkpoints"):
        (place / part).mkdir(exist_ok=True)
    return manifest["name"]


def _manifest(archive: Archive) -> dict[str, Any]:
    """What the zip says of itself. Raises ExportError, ArchiveError."""
    entry = next(entry for entry in archive.entries if entry.name == MANIFEST)
    if entry.size > _MANIFEST.size:
        raise ExportError(f"{MANIFEST} is too large")
    try:
        told = parse(archive.read(entry), _MANIFEST)
    except JsonError as error:
        raise ExportError(f"{MANIFEST} cannot be read as JSON: {error}") from None
    if not isinstance(told, dict) or not isinstance(told.get("format"), int):
        raise ExportError(f"{MANIFEST} is not one of ours")
    if told["format"] > FORMAT:
        raise ExportError("this zip was written by a newer version of GAN Playground; update first")
    files, name = told.get("files"), told.get("name")
    if not isinstance(files, dict) or not all(map(_is_file, files.values())):
        raise ExportError(f"{MANIFEST} is not one of ours")
    named = isinstance(name, str) and _NAME.fullmatch(name)
    return {"name": name if named else "brought", "files": files}


def _is_file(told: Any) -> bool:
    if not isinstance(told, Mapping):
        return False
    return isinstance(told.get("size"), int) and isinstance(told.get("sha256"), str)


def _settled(place: Path, root: Path, name: str) -> Path:
    """Move a folder to its name below ``root``, or to one like it if that is taken."""
    for path in _names(root, name):
        if not path.exists():
            with contextlib.suppress(FileExistsError):
                os.rename(place, path)  # noqa: PTH104
                return path
    raise ExportError(f"there is no free name for the run in {root}")


def _names(root: Path, name: str) -> Iterator[Path]:
    yield root / name
    for _ in range(8):
        yield root / f"{name}-{secrets.token_hex(3)}"
