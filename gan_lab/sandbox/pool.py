"""Worker processes that are kept ready, and calls to them."""

from __future__ import annotations

import atexit
import contextlib
import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from gan_lab.sandbox import codec
from gan_lab.sandbox.limits import Limits, Reason, SandboxError
from gan_lab.threads import BackgroundThread, safe_point

log = logging.getLogger(__name__)

POLL = 0.05  # s between two checks of deadlines and cancellations
_LONGEST_WAIT = 10.0  # s between two looks at workers that wait
_ENDING = 5.0  # s that a worker which closed its pipe may take to end
_CALLS = 1000  # answered by a worker before it is replaced, so that no leak grows for ever
_PACKAGES = Path(__file__).resolve().parents[2]
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _never() -> bool:
    return False


@dataclass(eq=False)  # hashed by identity
class _Worker:
    """A worker process.

    Attributes:
        deadline: time on the monotonic clock at which it is killed; None while it waits.
        cancelled: asked again and again during a call; True has the worker killed.
        killed: why it was killed, if it was.
    """

    process: subprocess.Popen[bytes]
    calls: int = 0
    idle_since: float = 0.0
    deadline: float | None = None
    cancelled: Callable[[], bool] = _never
    killed: Reason | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def requests(self) -> BinaryIO:
        assert self.process.stdin is not None
        return self.process.stdin  # type: ignore[return-value]

    @property
    def answers(self) -> BinaryIO:
        assert self.process.stdout is not None
        return self.process.stdout  # type: ignore[return-value]

    def kill(self, reason: Reason) -> None:
        with self.lock:
            if self.deadline is not None:  # not one that has just answered
                self.killed = self.killed or reason
                self.process.kill()

    def is_unwanted(self) -> bool:
        """Whether its call is cancelled, or cannot be asked about any more."""
        try:
            return self.cancelled()
        except Exception:  # the calls of others still have their deadlines
            log.exception("a call is ended, as it cannot be told whether it is cancelled")
            return True

    def close(self) -> None:
        self.process.kill()
        for stream in (self.requests, self.answers):
            with contextlib.suppress(OSError):  # what was not written yet no longer matters
                stream.close()
        self.process.wait()


class _Slots:
    """Slots for calls. Callers who wait get one in the order in which they came. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._free = size
        self._waiting: deque[threading.Event] = deque()

    def acquire(self, check: Callable[[], None]) -> None:
        """Wait for a slot.

        Args:
            check: called every ``POLL`` seconds; what it raises ends the waiting.
        """
        turn = threading.Event()
        with self._lock:
            self._waiting.append(turn)
            self._pass_on()
        try:
            while not turn.wait(POLL):
                check()
        except BaseException:
            with self._lock:
                if turn.is_set():
                    self._free += 1
                else:
                    self._waiting.remove(turn)
                self._pass_on()
            raise

    def release(self) -> None:
        with self._lock:
            self._free += 1
            self._pass_on()

    def _pass_on(self) -> None:
        """Give free slots to those who have waited longest. Under the lock."""
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.popleft().set()


class Pool:
    """Up to ``size`` worker processes at once; up to ``keep`` of them stay ready for the next call.

    Thread-safe. A worker that reached a limit is killed and replaced at the next call.
    """

    def __init__(
        self,
        size: int,
        *,
        keep: int | None = None,
        idle_seconds: float = math.inf,
        preload: Sequence[str] = (),
    ) -> None:
        """
        Args:
            size: calls that run at the same time; further callers wait, and the one who came
                first is served first.
            keep: workers that stay ready; ``size`` by default.
            idle_seconds: after that long without a call a worker that is ready ends.
            preload: modules that a worker imports before its first call, outside all limits.
        """
        self._slots = _Slots(size)
        self._keep = size if keep is None else keep
        self._idle_seconds = idle_seconds
        self._preload = tuple(preload)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._watching = False
        self._wake = threading.Event()
        atexit.register(self.close)

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        limits: Limits | None = None,
        errors: tuple[type[Exception], ...] = (),
        cancelled: Callable[[], bool] = _never,
        charge: Callable[[float], None] | None = None,
    ) -> Any:
        """``function(*arguments)``, computed in a worker process.

        Args:
            function: of a module's top level. Its arguments and its result are of the kinds that
                ``codec.write`` passes on; tuples arrive as lists.
            limits: of this call; ``Limits()`` by default.
            errors: exception classes that the function may raise; one of them is raised here with
                the same text.
            cancelled: asked every ``POLL`` seconds; True kills the call.
            charge: receives the processor seconds that the call took, however it ended; where the
                worker was killed, the seconds on the clock, at most ``limits.cpu_seconds``.

        Raises:
            SandboxError: a limit was reached, the call was cancelled, or the worker crashed.
            ThreadStopped: the calling thread was told to stop before a worker had the call.
        """
        limits = limits or Limits()
        request = {
            "module": function.__module__,
            "name": function.__qualname__,
            "arguments": list(arguments),
            "limits": asdict(limits),
        }

        def check() -> None:
            safe_point()
            if cancelled():
                raise SandboxError("abandoned")

        self._slots.acquire(check)
        begun = time.monotonic()
        try:
            safe_point()
            answer = self._answered(request, limits, cancelled)
        except SandboxError:
            if charge is not None:
                charge(min(time.monotonic() - begun, limits.cpu_seconds))
            raise
        finally:
            self._slots.release()
        if charge is not None:
            charge(float(answer["cpu_seconds"]))
        return _value(answer, errors)

    def close(self) -> None:
        """End all workers; calls that run end with SandboxError. The pool may be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        self._wake.set()
        for worker in busy:
            worker.kill("abandoned")
        for worker in idle:
            worker.close()

    def _answered(
        self, request: dict[str, Any], limits: Limits, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        worker = self._taken()
        good = False
        try:
            self._watch(worker, limits, cancelled)
            codec.write(worker.requests, request)
            answer = codec.read(worker.answers, limits.result_bytes + 2**20)
            if not _is_answer(answer):
                raise SandboxError("crash")
            good = "reason" not in answer
        except (EOFError, OSError):
            raise SandboxError(_why(worker)) from None
        except codec.CodecError:
            raise SandboxError("crash") from None
        finally:
            self._put_back(worker, good=good)
        if not good:
            raise SandboxError("memory")
        return answer

    def _taken(self) -> _Worker:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return _started(self._preload)
            if worker.process.poll() is None:
                return worker
            worker.close()  # it ended while it waited

    def _put_back(self, worker: _Worker, *, good: bool) -> None:
        with worker.lock:
            worker.deadline = None
        worker.calls += 1
        with self._lock:
            self._busy.discard(worker)
            stays = good and worker.killed is None and worker.calls < _CALLS
            stays = stays and len(self._idle) < self._keep
            if stays:
                worker.idle_since = time.monotonic()
                self._idle.append(worker)
        if not stays:
            worker.close()

    def _watch(self, worker: _Worker, limits: Limits, cancelled: Callable[[], bool]) -> None:
        worker.cancelled = cancelled
        worker.deadline = time.monotonic() + limits.wall_seconds
        with self._lock:
            self._busy.add(worker)
            if not self._watching:
                BackgroundThread(self._look_after, "sandbox", on_stop=self.close).start()
                self._watching = True  # not where the system has no more threads
        self._wake.set()

    def _look_after(self) -> None:
        """Kill what is past its deadline or cancelled, and end what has waited long enough, until
        there is neither."""
        while True:
            self._wake.clear()
            with self._lock:
                busy, latest = list(self._busy), time.monotonic() - self._idle_seconds
                tired = [worker for worker in self._idle if worker.idle_since <= latest]
                self._idle = [worker for worker in self._idle if worker not in tired]
                over = not busy and (not self._idle or self._idle_seconds == math.inf)
                self._watching = not over
            for worker in tired:
                worker.close()
            if over:
                return
            for worker in busy:
                if worker.deadline is not None and time.monotonic() > worker.deadline:
                    worker.kill("time")
                elif worker.is_unwanted():
                    worker.kill("abandoned")
            self._wake.wait(POLL if busy else min(self._idle_seconds, _LONGEST_WAIT))


def _started(preload: Sequence[str]) -> _Worker:
    """A new worker that has imported its modules. Raises SandboxError if it does not start."""
    paths = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
            [sys.executable, "-P", "-m", "gan_lab.sandbox.worker", *preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
    except OSError as error:
        log.warning("no worker process could be started: %s", error)
        raise SandboxError("crash") from None
    worker = _Worker(process)
    try:
        if codec.read(worker.answers, 2**20) != "ready":
            raise SandboxError("crash")
    except (EOFError, codec.CodecError):
        worker.close()
        raise SandboxError("crash") from None
    return worker


def _why(worker: _Worker) -> Reason:
    """Why a worker ended without an answer."""
    if worker.killed is not None:
        return worker.killed
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.process.wait(_ENDING)
    status = worker.process.poll()
    if status is not None and status == -getattr(signal, "SIGXCPU", 0) != 0:
        return "time"
    return "crash"


def _is_answer(answer: object) -> bool:
    """Whether it has the shape of an answer; a worker that was taken over may send anything."""
    if not isinstance(answer, dict) or not isinstance(answer.get("cpu_seconds"), float):
        return False
    if "error" in answer:
        return isinstance(answer["error"], list) and isinstance(answer.get("text"), str)
    return "value" in answer or "reason" in answer


def _value(answer: dict[str, Any], errors: tuple[type[Exception], ...]) -> Any:
    if "value" in answer:
        return answer["value"]
    for kind in errors:
        if kind.__name__ in answer["error"]:
            raise kind(answer["text"])
    raise SandboxError("crash")
