"""What one call in a worker process may use, and the error that says which limit it reached."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

try:
    import resource
except ImportError:  # Windows: the parent still enforces the wall-clock limit
    resource = None

Reason = Literal["time", "memory", "crash", "abandoned"]

_SENTENCES: dict[Reason, str] = {
    "time": "decoding it took too long",
    "memory": "decoding it took too much memory",
    "crash": "the decoder stopped unexpectedly",
    "abandoned": "the request was cancelled",
}
_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Limits:
    """The limits of one call.

    Attributes:
        cpu_seconds: processor time; the kernel ends the worker up to a second later.
        wall_seconds: time on the clock, the wait for a free worker excluded.
        memory_bytes: address space beyond what the worker holds when the call begins.
        file_bytes: size of each file that the call may write; 0 forbids writing.
        result_bytes: size of the encoded result.
    """

    cpu_seconds: float = 5.0
    wall_seconds: float = 60.0
    memory_bytes: int = 768 * 2**20
    file_bytes: int = 0
    result_bytes: int = 256 * 2**20


class SandboxError(RuntimeError):
    """A call did not finish within its limits, or its worker process ended.

    Attributes:
        reason: which limit: ``time``, ``memory``, ``crash`` or ``abandoned``.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason: Reason = reason


def enforce(limits: Limits) -> None:
    """Set the limits for the calling process, counted from what it has used so far.

    The hard limits stay open, so that the next call of the same worker can set its own.
    """
    if resource is None:
        return
    cpu = math.ceil(time.process_time() + limits.cpu_seconds)
    _soft(resource.RLIMIT_CPU, cpu)
    _soft(resource.RLIMIT_FSIZE, limits.file_bytes)
    if (size := _address_space()) is not None:
        _soft(resource.RLIMIT_AS, size + limits.memory_bytes)


def lift() -> None:
    """Remove the limits, so that the worker can report and wait for its next call."""
    if resource is not None:
        for kind in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_AS):
            _soft(kind, resource.RLIM_INFINITY)


def forbid_core_dumps() -> None:
    """A crash leaves no core file behind."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _soft(kind: int, value: int) -> None:
    assert resource is not None
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY and (value == resource.RLIM_INFINITY or value > hard):
        value = hard
    with contextlib.suppress(ValueError, OSError):  # a system that does not know this limit
        resource.setrlimit(kind, (value, hard))


def _address_space() -> int | None:
    """Bytes that the process has mapped; None where the system does not say."""
    assert resource is not None
    try:
        return int(_STATM.read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return None
