"""A z in, a picture out: what follows a finger.

Asked as ``dim`` float32 numbers, little-endian, in one binary message; or as JSON, ``{"z": [...]}``
or ``{"random": true}`` (see ``drawn.py``). Where G is told a class, its number follows as one more
float32, or as ``"label"`` in the JSON (0 if it is not there). Answered by a "latent" frame, header
``step`` (of the generator), ``mime``, ``state``, and if the server drew it ``z`` and ``seed``, with
the names of all ``classes`` that G is told of; the payload is the picture. Questions that came
together pass the network together, which rounds otherwise: a pixel moves by one step of 255 at
most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, cat, from_numpy

from gan_lab.latent import Model
from gan_lab.runs import wire
from gan_lab.runs.explorable import Explorable
from gan_lab.runs.pictures import png
from gan_lab.runs.reels import looks
from gan_lab.server.explore.asked import Wrong, class_of, model_of, near, refusal
from gan_lab.server.explore.drawn import drawn


def pictures(asked: Sequence[bytes | dict[str, Any]], explorable: Explorable) -> list[bytes]:
    """A "latent" frame for each question, or an "error" frame; nobody's disturbs another's."""
    try:
        model, state = model_of(explorable), explorable.state
        read = [_tried(one, model) for one in asked]
        right = [one for one in read if isinstance(one, _Question)]
        made = iter(_made(model, right) if right else ())
        return [
            _frame(one, next(made), model, state)
            if isinstance(one, _Question)
            else refusal(one, question)
            for one, question in zip(read, asked, strict=True)
        ]
    except Exception as error:  # there is no model, or the network has trouble of its own
        return [refusal(error, question) for question in asked]


def _frame(question: _Question, pixels: NDArray[np.uint8], model: Model, state: str) -> bytes:
    header: dict[str, Any] = {
        "step": model.step,
        "state": state,
        "mime": "image/png",
        "tile": pixels.shape[1],
    }
    if question.seed is not None:
        header["seed"] = question.seed
        header["z"] = [round(value, 4) for value in question.z[0].tolist()]
        header["classes"] = list(model.classes)
    return wire.encode("latent", header, png(pixels))


def _made(model: Model, questions: Sequence[_Question]) -> list[NDArray[np.uint8]]:
    """A picture for each, by one pass through the network."""
    labels = [one.label for one in questions if one.label is not None]
    return looks(model, cat([one.z for one in questions]), cat(labels) if labels else None)


class _Question(NamedTuple):
    """What is asked for.

    Attributes:
        z: 1×dim.
        label: number of the class, int64, 1; None where G is told of none.
        seed: that z was drawn by; None if it was given.
    """

    z: Tensor
    label: Tensor | None
    seed: int | None


def _tried(asked: bytes | dict[str, Any], model: Model) -> _Question | Exception:
    try:
        return _read(asked, model)
    except Exception as error:  # whatever it is, it is the business of who asked
        return error


def _read(asked: bytes | dict[str, Any], model: Model) -> _Question:
    """Raises Wrong."""
    dim, told, seed = model.dim, bool(model.classes), None
    label: Any = 0
    if isinstance(asked, bytes):
        if len(asked) != 4 * (dim + told):
            more = " and a class" if told else ""
            raise Wrong(f"z must be {dim} numbers{more}, of 4 bytes each.")
        values = np.frombuffer(asked, "<f4").copy()
        if told:
            values, label = values[:-1], values[-1]
    else:
        label = asked.get("label", 0)
        if asked.get("random") is True:
            values, seed = drawn(asked, model)
        else:
            values = _given(asked)
        if values.shape != (dim,):
            raise Wrong(f"z must be a list of {dim} numbers.")
    z = from_numpy(near(values)).unsqueeze(0)
    return _Question(z, class_of(label, model), seed)


def _given(asked: dict[str, Any]) -> NDArray[np.float64]:
    try:
        return np.asarray(asked["z"], np.float64)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise Wrong('Send z as {"z": [...]}, or {"random": true}.') from None
