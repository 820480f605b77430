"""What the command line says: JSON or words on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


class Failed(RuntimeError):
    """Work that was asked for rightly and could not be done: one line, exit code 1."""


def one_line(text: str) -> str:
    """``text`` without line breaks, however the user or a library wrote it."""
    return " ".join(text.split())


def complain(text: str) -> None:
    """The one line on stderr that goes with exit codes 1 and 2."""
    tell(f"error: {text}")


def tell(text: str) -> None:
    """One line on stderr."""
    print(one_line(text), file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Words on stdout."""
    print(text, flush=True)


def say_json(content: Any) -> None:
    """One JSON value, alone on stdout and on one line, for scripts that read the last one."""
    print(json.dumps(content), flush=True)


def size_of(count: int, noun: str) -> str:
    """Such as ``1,438 pictures`` or ``1 step``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only once it is complete."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        umask = os.umask(0)  # the only way to read it
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # a temporary file is private; the result is not
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
