"""The worker process: ``python -m gan_lab.sandbox.worker [MODULE …]``.

It imports the modules, says that it is ready, then answers calls from its standard input, one at a
time, each within limits of its own. It ends when its input is closed.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from functools import reduce
from typing import Any, BinaryIO

from gan_lab.sandbox import codec
from gan_lab.sandbox.limits import Limits, enforce, forbid_core_dumps, lift

_NICE = 5  # training and pages come first
_LONGEST = 2000  # characters of an error


def main(modules: list[str]) -> None:
    """Answer calls until the input is closed."""
    requests, answers = _streams()
    forbid_core_dumps()
    with contextlib.suppress(AttributeError, OSError):
        os.nice(_NICE)
    for name in modules:
        importlib.import_module(name)
    codec.write(answers, "ready")
    while True:
        try:
            request = codec.read(requests)
        except EOFError:
            return
        answers.writelines(_answer(request))
        answers.flush()


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, under numbers that no library writes to: what decoders print is dropped."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return requests, answers


def _answer(request: dict[str, Any]) -> list[bytes | memoryview]:
    """The encoded answer to one call."""
    function = _found(request["module"], request["name"])
    limits = Limits(**{f.name: request["limits"][f.name] for f in fields(Limits)})
    begun = time.process_time()
    enforce(limits)
    try:
        value = function(*request["arguments"])
        lift()
        pieces = codec.encoded({"value": value, "cpu_seconds": time.process_time() - begun})
        if sum(len(piece) for piece in pieces) <= limits.result_bytes:
            return pieces
        told = {"reason": "memory"}
    except MemoryError:
        lift()
        told = {"reason": "memory"}
    except Exception as error:  # the parent knows which ones are expected
        lift()
        names = [kind.__name__ for kind in type(error).__mro__]
        told = {"error": names, "text": str(error)[:_LONGEST]}
    return codec.encoded(told | {"cpu_seconds": time.process_time() - begun})


def _found(module: str, name: str) -> Callable[..., Any]:
    return reduce(getattr, name.split("."), importlib.import_module(module))


if __name__ == "__main__":
    main(sys.argv[1:])
