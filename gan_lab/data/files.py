"""Named sets that lie in files: where they are looked for, how they are read."""

from __future__ import annotations

import gzip
import math
import os
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_lab.data.pictures import DataError
from gan_lab.images import Unreadable, open_image

FACE_CLASSES = ("plain", "glasses", "smiling", "smiling-glasses")
_CELEBA_MOST = {True: 50_000, False: 5_000}  # of 162,770 and 19,962: what memory holds at 64 px
_STACKS = {True: 128_000, False: 26_000}  # as PacGAN (Lin et al. 2018) and those before it
_STACK_SEED = 1000


def data_root() -> Path:
    """The folder of data sets: ``GANLAB_DATA``, or ``data/`` below the working directory."""
    return Path(os.environ.get("GANLAB_DATA") or "data")


def cache_root() -> Path:
    """The user's cache folder of this app: ``GANLAB_CACHE``, or where the platform keeps such.

    It need not be there, nor take any file: whoever writes into it must be able to do without.
    """
    if own := os.environ.get("GANLAB_CACHE"):
        return Path(own)
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir()) / "gan-playground"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "gan-playground"


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


class IdxFiles:
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


def read_stacks(train: bool, _size: int) -> tuple[Tensor, Tensor]:
    """Stacked MNIST (Metz et al. 2017): three random digits a, b, c as red, green and blue.

    The class is 100a + 10b + c; a thousand modes that can be counted.
    """
    digits, classes = IdxFiles("MNIST").read(train, 0)
    generator = torch.Generator().manual_seed(_STACK_SEED + train)
    picks = torch.randint(len(digits), (_STACKS[train], 3), generator=generator)
    stacks = torch.empty(len(picks), 3, *digits.shape[2:], dtype=torch.uint8)
    for channel in range(3):
        stacks[:, channel] = digits[picks[:, channel], 0]
    return stacks, (classes[picks] * torch.tensor([100, 10, 1])).sum(1)


def cifar10_places() -> tuple[Path, ...]:
    return (data_root() / "cifar-10-batches-py",)


def cifar10_here() -> bool:
    return (cifar10_places()[0] / "batches.meta").is_file()


def read_cifar10(train: bool, _size: int) -> tuple[Tensor, Tensor]:
    from torchvision.datasets import CIFAR10

    try:
        cifar = CIFAR10(str(data_root()), train=train, download=False)
    except RuntimeError:  # torchvision checks their sums before it reads them
        raise _damaged("cifar10", cifar10_places()[0]) from None
    images = torch.from_numpy(cifar.data).permute(0, 3, 1, 2).contiguous()
    return images, torch.tensor(cifar.targets)


def svhn_places() -> tuple[Path, ...]:
    return (data_root(),)


def svhn_here() -> bool:
    return all((data_root() / f"{part}_32x32.mat").is_file() for part in ("train", "test"))


def read_svhn(train: bool, _size: int) -> tuple[Tensor, Tensor]:
    from torchvision.datasets import SVHN

    try:
        svhn = SVHN(str(data_root()), split="train" if train else "test", download=False)
    except RuntimeError:
        raise _damaged("svhn", data_root()) from None
    return torch.from_numpy(svhn.data), torch.from_numpy(svhn.labels).long()


def fetch_svhn(root: Path) -> None:
    from torchvision.datasets import SVHN

    for part in ("train", "test"):
        SVHN(str(root), split=part, download=True)


def celeba_places() -> tuple[Path, ...]:
    return (data_root() / "celeba",)


def celeba_here() -> bool:
    parts = ("list_attr_celeba.txt", "list_eval_partition.txt", "img_align_celeba")
    return all((celeba_places()[0] / part).exists() for part in parts)


def read_celeba(train: bool, size: int) -> tuple[Tensor, Tensor]:
    """The first pictures of a part, the middle 178×178 px of each at ``size`` (0: 64) px."""
    from torchvision.datasets import CelebA

    folder = celeba_places()[0]
    try:
        celeba = CelebA(str(data_root()), split="train" if train else "test", download=False)
        names = celeba.filename[: _CELEBA_MOST[train]]
        images = np.stack([_face(folder / "img_align_celeba" / n, size or 64) for n in names])
    except (RuntimeError, OSError, Unreadable):
        raise _damaged("celeba", folder) from None
    glasses, smiling = (
        celeba.attr[: len(names), celeba.attr_names.index(name)].long()
        for name in ("Eyeglasses", "Smiling")
    )
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), glasses + 2 * smiling


def _face(path: Path, size: int) -> np.ndarray:
    with open_image(path) as picture:
        middle = picture.convert("RGB").crop((0, 20, 178, 198))
    return np.asarray(middle.resize((size, size), Image.Resampling.LANCZOS))


def _damaged(name: str, folder: Path) -> DataError:
    return DataError(
        f"the files of {name} in {folder} are damaged; delete them and fetch the set again"
    )
