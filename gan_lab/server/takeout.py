"""What a visitor takes of a run, and brings, over HTTP.

``takeout/<view id>``, GET: JSON with ``exports``, each with name, title, about, ending, ``why`` it
cannot be had (""), and ``wish``, what of it can be chosen, or null; and ``now``, the file that is
on its way or null; POST ``{"export": name}``, with ``n`` and ``label`` where they can be chosen:
one begins to be made; DELETE: it is wanted no more. ``takeout/<view id>/now``: the file's progress
alone; ``takeout/<view id>/file``: the file. Whoever may look at a run may take of it; each visitor
has files and progress of their own, which nobody else can replace or cancel.

``bring?name=``, POST: a file that was taken, as the body, and what it is called; the answer names
the run that came of it.

A run that trains saves itself first, if it has not done so just now; the rest is read from the
files of its folder, and takes nothing of the trainer's time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from gan_lab.export import EXPORTS, Export, bring
from gan_lab.leftovers import temporary_folder
from gan_lab.runs import Hosted, Registry, runs_root
from gan_lab.runs.disk import refuse_full
from gan_lab.runs.library import library
from gan_lab.runs.messages import Checkpoint
from gan_lab.runs.registry import pictures_in_reach
from gan_lab.server import limits
from gan_lab.server.limits import TOO_OFTEN, Slots, parts
from gan_lab.server.making import Busy, makings, spoken
from gan_lab.server.visitors import sender_of
from gan_lab.server.wishes import open_to, wished

Endpoint = Callable[[Request], Awaitable[Response]]

_FRESH = {"cache-control": "no-store"}
BROUGHT = "ganlab-bring-"
"""Of the temporary folders that hold what is being imported."""
_SAVING = 20.0  # s that a run may take to save what it has reached
_LOOKS = 1.0  # s between two looks whether the visitor still waits for an import
_OLD = 5.0  # s; what a run saved less long ago will do
_BRINGING = {
    "own": "You are bringing a run already; wait for it.",
    "others": "Others bring runs; try again in a moment.",
}
_GONE = PlainTextResponse("there is no such run (any more)", 404, _FRESH)


def takeout(runs: Registry) -> Endpoint:
    """The endpoint that tells what there is, begins a file, and lets go of it."""
    wishes = limits.wishes()

    async def answer(request: Request) -> Response:
        view_id = request.path_params["view_id"]
        hosted = runs.get(view_id)
        if hosted is None:
            return _GONE
        sender = sender_of(request)
        if request.method not in ("GET", "HEAD") and not wishes.takes(sender, view_id):
            return PlainTextResponse(TOO_OFTEN, 429, _FRESH)
        if request.method == "DELETE":
            makings.cancel(view_id, sender.visitor)
        elif request.method == "POST":
            return await _begin(request, hosted)
        exports = await asyncio.to_thread(_offered, hosted)
        return JSONResponse(
            {"exports": exports, "now": _now(view_id, sender.visitor)}, headers=_FRESH
        )

    return answer


async def _begin(request: Request, hosted: Hosted) -> Response:
    asked = await _body(request)
    export = EXPORTS.get(str(asked.get("export")))
    if export is None:
        return PlainTextResponse("there is no such file", 404, _FRESH)
    try:
        why = await asyncio.to_thread(_why_not, export, hosted)
        if why:
            return PlainTextResponse(why, 409, _FRESH)
        export = wished(export, asked, hosted)
        await _saved(hosted)
        made = makings.begin(hosted.view_id, sender_of(request), hosted.directory, export)
    except ValueError as error:
        return PlainTextResponse(spoken(str(error)), 400, _FRESH)
    except Busy as error:
        return PlainTextResponse(str(error), 503, _FRESH)
    except OSError as error:
        return PlainTextResponse(spoken(error.strerror or str(error)), 503, _FRESH)
    return JSONResponse(made.told(), headers=_FRESH)


async def _saved(hosted: Hosted) -> None:
    """A file of a run is of what its page shows, and not of a checkpoint of long ago.

    A run that is too busy to save itself in time is taken as it was saved last.
    """
    moment = hosted.run.latest()
    if moment.state.over:
        return
    newest = hosted.directory.checkpoint_files()[-1:]
    with contextlib.suppress(OSError):
        if any(int(path.stem) == moment.counts.steps or time.time() - path.stat().st_mtime < _OLD
               for path in newest):  # fmt: skip
            return
    await asyncio.wait([asyncio.wrap_future(hosted.run.send(Checkpoint()))], timeout=_SAVING)


def takeout_now(runs: Registry) -> Endpoint:
    """The endpoint of progress."""

    async def answer(request: Request) -> Response:
        view_id = request.path_params["view_id"]
        if runs.get(view_id) is None:
            return _GONE
        return JSONResponse(_now(view_id, sender_of(request).visitor), headers=_FRESH)

    return answer


def takeout_file(runs: Registry) -> Endpoint:
    """The endpoint of the file, read from the disk as it is sent."""

    async def answer(request: Request) -> Response:
        view_id = request.path_params["view_id"]
        if runs.get(view_id) is None:
            return _GONE
        made = makings.of(view_id, sender_of(request).visitor)
        if made is None or made.state != "ready" or not made.path.is_file():
            return PlainTextResponse("it is not there (any more); make it again", 404, _FRESH)
        return FileResponse(
            made.path, media_type=made.export.media, filename=made.name, headers=_FRESH
        )

    return answer


def bringing(runs: Registry) -> Endpoint:
    """The endpoint that takes the zip of a run."""
    arrivals, under_way = limits.arrivals(), Slots()

    async def answer(request: Request) -> Response:
        sender = sender_of(request)
        if not sender.visitor:
            return PlainTextResponse("Open a page of this app first.", 403, _FRESH)
        if not arrivals.takes(sender):
            return PlainTextResponse(TOO_OFTEN, 429, _FRESH)
        if held := under_way.take(sender, 1, limits.BRINGING):
            return PlainTextResponse(_BRINGING[held], 503, _FRESH)
        try:
            hosted = await _brought(request, runs, sender.visitor)
        except ClientDisconnect:
            return PlainTextResponse("It did not come whole.", 400, _FRESH)
        except ValueError as error:
            return PlainTextResponse(spoken(str(error)), 400, _FRESH)
        except OSError as error:
            words = f"It cannot be kept here: {error.strerror or error}"
            return PlainTextResponse(spoken(words), 507, _FRESH)
        finally:
            under_way.release(sender)
        return JSONResponse({"run": hosted.view_id}, headers=_FRESH)

    return answer


async def _brought(request: Request, runs: Registry, visitor: str) -> Hosted:
    """Write the body to the disk, check and unpack it, open what came of it; the work on it ends
    when the visitor leaves.

    Raises ValueError in a sentence, OSError, ClientDisconnect.
    """
    too_large = f"More than {limits.ZIP >> 20} MB; that is no run of this app."
    with temporary_folder(BROUGHT) as folder:
        path = folder / "brought.zip"
        with path.open("xb") as file:
            async for part in parts(request, limits.ZIP, too_large):
                await asyncio.to_thread(_written, file, part)
        name = request.query_params.get("name", "")
        left = threading.Event()
        opening = asyncio.create_task(
            asyncio.to_thread(_opened, path, name, runs, visitor, left.is_set)
        )
        try:
            while not (await asyncio.wait({opening}, timeout=_LOOKS))[0]:
                if await request.is_disconnected():
                    left.set()
            return opening.result()
        finally:
            left.set()
            # also where this task is cancelled: its slot is taken, and its file there, until then
            await asyncio.wait({opening})


def _written(file: BinaryIO, part: bytes) -> None:
    """Raises OSError, also while there is still some room: others need it."""
    refuse_full(file.fileno(), len(part))
    file.write(part)


def _opened(
    path: Path, name: str, runs: Registry, visitor: str, left: Callable[[], bool]
) -> Hosted:
    owners = library().owners
    brought = bring(
        path,
        runs_root(),
        mark=lambda run: owners.mark(run, visitor),
        name=name or path.name,
        cancelled=left,
    )
    return runs.open(brought.path, visitor)


def _offered(hosted: Hosted) -> list[dict[str, Any]]:
    """What there is, in the order of the table."""
    return [
        {
            "name": export.name,
            "title": export.title,
            "about": export.about,
            "ending": export.ending,
            "why": _why_not(export, hosted),
            "wish": open_to(export, hosted),
        }
        for export in EXPORTS.values()
    ]


def _why_not(export: Export, hosted: Hosted) -> str:
    """Why a file cannot be had; a folder that cannot be read is a reason too."""
    try:
        why = export.why_not(hosted.directory)
        if not why and export.reads(hosted.directory) and not _in_reach(hosted):
            why = "the pictures that this run was trained on are not on this server"
        return spoken(why)
    except (OSError, ValueError) as error:
        return spoken(str(error).partition("\n")[0])


def _in_reach(hosted: Hosted) -> bool:
    return pictures_in_reach(hosted, hosted.run.latest().config)


def _now(view_id: str, visitor: str) -> dict[str, Any] | None:
    made = makings.of(view_id, visitor)
    return made.told() if made is not None else None


async def _body(request: Request) -> Mapping[str, Any]:
    """A small JSON object; an empty one for anything else."""
    with contextlib.suppress(ValueError, RecursionError, ClientDisconnect):
        data = b"".join([part async for part in parts(request, limits.WISH, "")])
        found = json.loads(data)
        if isinstance(found, dict):
            return found
    return {}
