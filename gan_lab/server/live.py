"""A run as it is watched: moments are pushed, curves are asked for.

To the page: the frames of ``gan_lab.runs.wire`` (moment, picture, curves, checkup). From the page,
JSON:
``{"curves": {"level": 3, "since": 120, "marks": 2, "take": 0, "points": 300}}`` asks for what it
lacks; ``{"around": 1234}`` for what every curve did before and after that step;
``{"meaning": "loss/D"}`` for what that curve, or the figure of that title, means;
``{"still": "z"}`` for something that the scene shows and that never changes;
``{"hidden": true}`` stops the pictures until ``{"hidden": false}``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from gan_lab.config import RunConfig
from gan_lab.runs import Hosted, Moment, Registry, Viewed, wire
from gan_lab.runs.messages import Checkup
from gan_lab.server.limits import HASTY, LIVE, Ear
from gan_lab.server.origin import admitted
from gan_lab.words import without_paths

AGAIN = 1012
"""Close code: the page should come again."""
POINTS = 300  # of a curve, if the page does not say
_NAME = 200  # characters of a curve's or a figure's
_FARTHEST = 10**30  # step; it is repeated to whoever asked


@dataclass(eq=False)
class _Viewer:
    """A box with one slot for a moment and one for a checkup: who is slow misses some, and nobody
    waits for them."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    frames: list[bytes] = field(default_factory=list)
    checkup: bytes = b""
    state: str = ""
    shown_state: str = ""
    stale: bool = True  # whether the page lacks the newest moment
    hidden: bool = False

    def put(self, frames: list[bytes], state: str) -> None:
        self.frames, self.state, self.stale = frames, state, True
        if not self.hidden or state != self.shown_state:
            self.news.set()

    def put_checkup(self, frame: bytes) -> None:
        """It goes out with the next moment, or by itself where no moment comes; a hidden page gets
        the newest when it is seen again."""
        self.checkup = frame
        if not self.hidden:
            self.news.set()

    async def take(self) -> list[bytes]:
        await self.news.wait()
        self.news.clear()
        self.shown_state = self.state
        frames = self.frames if self.stale else []
        checkup, self.checkup = self.checkup, b""
        self.stale = False
        return [*frames, checkup] if checkup else frames


class Broadcast:
    """All viewers of one run on one event loop: each moment is encoded once for all of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, config: RunConfig) -> None:
        self.loop = loop
        self._config = config
        self._viewers: set[_Viewer] = set()
        self._subscription = contextlib.ExitStack()

    def _hear(self, moment: Moment) -> None:
        """On the trainer's thread: hand over and go; the server may be closing."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._tell, moment)

    def _tell(self, moment: Moment) -> None:
        frames = wire.moment_frames(moment)
        for viewer in self._viewers:
            viewer.put(frames, moment.state)

    def _hear_checkup(self, checkup: Checkup) -> None:
        """On the thread that looks after the run."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._tell_checkup, checkup)

    def _tell_checkup(self, checkup: Checkup) -> None:
        frame = wire.checkup_frame(checkup, self._config)
        for viewer in self._viewers:
            viewer.put_checkup(frame)

    @contextlib.asynccontextmanager
    async def viewer(self, run: Viewed) -> AsyncIterator[_Viewer]:
        """A new box, filled with the present moment at once."""
        viewer = _Viewer()
        self._viewers.add(viewer)
        if len(self._viewers) == 1:
            self._subscription.enter_context(run.subscribed(self._hear))
            self._subscription.enter_context(run.checked_up(self._hear_checkup))
        moment = run.latest()
        viewer.put(wire.moment_frames(moment), moment.state)
        viewer.put_checkup(wire.checkup_frame(run.checkup(), moment.config))
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)
            if not self._viewers:
                self._subscription.close()


_BROADCASTS: weakref.WeakKeyDictionary[Viewed, Broadcast] = weakref.WeakKeyDictionary()


def _broadcast(run: Viewed) -> Broadcast:
    """The run's broadcast on the running loop (a server has one loop, tests have several)."""
    loop = asyncio.get_running_loop()
    known = _BROADCASTS.get(run)
    if known is None or known.loop is not loop:
        known = _BROADCASTS[run] = Broadcast(loop, run.latest().config)
    return known


def live_socket(runs: Registry) -> Any:
    """The endpoint of the live socket."""

    async def live(socket: WebSocket) -> None:
        hosted = await admitted(socket, runs.get)
        if hosted is None:
            return
        with hosted.watched():
            run = hosted.run
            async with _broadcast(run).viewer(run) as viewer:
                await _converse(socket, hosted, run, viewer)

    return live


async def _converse(socket: WebSocket, hosted: Hosted, run: Viewed, viewer: _Viewer) -> None:
    """Until the page goes, or another run takes this one's place: then the page comes again."""
    lock = asyncio.Lock()  # pushes and answers share the socket

    async def push() -> None:
        while True:
            frames = await viewer.take()
            async with lock:
                for frame in frames:
                    await socket.send_bytes(frame)
                if hosted.run is not run:
                    await socket.close(AGAIN, "it goes on")
                    return

    pushing = asyncio.create_task(push())
    try:
        ear = Ear(LIVE)
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            text = message.get("text") or message.get("bytes") or ""
            if not ear.hears(text):
                async with lock:
                    await socket.close(HASTY, LIVE.too_much)
                return
            answer = await _answer(text, run, viewer)
            if answer is not None:
                async with lock:
                    await socket.send_bytes(answer)
    except (WebSocketDisconnect, RuntimeError):
        pass  # gone: the talk is over
    finally:
        pushing.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await pushing


async def _answer(text: str | bytes, run: Viewed, viewer: _Viewer) -> bytes | None:
    """A frame for what the page said; what makes no sense is answered with an "error" frame."""
    try:
        asked = json.loads(text) if isinstance(text, str) and len(text) <= LIVE.longest else None
        if not isinstance(asked, dict):
            raise ValueError
        if "hidden" in asked:
            viewer.hidden = bool(asked["hidden"])
            if not viewer.hidden:
                viewer.stale = True
                viewer.news.set()
            return None
        if "still" in asked:
            return _still(str(asked["still"]), run)
        if "meaning" in asked:
            return await _meaning(asked["meaning"], run)
        if "around" in asked:
            return await _around(asked["around"], run)
        wanted = asked["curves"]
        level, since = int(wanted.get("level", -1)), max(0, int(wanted.get("since", 0)))
        marks, points = max(0, int(wanted.get("marks", 0))), int(wanted.get("points", POINTS))
        take = int(wanted.get("take", 0))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return wire.encode("error", {"text": "that was no question"})
    # the trainer may hold the history for a moment, so not on the loop
    answer = await asyncio.to_thread(run.curves_and_ledger, level, since, points, take)
    if answer is None:
        return wire.encode("error", {"text": "there are no curves yet"})
    curves, ledger = answer
    return wire.curves_frame(curves, ledger, marks if take == curves.take else 0)


def _still(name: str, run: Viewed) -> bytes:
    one = (run.stills() or {}).get(name)
    if one is None:
        return wire.encode("error", {"text": "there is no such still"})
    return wire.still_frame(name, one)


async def _meaning(of: Any, run: Viewed) -> bytes:
    """Raises TypeError if that is no name."""
    if not isinstance(of, str) or len(of) > _NAME:
        raise TypeError
    try:  # the trainer may hold the history for a moment, so not on the loop
        text = await asyncio.to_thread(run.meaning, of)
    except ValueError as error:
        return wire.encode("error", {"text": without_paths(str(error))})
    return wire.encode("meaning", {"of": of, "text": text})


async def _around(step: Any, run: Viewed) -> bytes:
    """Raises TypeError if that is no step."""
    if not isinstance(step, int) or isinstance(step, bool) or abs(step) > _FARTHEST:
        raise TypeError
    try:  # it reads the disk, so not on the loop
        return wire.around_frame(await asyncio.to_thread(run.around, step))
    except (ValueError, OSError) as error:
        return wire.encode("error", {"text": without_paths(str(error))})
