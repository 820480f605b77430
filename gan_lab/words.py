"""Numbers and errors in sentences."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

_PATH = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:(?=[\\/]))?(?:[\\/][^\s'\"`,;:()<>|\\/]+){2,}[\\/]?")


def size_of(count: int, noun: str) -> str:
    """Such as ``1,438 pictures`` or ``1 step``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def without_paths(text: str) -> str:
    """A message with only the last part of each absolute path: nobody but the administrator needs
    to know where things lie on the server. Messages of PyTorch, Pillow and the system name files
    by their whole paths.
    """
    for place in _places():
        if place in text:
            text = re.sub(re.escape(place) + r"(?=[\\/]|\b)", "/…", text)
    text = _PATH.sub(lambda found: re.split(r"[\\/]", found[0].rstrip("\\/"))[-1], text)
    return text.replace("/…", "…")


def _places() -> list[str]:
    """Folders of this machine whose names may have spaces in them, the longest first."""
    known = {tempfile.gettempdir(), sys.prefix, str(Path(__file__).parents[1]), str(Path.cwd())}
    return sorted((one for one in known if len(one) > 3), key=len, reverse=True)
