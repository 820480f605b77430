"""Walking the latent space of a run: z in, a picture out.

From the page: ``dim`` float32 numbers, little-endian, as one binary message; or JSON,
``{"z": [...]}`` or ``{"random": true}``. Where G is told a class, its number follows as one more
float32, or as ``"label"`` in the JSON (0 if it is not there). To the page: a "latent" frame of the
wire, header ``step`` (of the generator), ``mime``, ``state``, and if the server drew it ``z``, with
the names of all ``classes`` that G is told of; the payload is the picture. A wrong question is
answered with an "error" frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from starlette.websockets import WebSocket, WebSocketDisconnect

from gan_lab.config import Latent
from gan_lab.data import plane_of, to_points
from gan_lab.games import game_of
from gan_lab.latent import draw, pictures
from gan_lab.objectives.conditions import with_classes
from gan_lab.runs import Registry, Run, wire
from gan_lab.runs.messages import Shown
from gan_lab.runs.pictures import mosaic, png, scatter
from gan_lab.server.origin import admitted
from gan_lab.training.devices import use_threads

MESSAGE_LIMIT = 32 * 512  # bytes: the largest latent as JSON with all its digits
FARTHEST = 100.0  # of a number in z; beyond it a network says nothing of interest

# two, so that one visitor's wide network does not hold up everybody; one core each
_WORKERS = ThreadPoolExecutor(2, "latent", initializer=use_threads, initargs=(1,))


class _Wrong(ValueError):
    """A question that cannot be answered, in words for people."""


def latent_socket(runs: Registry) -> Any:
    """The endpoint of the latent socket."""

    async def latent(socket: WebSocket) -> None:
        hosted = await admitted(socket, runs)
        if hosted is None:
            return
        loop = asyncio.get_running_loop()
        with (
            hosted.watched(),
            hosted.run.explored(),
            contextlib.suppress(WebSocketDisconnect, RuntimeError),
        ):
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                asked = message.get("bytes") or message.get("text") or ""
                answer = await loop.run_in_executor(_WORKERS, _answer, asked, hosted.run)
                await socket.send_bytes(answer)

    return latent


def _answer(asked: bytes | str, run: Run) -> bytes:
    """A "latent" or an "error" frame; never raises."""
    try:
        shown = run.shown()
        if shown is None:
            raise _Wrong("The run has no generator yet; it comes with its first moment.")
        if not game_of(shown.config).from_noise:
            raise _Wrong("This generator begins from a picture, not from noise.")
        question = _read(asked, shown)
        source = with_classes(question.z, question.label, len(_classes(shown)))
        pixels = _pixels(shown, source)
    except _Wrong as wrong:
        return wire.encode("error", {"text": str(wrong)})
    except Exception as error:  # a network's own trouble must not end the conversation
        return wire.encode("error", {"text": f"No picture could be made ({error})."})
    header: dict[str, Any] = {
        "step": shown.step,
        "state": str(run.latest().state),
        "mime": "image/png",
        "tile": pixels.shape[1],
    }
    if question.drawn:
        header["z"] = [round(value, 4) for value in question.z[0].tolist()]
        header["classes"] = list(_classes(shown))
    return wire.encode("latent", header, png(pixels))


def _pixels(shown: Shown, source: torch.Tensor) -> NDArray[np.uint8]:
    """What G makes of one z, told its class; a point is shown among the places of real ones."""
    output = shown.config.networks.g.output
    if not shown.kind.points:
        return mosaic(pictures(shown.network, source, output))
    plane = plane_of(shown.config.data.name)
    with torch.no_grad():
        made = plane.reach * to_points(shown.network(source), output)
    return scatter(made, plane.places, plane.reach)


class _Question(NamedTuple):
    """What is asked for.

    Attributes:
        z: 1×dim.
        label: number of the class, int64, 1; None where G is told of none.
        drawn: whether z was drawn here.
    """

    z: torch.Tensor
    label: torch.Tensor | None
    drawn: bool


def _classes(shown: Shown) -> tuple[str, ...]:
    """The classes that G is told of; none if it knows of none."""
    return shown.kind.classes if shown.config.networks.labels != "none" else ()


def _read(asked: bytes | str, shown: Shown) -> _Question:
    """Raises _Wrong."""
    if len(asked) > MESSAGE_LIMIT:
        raise _Wrong("That message is too long.")
    latent, told, drawn = shown.config.latent, bool(_classes(shown)), False
    label: Any = 0
    if isinstance(asked, bytes):
        if len(asked) != 4 * (latent.dim + told):
            more = " and a class" if told else ""
            raise _Wrong(f"z must be {latent.dim} numbers{more}, of 4 bytes each.")
        values = np.frombuffer(asked, "<f4").copy()
        if told:
            values, label = values[:-1], values[-1]
    else:
        try:
            question = json.loads(asked)
            label, drawn = question.get("label", 0), question.get("random") is True
            values = _drawn(latent) if drawn else np.asarray(question["z"], np.float32)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _Wrong('Send z as {"z": [...]}, or {"random": true}.') from None
        if values.shape != (latent.dim,):
            raise _Wrong(f"z must be a list of {latent.dim} numbers.")
    if not np.isfinite(values).all() or np.abs(values).max() > FARTHEST:
        raise _Wrong(f"Every number of z must be from {-FARTHEST:g} to {FARTHEST:g}.")
    return _Question(torch.from_numpy(values).unsqueeze(0), _label(label, shown), drawn)


def _drawn(latent: Latent) -> NDArray[np.float32]:
    return draw(latent, 1, secrets.randbelow(2**53))[0].numpy()


def _label(number: Any, shown: Shown) -> torch.Tensor | None:
    """A class as a tensor, int64, 1; None where G is told of none. Raises _Wrong."""
    count = len(_classes(shown))
    if not count:
        return None
    if not (isinstance(number, int | float | np.floating) and number in range(count)):
        raise _Wrong(f"The class must be a whole number from 0 to {count - 1}.")
    return torch.tensor([int(number)])
