"""The end of the server: each run saves a checkpoint, and the exit code is the one that is due.

Uvicorn waits for every open response before it ends the lifespan, and a slow download may take an
hour. So the runs are stopped as soon as the signal comes, and responses that are still open some
seconds after the last checkpoint are given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from gan_lab.threads import BackgroundThread, finish, flush

log = logging.getLogger(__name__)

LINGER = 10.0  # s for open responses after all runs have ended
INTERRUPTED = 1  # Streamlit's exit code after SIGINT


def kept(saved: int, others: int) -> str:
    """The sentence for whoever ends the server; "" where no run was under way.

    Args:
        saved: runs that were stopped with a checkpoint of their last step.
        others: runs of which an earlier checkpoint is the newest one.
    """
    said = []
    if saved:
        said.append(f"{_runs(saved)} saved; open the app again to resume {_them(saved)}.")
    if others:
        said.append(
            f"{_runs(others)} not saved at the last step; open the app again to resume"
            f" {_them(others)} from the last checkpoint."
        )
    return " ".join(said)


def _runs(count: int) -> str:
    return "1 run was" if count == 1 else f"{count} runs were"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


@contextlib.contextmanager
def ended_by_signals(close: Callable[[], object]) -> Iterator[None]:
    """While inside, SIGINT and SIGTERM call ``close`` in a thread, besides what they do already.

    The process ends :data:`LINGER` seconds after that, unless the server has ended it by then.
    Only in the main thread, within a running event loop; elsewhere it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    ending: list[BackgroundThread] = []
    over = threading.Event()

    def end(number: int) -> None:
        _guarded(close)
        if not over.wait(LINGER):
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server has ended
                loop.call_soon_threadsafe(_end_now, number)

    def begin(number: int) -> None:
        if not ending:
            ending.append(BackgroundThread(lambda: end(number), "server-end", on_stop=over.set))
            ending[0].start()

    def note(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin, number)  # a handler takes no lock
        handler = former[number]
        if callable(handler):
            handler(number, frame)

    former: dict[int, Any] = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    for number in former:
        signal.signal(number, note)
    try:
        yield
    finally:
        over.set()  # no response is open any more
        for number, handler in former.items():
            signal.signal(number, handler)
        flush()  # uvicorn raises the signal again, which ends the process at once


def _guarded(close: Callable[[], object]) -> None:
    try:
        close()
    except Exception:
        log.exception("the runs could not be stopped")


def _end_now(number: int) -> None:
    """On the main thread: as uvicorn and Streamlit would end the process."""

    def end() -> None:
        if number == signal.SIGTERM:
            signal.raise_signal(number)
        os._exit(INTERRUPTED)

    if number == signal.SIGTERM:
        signal.signal(number, signal.SIG_DFL)
    finish(end)
    end()
