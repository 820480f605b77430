"""The socket of the latent page.

What follows a finger (``picture.py``) is answered at once, one message after the other, together
with what other pages ask just then (``desk.py``). All else is JSON, ``{"ask": name, "id": number,
...}``: answered by frames whose kind is that name, with the ``id`` and ``done``, true in the last
one, while pictures go on following. A new question of a name takes the place of the one under way,
and ``{"ask": "cancel", "id": number}`` ends one. What is wrong with a question is said in an
"error" frame, with the ``id`` if it had one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import threading
from collections.abc import Generator
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from gan_lab.runs import Registry, wire
from gan_lab.runs.explorable import Explorable
from gan_lab.server.explore.asked import Answer, Asked, Wrong, is_number, model_of, refusal
from gan_lab.server.explore.desk import desk_of
from gan_lab.server.explore.questions import QUESTIONS, WITH_IMAGE
from gan_lab.server.explore.uploaded import with_upload
from gan_lab.server.limits import HASTY, LATENT, QUESTION, VALUES, Ear
from gan_lab.server.origin import admitted
from gan_lab.server.turns import Turns
from gan_lab.server.visitors import sender_of
from gan_lab.training.devices import use_threads

UNDER_WAY = 4  # questions of one page at a time
_NEAR = 500  # characters from either end in which the id of a long question is looked for
_NUMBER = re.compile(r'"id"\s*:\s*([0-9]{1,15})\b')
_PATIENCE = 10  # how much a slow worker gives way to others: the system's niceness


def _slowly() -> None:
    """A thread of the slow pool gives way to training and to what follows a finger."""
    use_threads(1)
    with contextlib.suppress(AttributeError, OSError):  # Linux knows a niceness of each thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PATIENCE)


_SLOW = Turns("explore", _slowly)


def latent_socket(runs: Registry) -> Any:
    """The endpoint of the latent socket."""

    async def latent(socket: WebSocket) -> None:
        explorable = await admitted(socket, runs.explorable)
        if explorable is None:
            return
        talk = Conversation(socket, explorable)
        with explorable.exploring(), contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await talk.hold()

    return latent


class Conversation:
    """One page's questions and answers."""

    def __init__(self, socket: WebSocket, explorable: Explorable) -> None:
        self._socket = socket
        self._explorable = explorable
        self._desk = desk_of(explorable)
        self.sender = sender_of(socket)
        self._sending = asyncio.Lock()
        self._jobs: dict[str, _Job] = {}

    async def hold(self) -> None:
        """Until the page goes."""
        ear = Ear(LATENT)
        try:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                said = message.get("bytes") or message.get("text") or ""
                if not ear.hears(said):
                    async with self._sending:
                        await self._socket.close(HASTY, LATENT.too_much)
                    return
                await self._hear(said)
        finally:
            for job in self._jobs.values():
                job.stop()

    async def _hear(self, message: bytes | str) -> None:
        asked: bytes | dict[str, Any] | None = None
        try:
            asked = _read(message)
            if isinstance(asked, dict) and "ask" in asked:
                self._begin(asked)
                return
            answer = await self._desk.answer(asked)
        except Exception as error:
            answer = refusal(error, asked or _number_in(message))
        await self._send(answer)

    def _begin(self, asked: dict[str, Any]) -> None:
        """Raises Wrong."""
        name, number = asked["ask"], asked.get("id")
        if not is_number(number):
            raise Wrong("A question must have an id, a whole number of at most 15 digits.")
        if name == "cancel":
            for job in self._jobs.values():
                if job.number == number:
                    job.stop()
            return
        if not isinstance(name, str) or name not in QUESTIONS:
            raise Wrong("There is no such question.")
        if name in self._jobs:
            self._jobs[name].stop()
        elif len(self._jobs) >= UNDER_WAY:
            raise Wrong("Several questions are being answered; please wait for one of them.")
        job = _Job(name, number, self, asked)
        self._jobs[name] = job
        job.task.add_done_callback(lambda _: self._over(job))

    def _over(self, job: _Job) -> None:
        if self._jobs.get(job.name) is job:
            del self._jobs[job.name]

    async def _send(self, frame: bytes) -> None:
        async with self._sending:
            await self._socket.send_bytes(frame)

    def asked(self, fields: dict[str, Any], stopped: threading.Event) -> Asked:
        """The question with everything that it may look at. Raises Wrong."""
        explorable = self._explorable
        model = model_of(explorable)
        return Asked(fields, explorable, model, explorable.state, self.sender, stopped)

    async def say(self, frame: bytes, stopped: threading.Event) -> None:
        """Send an answer, if anybody still waits for it."""
        if not stopped.is_set():
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._send(frame)


class _Job:
    """A question by name that is being answered, step by step, others in between."""

    def __init__(self, name: str, number: int, talk: Conversation, fields: dict[str, Any]) -> None:
        self.name, self.number = name, number
        self._talk, self._fields = talk, fields
        self._stopped = threading.Event()
        self.task = asyncio.create_task(self._answer())

    def stop(self) -> None:
        self._stopped.set()

    async def _answer(self) -> None:
        steps = None
        try:
            asked = self._talk.asked(self._fields, self._stopped)
            if self.name in WITH_IMAGE:
                asked = await with_upload(asked)
            steps = QUESTIONS[self.name](asked)
            while not self._stopped.is_set():
                answer = await _SLOW.run(asked.sender, self._next, steps)
                if answer is None:
                    break
                header = {"id": self.number, "done": not answer.more, "step": asked.model.step}
                frame = wire.encode(self.name, header | answer.header, answer.payload)
                await self._talk.say(frame, self._stopped)
                if answer.pause:
                    await asyncio.sleep(answer.pause)
        except Exception as error:
            await self._talk.say(refusal(error, self._fields), self._stopped)
        finally:
            if steps is not None:
                await _SLOW.run(self._talk.sender, steps.close)

    def _next(self, steps: Generator[Answer, None, None]) -> Answer | None:
        """On a worker's thread: one step, if it is still waited for when its turn has come."""
        return None if self._stopped.is_set() else next(steps, None)


def _number_in(message: bytes | str) -> dict[str, Any] | None:
    """The id of a question that was not read: its page waits for an answer to it."""
    ends = (message[:_NEAR], message[-_NEAR:]) if isinstance(message, str) else ()
    found = next((one for end in ends if (one := _NUMBER.search(end))), None)
    return {"id": int(found[1])} if found else None


def _read(message: bytes | str) -> bytes | dict[str, Any]:
    """Raises Wrong."""
    limit = QUESTION if isinstance(message, str) and '"ask"' in message else LATENT.longest
    if len(message) > limit:
        raise Wrong("That message is too long.")
    if isinstance(message, bytes):
        return message
    if message.count(",") + message.count("[") + message.count("{") > VALUES:
        raise Wrong(f"A question holds at most {VALUES:,} numbers.")
    try:
        asked = json.loads(message)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Wrong('Send z as {"z": [...]}, or {"random": true}.')
    return asked
