"""Where what can be computed again is kept between sessions."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def cache_root() -> Path:
    """The user's cache folder of this app: ``GANLAB_CACHE``, or where the platform keeps such.

    It need not be there, nor take any file: whoever writes into it must be able to do without.
    """
    if own := os.environ.get("GANLAB_CACHE"):
        return Path(own)
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir()) / "gan-playground"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "gan-playground"
