"""Named sets: where each is looked for, how it is read, how it is fetched."""

from __future__ import annotations

import gzip
import math
import os
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_lab.data.pictures import DataError, Pictures

DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")
_DIGITS = tuple("0123456789")
_FASHION = (
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle-boot",
)  # fmt: skip
_KMNIST = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
_CIFAR10 = (
    "airplane", "automobile", "bird", "cat", "deer",
    "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip


@dataclass(frozen=True)
class NamedSet:
    """One line of the catalogue.

    Attributes:
        here: whether the set's files are on this machine (a look, not a read).
        places: the folders that are looked in, in order; none if the set needs no file.
        read: (train, size) -> (images uint8 N×C×H×W, labels int64 N); called only if ``here()``.
            The size is 0, or with ``any_size`` the side that is asked for.
        fetch: downloads the set below the data root; None if it is always there.
        any_size: the pictures can be read at the side asked for, better than by resizing.
    """

    name: str
    title: str
    count: int
    size: int
    channels: int
    classes: tuple[str, ...]
    megabytes: int
    here: Callable[[], bool]
    places: Callable[[], tuple[Path, ...]]
    read: Callable[[bool, int], tuple[Tensor, Tensor]]
    fetch: Callable[[Path], object] | None
    any_size: bool = False


def data_root() -> Path:
    """The folder of data sets: ``GANLAB_DATA``, or ``data/`` below the working directory."""
    return Path(os.environ.get("GANLAB_DATA") or "data")


def _read_digits(train: bool, _size: int) -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits  # slow to import, and not always needed

    digits: Any = load_digits()  # a Bunch, whose stubs know no fields
    images = torch.from_numpy(np.round(digits.images * (255 / 16)).astype(np.uint8))
    labels = torch.from_numpy(digits.target.astype(np.int64))
    # every fifth picture is held out: the set has no split of its own
    held_out = torch.arange(len(labels)) % 5 == 4
    keep = ~held_out if train else held_out
    return images[keep].unsqueeze(1), labels[keep]


def _idx(path: Path | None) -> Tensor:
    """An IDX file of unsigned bytes, packed or not (format: the MNIST page of Y. LeCun)."""
    if path is None:
        raise DataError("a file of the set has gone; fetch the set again")
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path} is damaged; delete it and fetch the set again") from None
    if raw[:3] != b"\x00\x00\x08":
        raise DataError(f"{path} is not an IDX file of bytes; delete it and fetch the set again")
    start = 4 + 4 * int.from_bytes(raw[3:4])
    shape = [int.from_bytes(raw[i : i + 4]) for i in range(4, start, 4)]
    if len(raw) != start + math.prod(shape):
        raise DataError(f"{path} is cut short; delete it and fetch the set again")
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=start).reshape(shape).copy())


class _IdxFiles:
    """An MNIST-like set in torchvision's place below the data root, or elsewhere."""

    def __init__(self, folder: str, *elsewhere: Path) -> None:
        self._folder = folder
        self._elsewhere = elsewhere

    def places(self) -> tuple[Path, ...]:
        return (data_root() / self._folder / "raw", *self._elsewhere)

    def _find(self, part: str) -> Path | None:
        for place in self.places():
            for ending in ("", ".gz"):
                path = place / f"{part}-ubyte{ending}"
                if path.is_file():
                    return path
        return None

    def here(self) -> bool:
        parts = (f"{stem}-{part}" for stem in ("train", "t10k") for part in _IDX_PARTS)
        return all(self._find(part) is not None for part in parts)

    def read(self, train: bool, _size: int) -> tuple[Tensor, Tensor]:
        stem = "train" if train else "t10k"
        images, labels = (_idx(self._find(f"{stem}-{part}")) for part in _IDX_PARTS)
        if len(images) != len(labels):
            raise DataError(
                f"{self._find(f'{stem}-{_IDX_PARTS[1]}')} has {len(labels)} labels for"
                f" {len(images)} pictures; delete both files and fetch the set again"
            )
        return images.unsqueeze(1), labels.long()


_IDX_PARTS = ("images-idx3", "labels-idx1")


def _torchvision_fetch(name: str) -> Callable[[Path], object]:
    def fetch(root: Path) -> object:
        import torchvision.datasets

        return getattr(torchvision.datasets, name)(str(root), download=True)

    return fetch


def _cifar10_places() -> tuple[Path, ...]:
    return (data_root() / "cifar-10-batches-py",)


def _cifar10_here() -> bool:
    return (_cifar10_places()[0] / "batches.meta").is_file()


def _read_cifar10(train: bool, _size: int) -> tuple[Tensor, Tensor]:
    from torchvision.datasets import CIFAR10

    try:
        cifar = CIFAR10(str(data_root()), train=train, download=False)
    except RuntimeError:  # torchvision checks their sums before it reads them
        folder = _cifar10_places()[0]
        raise DataError(
            f"the files of cifar10 in {folder} are damaged; delete them and fetch the set again"
        ) from None
    images = torch.from_numpy(cifar.data).permute(0, 3, 1, 2).contiguous()
    return images, torch.tensor(cifar.targets)


def _idx_set(name: str, title: str, classes: tuple[str, ...], megabytes: int, fetched_as: str,
             *elsewhere: Path) -> NamedSet:  # fmt: skip
    files = _IdxFiles(fetched_as, *elsewhere)
    return NamedSet(
        name, title, 60_000, 28, 1, classes, megabytes,
        files.here, files.places, files.read, _torchvision_fetch(fetched_as),
    )  # fmt: skip


NAMED: dict[str, NamedSet] = {
    entry.name: entry
    for entry in (
        NamedSet("digits", "Handwritten digits, small", 1438, 8, 1, _DIGITS, 0,
                 lambda: True, tuple, _read_digits, None),
        _idx_set("mnist", "Handwritten digits (MNIST)", _DIGITS, 11, "MNIST"),
        _idx_set("fashion", "Clothes (Fashion-MNIST)", _FASHION, 30, "FashionMNIST",
                 DEBIAN_FASHION),
        _idx_set("kmnist", "Japanese characters (KMNIST)", _KMNIST, 20, "KMNIST"),
        NamedSet("cifar10", "Small photographs (CIFAR-10)", 50_000, 32, 3, _CIFAR10, 170,
                 _cifar10_here, _cifar10_places, _read_cifar10, _torchvision_fetch("CIFAR10")),
    )
}  # fmt: skip
"""The catalogue; a new named set is one line here and one function above."""

_LOCKS = {name: threading.Lock() for name in NAMED}


def read_named(name: str, train: bool, download: bool, size: int = 0) -> Pictures:
    """A named set; looked for on disk, then fetched if ``download``. Raises DataError.

    It has its own size, or ``size`` if the set can be read at any and that is not 0.
    """
    entry = NAMED[name]
    with _LOCKS[name]:  # forty visitors who start at once make one download and one read
        if not entry.here():
            if not download:
                raise DataError(_missing(entry, "is not on this machine"))
            _fetch(entry)
        return _read(name, train, size if entry.any_size else 0, data_root())


@lru_cache(maxsize=8)
def _read(name: str, train: bool, size: int, root: Path) -> Pictures:  # noqa: ARG001
    """Read once for all runs of a server; ``root`` is part of the key, as tests move it."""
    entry = NAMED[name]
    images, labels = entry.read(train, size)
    return Pictures(name, images, labels, entry.classes)


def _fetch(entry: NamedSet) -> None:
    assert entry.fetch is not None
    try:
        data_root().mkdir(parents=True, exist_ok=True)
        entry.fetch(data_root())
    except (OSError, RuntimeError) as error:
        raise DataError(_missing(entry, f"could not be downloaded ({error})")) from None


def _missing(entry: NamedSet, what: str) -> str:
    return (
        f"the data set {entry.name} {what}; put its files below {data_root()} as torchvision"
        " lays them out, set GANLAB_DATA to where they are, or choose digits, which is always"
        " there"
    )
