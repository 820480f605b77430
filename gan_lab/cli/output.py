"""What the command line says: JSON or words on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import sys
from typing import Any


class Failed(RuntimeError):
    """Work that was asked for rightly and could not be done: one line, exit code 1."""


_ENDLESS = re.compile(r"\S{200,}")
_KEPT = 80


def one_line(text: str) -> str:
    """``text`` without line breaks, however the user or a library wrote it."""
    return " ".join(text.split())


def complain(text: str) -> None:
    """The one line on stderr that goes with exit codes 1 and 2; what was given is repeated as far
    as people read it, and without what a terminal would obey."""
    short = _ENDLESS.sub(lambda found: f"{found[0][:_KEPT]}…{found[0][-1]}", one_line(text))
    tell("error: " + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short))


def tell(text: str) -> None:
    """One line on stderr."""
    print(one_line(text), file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Words on stdout."""
    print(text, flush=True)


def say_json(content: Any) -> None:
    """One JSON value, alone on stdout and on one line, for scripts that read the last one."""
    print(json.dumps(content), flush=True)
