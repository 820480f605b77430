"""Background threads: the end of the process tells each to stop and waits for it, within a bound.

CPython ends a daemon thread that wants the GIL while the interpreter finalizes by unwinding its
stack. Inside PyTorch that calls ``std::terminate``, and the process aborts (exit code 134) after
all of its work was done. So each thread of this package is a :class:`BackgroundThread`, pools
included, and a process ends in one of two ways:

- ``leave(code)``, on the command line;
- by itself, as a notebook, a script or the server does: the handlers at the end of this module run
  before the interpreter joins threads without a bound, and before it finalizes.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401 - see the end of this module
import contextlib
import ctypes
import faulthandler
import logging
import os
import queue
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from typing import Any, NoReturn, TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE = 2.0  # s
EXIT_HANDLERS = 10.0  # s that the exit handlers of a process may take
FINALIZATION = 60.0  # s that the interpreter may take to finalize beside a daemon thread
FLUSH_FAILED = 120  # the exit code with which the interpreter itself says so


class ThreadStopped(BaseException):
    """Raised at a safe point of a background thread that was told to stop.

    It is no ``Exception``, so that code which survives every error does not survive this one.
    """


class BackgroundThread(threading.Thread):  # noqa: TID251
    """A daemon thread that can be told to stop.

    Attributes:
        patience: s that the end of the process waits for it.
    """

    def __init__(
        self,
        target: Callable[[], object],
        name: str,
        *,
        on_stop: Callable[[], object] | None = None,
        interruptible: bool = True,
        patience: float = PATIENCE,
    ) -> None:
        """
        Args:
            target: the body of the thread.
            on_stop: called by :meth:`stop`, on the caller's thread.
            interruptible: whether :func:`safe_point` raises in this thread once it was told to
                stop. False for a thread that ends by itself after ``on_stop`` and saves something.
        """
        super().__init__(target=target, name=name, daemon=True)
        self.patience = patience
        self._on_stop = on_stop
        self._interruptible = interruptible
        self._told = False

    @property
    def interrupted(self) -> bool:
        """Whether its next safe point raises."""
        return self._told and self._interruptible

    def stop(self) -> None:
        """Tell it to stop; returns at once."""
        self._told = True
        on_stop = self._on_stop
        if on_stop is not None:
            on_stop()

    def run(self) -> None:
        try:
            super().run()
        except ThreadStopped:
            pass
        finally:
            self._on_stop = None  # what it refers to may be large


def safe_point() -> None:
    """Call it wherever a long computation may end early without a loss.

    Raises ThreadStopped in a background thread that was told to stop; does nothing elsewhere.
    """
    thread = threading.current_thread()
    if isinstance(thread, BackgroundThread) and thread.interrupted:
        raise ThreadStopped


def interruptible(items: Iterable[T]) -> Iterator[T]:
    """The items, with a safe point before each."""
    for item in items:
        safe_point()
        yield item


class Pool(Executor):
    """A ``ThreadPoolExecutor`` of background threads.

    The interpreter does not wait for its queue at the end. A pool that was stopped starts new
    threads for what is submitted afterwards.
    """

    def __init__(
        self,
        max_workers: int,
        thread_name_prefix: str,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        """See ``concurrent.futures.ThreadPoolExecutor``."""
        self._most, self._name = max_workers, thread_name_prefix
        self._initializer, self._initargs = initializer, initargs
        self._lock = threading.Lock()
        self._shut = False
        self._renew()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Raises RuntimeError after :meth:`shutdown`."""
        task = _Task(lambda: fn(*args, **kwargs))
        with self._lock:
            if self._shut:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._tasks.put(task)
            self._idle -= 1
            if self._idle < 0 and len(self._threads) < self._most:
                self._idle += 1
                self._begin()
        return task.future

    def _begin(self) -> None:
        pool, tasks = weakref.ref(self), self._tasks

        def work() -> None:
            if initializer is not None:
                initializer(*initargs)
            while (task := tasks.get()) is not None:
                task.run()
                del task  # what it refers to may be large
                if (here := pool()) is not None:
                    here._finished(tasks)
                    del here
            tasks.put(None)  # for the next thread

        def stopped() -> None:
            if (here := pool()) is not None:
                here._stopped(tasks)

        initializer, initargs = self._initializer, self._initargs
        name = f"{self._name}_{len(self._threads)}"
        thread = BackgroundThread(work, name, on_stop=stopped)
        thread.start()
        self._threads.append(thread)

    def _finished(self, tasks: _Tasks) -> None:
        with self._lock:
            if tasks is self._tasks:
                self._idle += 1

    def _stopped(self, tasks: _Tasks) -> None:
        """One of the threads was told to stop: so are the others."""
        if tasks is self._tasks:
            self.stop()

    def stop(self, wait: float = 0.0) -> None:
        """Cancel what waits, and end what runs at its next safe point.

        Args:
            wait: s to wait for the threads.
        """
        with self._lock:
            threads, tasks = self._threads, self._tasks
            self._renew()
        _drain(tasks)
        tasks.put(None)
        for thread in threads:
            thread.stop()
        deadline = time.monotonic() + wait
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _renew(self) -> None:
        """No threads yet, and nothing waits."""
        self._threads: list[BackgroundThread] = []
        self._tasks: _Tasks = queue.SimpleQueue()
        self._idle = 0  # threads that wait for a task, less the tasks that wait for a thread
        weakref.finalize(self, self._tasks.put, None).atexit = False

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As of every executor; a task under way is not interrupted."""
        with self._lock:
            self._shut = True
        if cancel_futures:
            _drain(self._tasks)
        self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()


class _Task:
    """A call and the future of its result."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.future: Future[Any] = Future()
        self._call = call

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._call()
        except ThreadStopped:
            self.future.set_exception(CancelledError())
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


_Tasks = queue.SimpleQueue[_Task | None]


def _drain(tasks: _Tasks) -> None:
    """Cancel what waits in a queue."""
    with contextlib.suppress(queue.Empty):
        while True:
            if (task := tasks.get_nowait()) is not None:
                task.future.cancel()


def running() -> list[BackgroundThread]:
    """The background threads of this process that have not ended, but for the caller's."""
    here = threading.current_thread()
    every = threading.enumerate()
    return [t for t in every if isinstance(t, BackgroundThread) and t is not here]


def _daemons() -> list[Any]:
    """Every daemon thread that runs, also those that an installed package started."""
    return [t for t in threading.enumerate() if t.daemon and t is not threading.current_thread()]


def stop_all() -> None:
    """Tell every background thread to stop, and wait for each as long as its patience lasts."""
    begun = time.monotonic()
    for _ in range(2):  # a thread that ends may have started another one
        threads = running()
        for thread in threads:
            try:
                thread.stop()
            except Exception:
                log.exception("the thread %s could not be told to stop", thread.name)
        for thread in threads:
            thread.join(max(0.0, begun + thread.patience - time.monotonic()))


def leave(code: int) -> NoReturn:
    """End the process with this exit code, whatever its background threads do.

    They are told to stop and waited for. Then exit handlers run and output is flushed. The
    interpreter is not finalized, and threads that are no daemons are not waited for.
    """
    try:
        with contextlib.suppress(KeyboardInterrupt):  # the user does not want to wait
            stop_all()
        if not finish(lambda: os._exit(code)):
            code = code or FLUSH_FAILED
    finally:  # also after another Ctrl-C
        os._exit(code)


def finish(give_up: Callable[[], object]) -> bool:
    """What the interpreter does for others at its end: output is flushed, and exit handlers run
    (temporary folders and log files).

    Whoever reads the output may take any time; the exit handlers may not.

    Args:
        give_up: ends the process at once; called on another thread where the exit handlers take
            longer than :data:`EXIT_HANDLERS`.

    Returns:
        Whether all output could be written.
    """
    written = flush()
    done = threading.Event()

    def watch() -> None:
        if not done.wait(EXIT_HANDLERS):
            give_up()

    threading.Thread(target=watch, daemon=True).start()  # noqa: TID251 - it must not be stopped
    atexit._run_exitfuncs()
    done.set()
    return flush() and written


def flush() -> bool:
    """Write what is buffered for stdout and stderr; returns whether that was possible."""
    written = True
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # as in a program without a console
                stream.flush()
        except (OSError, ValueError):
            written = False
    return written


def _stop_before_the_end() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        stop_all()


def _survive_finalization() -> None:
    """Keep a daemon thread that is inside PyTorch from aborting the process.

    Nothing tells Python code with which exit code its interpreter ends: ``raise SystemExit(3)``
    leaves no trace. So the interpreter has to finalize, and :func:`leave` is out of the question.
    Two calls of the C library make that safe:

    - ``std::set_terminate``: a thread that is unwound inside C++ sleeps where it would call
      ``abort``. From Python 3.14 on every thread sleeps there.
    - ``on_exit``: ``exit`` leaves with its code before it destroys what the thread computes with.

    Where the C library lacks one of them (macOS has no ``on_exit``), the end is left to chance.
    A finalization that hangs, as one that waits for such a thread would, is ended after
    :data:`FINALIZATION` seconds with the stacks on stderr and exit code 1.
    """
    if sys.platform == "win32" or not _daemons():
        return
    library = "libc++.1.dylib" if sys.platform == "darwin" else "libstdc++.so.6"
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        ctypes.CDLL(library)._ZSt13set_terminatePFvvE(libc.pause)  # std::set_terminate
        libc.on_exit(libc._exit, None)
    with contextlib.suppress(OSError, ValueError):  # no stderr
        faulthandler.dump_traceback_later(FINALIZATION, exit=True, file=2)


# Both kinds of handlers run in reverse order. `threading` has its own: they run before it joins the
# threads of others, which may wait for ours. That of concurrent.futures.thread joins its threads
# and was registered when that module was imported above, so it runs after ours.
getattr(threading, "_register_atexit", atexit.register)(_stop_before_the_end)
atexit.register(_survive_finalization)
