"""The one registry of a server, and what lives as long as the server: warm-up and reaper."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import logging
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from functools import cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gan_lab.data import DataError, load
from gan_lab.export import tensorboard
from gan_lab.export.script import write
from gan_lab.leftovers import sweep
from gan_lab.presets import DEFAULT, preset
from gan_lab.runs import Registry
from gan_lab.runs.library import library
from gan_lab.runs.opinions import counted
from gan_lab.runs.pictures import encoded
from gan_lab.runs.registry import GRACE
from gan_lab.server import connections, making, takeout
from gan_lab.server.end import ended_by_signals, kept
from gan_lab.server.making import makings
from gan_lab.threads import BackgroundThread, safe_point
from gan_lab.training.devices import use_threads
from gan_lab.training.trainer import Trainer

__all__ = ["Reached", "alone_on", "library", "lifespan", "registry", "warm"]
log = logging.getLogger(__name__)

REAP_EVERY = 2.0  # s
_TIDY_EVERY = 600.0  # s between two looks into the trash
_WARM_ROUNDS = 3


@cache
def registry() -> Registry:
    """All runs of this process. ``GANLAB_GRACE`` (s) says how long a run may go unwatched."""
    return Registry(grace=_grace(os.environ.get("GANLAB_GRACE", "")))


def alone_on(address: str | None) -> None:
    """Where only this machine can reach the server, whoever asks sees all of its runs, unless
    ``GANLAB_SEE=own``.

    Args:
        address: that the server listens on; None for all that there are.
    """
    if os.environ.get("GANLAB_SEE") in (None, "", "all") and _is_loopback(address or ""):
        library().see_all = True


class Reached:
    """Middleware: a server that listens on this machine alone is reached from elsewhere all the
    same if a proxy stands before it. With the first request that came through one nobody sees all
    of the runs any more, unless ``GANLAB_SEE=all``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and library().see_all:
            _heard_from(Headers(scope=scope))
        await self._app(scope, receive, send)


def _heard_from(headers: Headers) -> None:
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname or "localhost"
    except ValueError:
        host = "no host"
    passed_on = any(name in headers for name in ("x-forwarded-for", "forwarded"))
    if (passed_on or not _is_loopback(host)) and os.environ.get("GANLAB_SEE") != "all":
        library().see_all = False
        log.warning("somebody reached this server as %s: everybody sees own runs alone now", host)


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _grace(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return GRACE


def warm() -> None:
    """Play a few rounds for nobody, so that the first visitor's first picture comes at once.

    The first step of an optimiser imports hundreds of modules; the first convolution picks its
    kernels. What is then in memory stays: the collector need not look at it again.
    """
    use_threads(1)  # whoever trains already should not wait for us
    config = preset(DEFAULT).config
    try:
        trainer = Trainer(config, load(config.data))
    except (DataError, ValueError) as error:
        log.info("nothing was warmed: %s", error)
        return
    for _ in range(_WARM_ROUNDS):
        safe_point()
        trainer.round()
    trainer.flush()
    views, verdicts, _ = trainer.look()
    for view in views.values():
        encoded(view)
    counted(verdicts)
    del trainer
    gc.collect()
    gc.freeze()


def tidy() -> None:
    """Remove from the disk what nobody needs: old trash, and what killed servers left of imports,
    uploads and exports."""
    for prefix in (takeout.BROUGHT, making.PREFIX, tensorboard.PREFIX, write.PREFIX):
        sweep(prefix)
    library().tidy()


async def _reap(runs: Registry) -> None:
    tidied = -1
    while True:
        await asyncio.sleep(REAP_EVERY)
        try:
            await asyncio.to_thread(runs.reap)
            await asyncio.to_thread(makings.sweep)
            if (minute := int(time.monotonic() / _TIDY_EVERY)) != tidied:
                await asyncio.to_thread(tidy)
                tidied = minute
        except Exception:  # one bad round must not be the last
            log.exception("runs could not be looked after")


@contextlib.asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Of the server: warm-up and reaper at its start, which also removes what killed servers left;
    at its end a checkpoint of every run, and no file is made any more. A signal begins that end at
    once."""
    runs = registry()
    connections.guard()  # before the server listens
    BackgroundThread(warm, "warm-up").start()
    reaper = asyncio.create_task(_reap(runs))
    closing = threading.Lock()  # a signal and the end of the lifespan may close at the same time

    def close() -> None:
        with closing:
            if said := kept(*runs.close()):
                with contextlib.suppress(OSError, ValueError):  # nobody reads stderr any more
                    sys.stderr.write(said + "\n")
                    sys.stderr.flush()
            makings.close()

    try:
        with ended_by_signals(close):
            yield
    finally:
        reaper.cancel()
        await asyncio.to_thread(close)
