"""Who judges pictures of a labelled set: a classifier that has learned it, kept by its data.

A judge is looked for among those that come with the app (assets/judges), then in the user's cache,
and is trained only where there is none. What it says depends on the pictures and labels that it
learned, so these name its file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lab.data import Kind, Pictures
from gan_lab.metrics.cache import cache_root
from gan_lab.metrics.classifier import (
    FEATURES,
    SMALLEST,
    Classifier,
    Progress,
    Stop,
    Stopped,
    taught,
)

SHIPPED = Path(__file__).parent.parent.parent / "assets" / "judges"
VERSION = 1
"""Of the classifier and of how it learns: another one has other features."""


@dataclass(frozen=True)
class Judge:
    """A classifier that has learned one set.

    Attributes:
        network: the classifier itself.
        of: the set that it has learned, in a word.
        kind: of the pictures that it can look at.
        accuracy: share of held-out real pictures that it tells right.
        held_out: how many those were.
        key: of the pictures and labels that it has learned, and of ``VERSION``.
    """

    network: Classifier
    of: str
    kind: Kind
    accuracy: float
    held_out: int
    key: str

    @property
    def name(self) -> str:
        """For people, with what they must know to trust it."""
        return f"classifier of {self.of}, {FEATURES} features, {self.accuracy:.1%} right".replace(
            "%", " %"
        )

    def features(self, images: Tensor) -> Tensor:
        """float32 N×64 of uint8 pictures N×C×S×S; raises ValueError for another kind."""
        self._check(images)
        return self.network.features(images.cpu())

    def probabilities(self, images: Tensor) -> Tensor:
        """float32 N×K: how likely each class is, in the judge's eyes."""
        return self.probabilities_of(self.features(images))

    def classes(self, images: Tensor) -> Tensor:
        """int64 N: the class of each picture, in the judge's eyes."""
        return self.classes_of(self.features(images))

    @torch.no_grad()
    def probabilities_of(self, features: Tensor) -> Tensor:
        """:meth:`probabilities` where the features are there already."""
        return self.network.head(features).softmax(1)

    @torch.no_grad()
    def classes_of(self, features: Tensor) -> Tensor:
        """:meth:`classes` where the features are there already."""
        return self.network.head(features).argmax(1)

    def _check(self, images: Tensor) -> None:
        wanted = (self.kind.channels, self.kind.size, self.kind.size)
        if images.dtype != torch.uint8 or tuple(images.shape[1:]) != wanted:
            raise ValueError(
                f"the {self.name} looks at uint8 pictures N×{'×'.join(map(str, wanted))}, not"
                f" {images.dtype} {tuple(images.shape)}"
            )


def judge_of(
    train: Pictures,
    held_out: Pictures,
    *,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Judge:
    """The judge of a labelled set: a kept one, or else one that is trained now and kept.

    Args:
        train: what it learns.
        held_out: what its accuracy is taken on.
        progress: hears the share that is done, 0 to 1, while it is trained.
        stop: asked before each step of training.

    Raises:
        ValueError: the set has no classes, fewer than two of them, or pictures below 8 px.
        Stopped: ``stop`` said so; nothing is kept.
    """
    check(train)
    key = key_of(train)
    with _alone(key, stop):
        judge = _found(key, train)
        if judge is None:
            judge = trained_judge(train, held_out, progress=progress, stop=stop)
            keep(judge, cached(key))
    return judge


def trained_judge(
    train: Pictures,
    held_out: Pictures,
    *,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Judge:
    """:func:`judge_of` that neither looks for a kept judge nor keeps this one."""
    check(train)
    if held_out.labels is None or not len(held_out):
        raise ValueError(
            f"{held_out.name} has no held-out pictures with classes to test a judge on"
        )
    assert train.labels is not None
    network = taught(train.images, train.labels, len(train.classes), progress=progress, stop=stop)
    accuracy = network.accuracy(held_out.images, held_out.labels)
    return Judge(network, _word(train), train.kind, accuracy, len(held_out), key_of(train))


def kept_judge(train: Pictures) -> Judge | None:
    """The judge of a set if it is there already; never trains. None also for a set without
    classes."""
    try:
        check(train)
    except ValueError:
        return None
    return _found(key_of(train), train)


def check(train: Pictures) -> None:
    """Raises ValueError, in words for people, for a set that no judge can learn."""
    if train.labels is None or train.kind.points:
        raise ValueError(
            f"{train.name} has no pictures with classes, so that no judge can learn it"
        )
    if len(train.classes) < 2:
        raise ValueError(f"{train.name} has one class; a judge needs two or more to tell apart")
    if train.size < SMALLEST:
        raise ValueError(
            f"pictures of {train.size} px are too small for a judge; it needs {SMALLEST} px"
        )


def key_of(train: Pictures) -> str:
    """A fingerprint of the pictures, their labels and how a judge learns."""
    assert train.labels is not None
    shape = (VERSION, tuple(train.images.shape), len(train.classes))
    told = hashlib.blake2b(f"{shape} {train.digest}".encode(), digest_size=16)
    told.update(train.labels.numpy().tobytes())
    return told.hexdigest()


def cached(key: str) -> Path:
    """Where the user's own judge of that key lies, whether it is there or not."""
    return cache_root() / "judges" / f"{key}.pt"


def keep(judge: Judge, path: Path) -> None:
    """Write a judge whole or not at all; a folder that takes nothing costs only the cache."""
    state = {
        "key": judge.key,
        "accuracy": judge.accuracy,
        "held_out": judge.held_out,
        "weights": judge.network.state_dict(),
    }
    with contextlib.suppress(OSError, RuntimeError):  # torch raises the latter on a full disk
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, writing = tempfile.mkstemp(suffix=".writing", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                torch.save(state, file)
            os.replace(writing, path)
        finally:
            Path(writing).unlink(missing_ok=True)


def _found(key: str, train: Pictures) -> Judge | None:
    shipped = _shipped(SHIPPED).get(key)
    for path in (shipped, cached(key)):
        state = _read(path) if path is not None else None
        if state is None or state["key"] != key:
            continue
        network = Classifier(train.channels, train.size, len(train.classes))
        with contextlib.suppress(RuntimeError):  # weights of another shape: damaged, or not ours
            network.load_state_dict(state["weights"])
            network.eval().requires_grad_(False)
            return Judge(
                network, _word(train), train.kind, state["accuracy"], state["held_out"], key
            )
    return None


@cache
def _shipped(folder: Path) -> dict[str, Path]:
    """Files of the judges that come with the app, by key."""
    read = {path: _read(path) for path in sorted(folder.glob("*.pt"))}
    return {state["key"]: path for path, state in read.items() if state is not None}


def _read(path: Path) -> dict[str, Any] | None:
    """What a file holds; None for one that is not there or is damaged."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        weights = state["weights"]
        whole = (
            isinstance(state["key"], str)
            and 0.0 <= float(state["accuracy"]) <= 1.0
            and int(state["held_out"]) > 0
            and all(bool(w.isfinite().all()) for w in weights.values())
        )
    except Exception:  # torch raises half a dozen kinds for a damaged file
        return None
    return state if whole else None


def _word(pictures: Pictures) -> str:
    """The name of a set, of a folder or zip its last part."""
    return pictures.name.replace("\\", "/").rstrip("/").rpartition("/")[2] or pictures.name


_LOCKS: dict[str, threading.Lock] = {}


@contextlib.contextmanager
def _alone(key: str, stop: Stop | None) -> Iterator[None]:
    """Forty visitors who want the same judge train one; who no longer wants it waits no longer."""
    lock = _LOCKS.setdefault(key, threading.Lock())
    while not lock.acquire(timeout=0.2):
        if stop is not None and stop():
            raise Stopped("the judge was no longer wanted")
    try:
        yield
    finally:
        lock.release()
