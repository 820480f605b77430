"""The catalogue of named sets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_lab.config import plugins
from gan_lab.data import files, plane
from gan_lab.data.drawn import animals, faces, shapes
from gan_lab.data.files import data_root
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
_STACKS = tuple(f"{mode:03}" for mode in range(1000))
_MNIST = files.IdxFiles("MNIST")


@dataclass(frozen=True)
class NamedSet:
    """One line of the catalogue.

    Attributes:
        here: whether the set's files are on this machine (a look, not a read).
        places: the folders that are looked in, in order; none if the set needs no file.
        read: (train, size) -> (images as in Pictures, labels int64 N); called only if ``here()``.
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


def _read_digits(train: bool, _size: int) -> tuple[Tensor, Tensor]:
    pixels, target = _digits()
    images = torch.from_numpy(np.round(pixels * (255 / 16)).astype(np.uint8)).reshape(-1, 8, 8)
    labels = torch.from_numpy(target.astype(np.int64))
    # every fifth picture is held out: the set has no split of its own
    held_out = torch.arange(len(labels)) % 5 == 4
    keep = ~held_out if train else held_out
    return images[keep].unsqueeze(1), labels[keep]


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels from 0 to 16, N×64, and labels, N, of scikit-learn's digits.

    Its file is read without an import of scikit-learn, which takes more than a second.
    """
    package = find_spec("sklearn")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
        if path.is_file():
            table = np.loadtxt(path, delimiter=",")
            return table[:, :-1], table[:, -1]
    from sklearn.datasets import load_digits  # another release may keep them elsewhere

    digits: Any = load_digits()  # a Bunch, whose stubs know no fields
    return digits.data, digits.target


def _torchvision_fetch(name: str) -> Callable[[Path], object]:
    def fetch(root: Path) -> object:
        import torchvision.datasets

        return getattr(torchvision.datasets, name)(str(root), download=True)

    return fetch


def _idx_set(name: str, title: str, classes: tuple[str, ...], megabytes: int, fetched_as: str,
             *elsewhere: Path) -> NamedSet:  # fmt: skip
    lie = files.IdxFiles(fetched_as, *elsewhere)
    return NamedSet(
        name, title, 60_000, 28, 1, classes, megabytes,
        lie.here, lie.places, lie.read, _torchvision_fetch(fetched_as),
    )  # fmt: skip


def _drawn_set(name: str, title: str, drawn: ModuleType) -> NamedSet:
    return NamedSet(
        name, title, drawn.COUNTS[True], drawn.SIZE, 3, drawn.CLASSES, 0,
        lambda: True, tuple, drawn.read, None, any_size=True,
    )  # fmt: skip


def _plane_set(name: str) -> NamedSet:
    one = plane.PLANES[name]
    return NamedSet(
        name, f"Points: {one.title}", plane.COUNTS[True], 1, 2, one.classes, 0,
        lambda: True, tuple, lambda train, _size: plane.read(name, train), None,
    )  # fmt: skip


_OWN: dict[str, NamedSet] = {
    entry.name: entry
    for entry in (
        NamedSet("digits", "Handwritten digits, small", 1438, 8, 1, _DIGITS, 0,
                 lambda: True, tuple, _read_digits, None),
        _idx_set("mnist", "Handwritten digits (MNIST)", _DIGITS, 11, "MNIST"),
        _idx_set("fashion", "Clothes (Fashion-MNIST)", _FASHION, 30, "FashionMNIST",
                 DEBIAN_FASHION),
        _idx_set("kmnist", "Japanese characters (KMNIST)", _KMNIST, 20, "KMNIST"),
        NamedSet("cifar10", "Small photographs (CIFAR-10)", 50_000, 32, 3, _CIFAR10, 170,
                 files.cifar10_here, files.cifar10_places, files.read_cifar10,
                 _torchvision_fetch("CIFAR10")),
        NamedSet("svhn", "House numbers (SVHN)", 73_257, 32, 3, _DIGITS, 250,
                 files.svhn_here, files.svhn_places, files.read_svhn, files.fetch_svhn),
        NamedSet("celeba", "Photographed faces (CelebA, the first 50,000)", 50_000, 64, 3,
                 files.FACE_CLASSES, 1400, files.celeba_here, files.celeba_places,
                 files.read_celeba, _torchvision_fetch("CelebA"), any_size=True),
        NamedSet("stacked-mnist", "Three digits in one picture (Stacked MNIST)", 128_000, 28, 3,
                 _STACKS, 11, _MNIST.here, _MNIST.places, files.read_stacks,
                 _torchvision_fetch("MNIST")),
        _drawn_set("faces", "Drawn faces", faces),
        _drawn_set("animals", "Drawn animals, plain and striped", animals),
        _drawn_set("shapes", "Drawn shapes", shapes),
        *map(_plane_set, plane.PLANES),
    )
}  # fmt: skip
NAMED: plugins.Table[NamedSet] = plugins.Table(plugins.DATA, _OWN)
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
        return _read(name, train, size if entry.any_size and size != entry.size else 0, data_root())


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
