"""A whole run as one zip, which ``bring`` reads on another machine.

``bundle.json`` comes last and tells size and SHA-256 of every file; the files of the run lie below
``run/`` under their own names, with a model card and its pictures beside them for people.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gan_lab import __version__
from gan_lab.export.base import Export, ExportError, Tell, has_checkpoint, run_name
from gan_lab.export.card import card_files
from gan_lab.runs import RunDirectory
from gan_lab.whole import whole_file
from gan_lab.words import size_of

FORMAT = 1
MANIFEST = "bundle.json"
BELOW = "run/"
BESIDE = frozenset({"README.md", "samples.png"})
"""For people alone; not brought back."""

_KNOWN = re.compile(
    r"(config|best|summary|parent|preset|labels)\.json|(ledger|measures|findings)\.jsonl"
    r"|history/readings\.f32|(checkpoints|best)/\d{9,15}\.pt"
    r"|samples/\d{9,15}(-[a-z0-9-]{1,40})?\.png|film/\d{9,15}\.film"
)
_PART = 1 << 20  # bytes copied at once
_TRIES = 5  # a run that trains may drop a file meanwhile


def is_known(name: str) -> bool:
    """Whether a run's folder has a file of this name that travels."""
    return _KNOWN.fullmatch(name) is not None


def _make(directory: RunDirectory, out: Path, tell: Tell) -> str:
    for _ in range(_TRIES):
        try:
            return _written(directory, out, tell)
        except FileNotFoundError:
            continue
    raise ExportError("this run changes too fast to be copied; pause it first")


def _written(directory: RunDirectory, out: Path, tell: Tell) -> str:
    files = list(_files(directory.path))
    whole, done = sum(size for _, size in files) or 1, 0
    told: dict[str, Any] = {}
    with whole_file(out) as file, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        for path, size in files:
            name = path.relative_to(directory.path).as_posix()
            tell(0.9 * done / whole, f"packing {name}")
            told[name] = _copied(path, archive, BELOW + name)
            done += size
        tell(0.9, "writing the model card")
        for name, data in card_files(directory).items():
            archive.writestr(name, data)
        manifest = {
            "format": FORMAT,
            "made_by": f"GAN Playground {__version__}",
            "name": run_name(directory),
            "files": told,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        tell(1.0, "done")
    return f"the whole run, {size_of(len(told), 'file')}, {done / 1e6:,.1f} MB"


def _files(run: Path) -> Iterator[tuple[Path, int]]:
    """All that travels, checkpoints first: what is appended meanwhile only grows behind them."""
    found = [p for p in run.rglob("*") if p.is_file() and not p.is_symlink()]
    kept = [p for p in found if is_known(p.relative_to(run).as_posix())]
    kept.sort(key=lambda p: (p.suffix != ".pt", p.relative_to(run).as_posix()))
    for path in kept:
        with contextlib.suppress(FileNotFoundError):
            yield path, path.stat().st_size


def _copied(path: Path, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """Size and digest of what was copied: as much as there was when it was opened."""
    digest, size = hashlib.sha256(), 0
    packed = zipfile.ZIP_DEFLATED if path.suffix in {".json", ".jsonl"} else zipfile.ZIP_STORED
    entry = zipfile.ZipInfo(name)  # its time is fixed: the same run is the same bytes
    entry.compress_type, entry.external_attr = packed, 0o644 << 16
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        left = source.seek(0, io.SEEK_END)
        source.seek(0)
        while left and (part := source.read(min(left, _PART))):
            digest.update(part)
            target.write(part)
            size, left = size + len(part), left - len(part)
    return {"size": size, "sha256": digest.hexdigest()}


BUNDLE = Export(
    "bundle",
    "Everything",
    "The whole run as one zip: configuration, what was done, curves, checkpoints, best state,"
    " measures, samples, film and a model card. It can be brought in again, here or elsewhere.",
    ".zip",
    "application/zip",
    has_checkpoint,
    _make,
)
