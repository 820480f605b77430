"""A question of the latent page, and what is answered. Whatever is read here was checked."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_lab.games import game_of
from gan_lab.latent import Model
from gan_lab.runs import wire
from gan_lab.runs.explorable import Explorable
from gan_lab.runs.registry import pictures_in_reach
from gan_lab.server.visitors import Sender
from gan_lab.words import without_paths

FARTHEST = 100.0
"""Of a number in z; beyond it a network says nothing of interest."""
ANYBODY = Sender("")
_MISSING = object()


class Wrong(ValueError):
    """A question that cannot be answered, in words for people."""


class Answer(NamedTuple):
    """One frame that goes back.

    Attributes:
        header: its kind, id and ``done`` are put beside it.
        payload: bytes, such as an encoded picture.
        more: whether another answer to the same question follows.
        pause: s until it is gone on with; meanwhile it takes no worker from others.
    """

    header: dict[str, Any]
    payload: bytes = b""
    more: bool = False
    pause: float = 0.0


@dataclass(frozen=True)
class Asked:
    """Readers of its fields raise :class:`Wrong` where a field is not what it should be.

    Attributes:
        fields: as they came, unchecked.
        explorable: whom it is asked of.
        model: its generator, the same for as long as this question is answered.
        state: of the run.
        sender: who asks.
        stopped: set as soon as nobody waits for the answer any more.
        image: that the visitor sent in the field ``file``, uint8, C×S×S; decoded before the
            question begins (``uploaded.py``).
    """

    fields: dict[str, Any]
    explorable: Explorable
    model: Model
    state: str = ""
    sender: Sender = ANYBODY
    stopped: threading.Event = field(default_factory=threading.Event)
    image: Tensor | None = None

    def z(self, name: str = "z") -> Tensor:
        """float32, 1×dim."""
        return self.zs(name, 1, nested=False)

    def zs(self, name: str, most: int, *, nested: bool = True) -> Tensor:
        """float32, N×dim, N from 1 to ``most``: a list of z."""
        given = self.fields.get(name)
        rows = given if nested else [given]
        dim = self.model.dim
        if not isinstance(rows, list) or not 0 < len(rows) <= most:
            raise Wrong(f"{name} must be a list of 1 to {most} z.")
        try:
            values = np.asarray(rows, np.float64)
        except (ValueError, TypeError, OverflowError):
            raise Wrong(f"{name} must be numbers.") from None
        if values.shape != (len(rows), dim):
            raise Wrong(f"z must be a list of {dim} numbers.")
        return torch.from_numpy(near(values))

    def places(self, name: str, most: int) -> Tensor:
        """float32, N×2, N from 1 to ``most``: places on a plane."""
        given = self.fields.get(name)
        if not isinstance(given, list) or not 0 < len(given) <= most:
            raise Wrong(f"{name} must be a list of 1 to {most} places.")
        try:
            values = np.asarray(given, np.float64)
        except (ValueError, TypeError, OverflowError):
            values = np.empty(0)
        if values.shape != (len(given), 2) or not np.isfinite(values).all():
            raise Wrong(f"{name} must be pairs of numbers.")
        return torch.from_numpy(values.astype(np.float32))

    def label(self, name: str = "label") -> Tensor | None:
        """A class, int64, 1; None where G is told of none. The first where none is given."""
        return class_of(self.fields.get(name, 0), self.model)

    def labels(self, name: str, count: int) -> Tensor | None:
        """``count`` classes, int64; None where G is told of none."""
        if not self.model.classes:
            return None
        given = self.fields.get(name)
        if not isinstance(given, list) or len(given) != count:
            raise Wrong(f"{name} must be a list of {count} classes.")
        every = [class_of(one, self.model) for one in given]
        return torch.cat([one for one in every if one is not None])

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within bounds, both allowed."""
        value = self._given(name, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Wrong(f"{name} must be a whole number from {low} to {high}.")
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """A number within bounds, both allowed."""
        value = self._given(name, default)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not low <= value <= high:  # no NaN is
            raise Wrong(f"{name} must be a number from {low:g} to {high:g}.")
        return float(value)

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of some words."""
        value = self._given(name, default)
        if value not in allowed:
            raise Wrong(f"{name} must be one of {', '.join(allowed)}.")
        return str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise Wrong(f"{name} must be true or false.")
        return value

    def text(self, name: str, most: int) -> str:
        """1 to ``most`` characters that can be printed, without space around them."""
        value = self._given(name, None)
        text = value.strip() if isinstance(value, str) else ""
        if not 0 < len(text) <= most or not text.isprintable():
            raise Wrong(f"{name} must be 1 to {most} letters, digits or signs.")
        return text

    def file(self, name: str, most: int) -> bytes:
        """Bytes that came as base64."""
        value = self._given(name, None)
        try:
            data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
        except (binascii.Error, ValueError):
            data = b""
        if not 0 < len(data) <= most:
            raise Wrong(f"The file must be at most {most / 2**20:.0f} MB, and not empty.")
        return data

    def _given(self, name: str, default: Any) -> Any:
        value = self.fields.get(name, _MISSING)
        if value is not _MISSING and value is not None:
            return value
        if default is None:
            raise Wrong(f"{name} is missing.")
        return default


def is_number(value: object) -> TypeGuard[int]:
    """Whether a page may give this id to a question: JavaScript knows such integers exactly."""
    return isinstance(value, int) and abs(value) < 10**15


def refusal(error: Exception, asked: bytes | dict[str, Any] | None) -> bytes:
    """An "error" frame; a network's own trouble must not end the conversation."""
    why = error.strerror if isinstance(error, OSError) else error  # without a place on the disk
    text = str(error) if isinstance(error, Wrong) else f"No answer could be made ({why})."
    text = without_paths(text)
    number = asked.get("id") if isinstance(asked, dict) else None
    return wire.encode("error", {"text": text, "id": number if is_number(number) else None})


Question = Callable[[Asked], Generator[Answer, None, None]]
"""Yields what it has found so far, each step in a thread of the slow pool; between two steps others
have their turn, and an answer that nobody waits for any more is not gone on with."""


def model_of(explorable: Explorable) -> Model:
    """The generator to explore. Raises Wrong if there is none, or none that begins from noise."""
    shown = explorable.shown()
    if shown is None:
        raise Wrong("The run has no generator yet; it comes with its first moment.")
    if not game_of(shown.config).from_noise:
        raise Wrong("This generator begins from a picture, not from noise.")
    if not pictures_in_reach(explorable, shown.config):
        return replace(shown.model, real="")
    return shown.model


def near(values: NDArray[Any]) -> NDArray[np.float32]:
    """The same numbers as float32. Raises Wrong if one is too far away, or none at all."""
    if not np.isfinite(values).all() or np.abs(values).max(initial=0.0) > FARTHEST:
        raise Wrong(f"Every number of z must be from {-FARTHEST:g} to {FARTHEST:g}.")
    return values.astype(np.float32)


def class_of(number: Any, model: Model) -> Tensor | None:
    """A class as a tensor, int64, 1; None where G is told of none. Raises Wrong."""
    count = len(model.classes)
    if not count:
        return None
    if not (isinstance(number, int | float | np.floating) and number in range(count)):
        raise Wrong(f"The class must be a whole number from 0 to {count - 1}.")
    return torch.tensor([int(number)])
