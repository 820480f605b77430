"""Own pictures once read, kept beside a fingerprint of what they were read from.

Arrays and JSON only, never a pickle; what is not exactly what was kept is read anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gan_lab.data.files import cache_root
from gan_lab.data.own.report import Intake

VERSION = 1
"""Another one whenever the same files would give other pixels."""

WORTH = 300  # pictures, from which on keeping them saves time
LARGEST = 2**30  # bytes of one set that is kept
MOST = 4 * 2**30  # bytes of all; the longest unused go first


class Kept(NamedTuple):
    """Pixels, uint8 N×side×side×C, the name of each file, and the report."""

    pixels: np.ndarray
    names: list[str]
    intake: Intake


def fingerprint(*parts: object) -> str:
    """Of a source and all that decides what is made of it."""
    return hashlib.blake2b(repr((VERSION, *parts)).encode(), digest_size=16).hexdigest()


def fetch(key: str) -> Kept | None:
    """What was kept under that key; None if there is nothing, or nothing whole."""
    about = _folder() / f"{key}.json"
    try:
        tree = json.loads(about.read_text("utf-8"))
        pixels = np.load(about.with_suffix(".npy"), allow_pickle=False)
        names, told = list(map(str, tree["names"])), Intake.from_json(tree["intake"])
        right = pixels.dtype == np.uint8 and pixels.ndim == 4 and len(pixels) == len(names)
        if not right or _print(pixels) != tree["pixels"]:
            return None
        os.utime(about)
    except (OSError, ValueError, TypeError, KeyError, EOFError):
        return None
    return Kept(pixels, names, told)


def keep(key: str, kept: Kept) -> None:
    """Keep it if it is worth it; that it cannot be kept is no harm."""
    if len(kept.pixels) < WORTH or kept.pixels.nbytes > LARGEST:
        return
    tree = {"names": kept.names, "intake": kept.intake.as_json(), "pixels": _print(kept.pixels)}
    with contextlib.suppress(OSError, ValueError):  # ValueError: a name that no JSON can hold
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_room(folder, kept.pixels.nbytes)
        with _whole(folder / f"{key}.npy") as temporary, temporary.open("wb") as file:
            np.save(file, kept.pixels, allow_pickle=False)
        with _whole(folder / f"{key}.json") as temporary:
            temporary.write_text(json.dumps(tree), "utf-8")


def _folder() -> Path:
    return cache_root() / "own"


def _print(pixels: np.ndarray) -> str:
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).hexdigest()


@contextlib.contextmanager
def _whole(path: Path):  # noqa: ANN202
    """A file that appears under its name only once it is complete."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    os.close(handle)
    try:
        yield Path(name)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make_room(folder: Path, due: int) -> None:
    found = sorted(folder.glob("*.npy"), key=lambda p: p.with_suffix(".json").stat().st_mtime
                   if p.with_suffix(".json").exists() else 0.0)  # fmt: skip
    sizes = [path.stat().st_size for path in found]
    while found and sum(sizes) + due > MOST:
        oldest = found.pop(0)
        sizes.pop(0)
        oldest.unlink(missing_ok=True)
        oldest.with_suffix(".json").unlink(missing_ok=True)
