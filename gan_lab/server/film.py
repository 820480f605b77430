"""The film of a run over HTTP: what there is, and each shot by itself.

``film/<view id>``: JSON with ``shots``, oldest first, each [step, seconds, tag]; ``states``, the
steps that a new run can start from; ``changes``, what was turned in the run, each with its place in
the ledger. ``film/<view id>/<step>-<tag>``: the file of one shot, see ``gan_lab.runs.film``; its
content never changes, so that a browser may keep it. ``film/<view id>/animation.<kind>``: all of
it as one file.

The trainer takes no part in it: files are read, and what the run's film lists.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gan_lab.runs import Hosted, Registry, Viewed
from gan_lab.runs.animation import KINDS, AnimationError, animation
from gan_lab.runs.film import FilmError
from gan_lab.runs.states import kept_states
from gan_lab.server.limits import Slots
from gan_lab.server.visitors import sender_of
from gan_lab.threads import Pool
from gan_lab.training.devices import use_threads
from gan_lab.words import without_paths

Endpoint = Callable[[Request], Awaitable[Response]]

_KEPT = {"cache-control": "private, max-age=31536000, immutable"}
_FRESH = {"cache-control": "no-store"}
_QUEUE = 4  # animations that may be asked for at once, one by each visitor; one is made at a time
_TURN = 0.2  # s between two looks at whether the browser still waits
_CHANGES = 2000  # newest, of a run in which more was turned
_MAKER = Pool(1, "animation", initializer=use_threads, initargs=(1,))
GONE = PlainTextResponse("there is no such run (any more)", 404, _FRESH)


def hosted_of(request: Request, runs: Registry) -> Hosted | None:
    """The run that a request's path names."""
    return runs.get(request.path_params["view_id"])


def film_index(runs: Registry) -> Endpoint:
    """The endpoint that tells what there is."""

    async def index(request: Request) -> Response:
        hosted = hosted_of(request, runs)
        if hosted is None:
            return GONE
        return JSONResponse(await asyncio.to_thread(_index, hosted.run), headers=_FRESH)

    return index


def film_shot(runs: Registry) -> Endpoint:
    """The endpoint of single shots."""

    async def shot(request: Request) -> Response:
        hosted = hosted_of(request, runs)
        if hosted is None:
            return GONE
        step, tag = request.path_params["step"], request.path_params["tag"]
        film = hosted.run.film
        wanted = next((s for s in film.shots if s.step == step and s.tag == tag), None)
        if wanted is None:
            return PlainTextResponse("that step is not on the film", 404, _FRESH)
        try:
            data = await asyncio.to_thread(film.data, wanted)
        except FilmError as error:
            return PlainTextResponse(without_paths(str(error)), 404, _FRESH)
        return Response(data, media_type="application/octet-stream", headers=_KEPT)

    return shot


def film_animation(runs: Registry) -> Endpoint:
    """The endpoint of the whole film as one file."""
    waiting = Slots()

    async def whole(request: Request) -> Response:
        sender = sender_of(request)
        hosted, kind = hosted_of(request, runs), request.path_params["kind"]
        if hosted is None:
            return GONE
        if kind not in KINDS:
            return PlainTextResponse(f"there are {', '.join(KINDS)}", 404, _FRESH)
        if waiting.take(sender, 1, _QUEUE):
            return PlainTextResponse("others are being made; try again in a moment", 503, _FRESH)
        try:
            data = await _while_wanted(request, animation, hosted.run.film, kind)
        except AnimationError as error:
            return PlainTextResponse(without_paths(str(error)), 404, _FRESH)
        finally:
            waiting.release(sender)
        name = re.sub(r"[^A-Za-z0-9._-]", "-", hosted.run.directory.path.name)
        told = {"content-disposition": f'attachment; filename="{name}.{kind}"'}
        return Response(data, media_type=KINDS[kind], headers=_FRESH | told)

    return whole


async def _while_wanted(request: Request, make: Callable[..., bytes], *arguments: Any) -> bytes:
    """What ``make`` returns; it is stopped if the browser goes. Its last argument is asked for."""
    stopped = threading.Event()
    loop = asyncio.get_running_loop()
    made = loop.run_in_executor(_MAKER, make, *arguments, stopped.is_set)
    try:
        while not made.done():
            await asyncio.wait([made], timeout=_TURN)
            if not made.done() and await request.is_disconnected():
                stopped.set()
        return made.result()
    finally:
        stopped.set()
        await asyncio.wait([made])  # where this task is cancelled, its slot is taken until then


def _index(run: Viewed) -> dict[str, Any]:
    shots = run.film.shots  # first: what was done until then must be among the changes
    turned = [
        {"place": place, "path": entry.path, "old": entry.old, "new": entry.new}
        for place, entry in enumerate(run.ledger())
        if entry.turned
    ]
    return {
        "shots": [[shot.step, round(shot.seconds, 3), shot.tag] for shot in shots],
        "states": list(kept_states(run.directory)),
        "changes": turned[-_CHANGES:],
    }
