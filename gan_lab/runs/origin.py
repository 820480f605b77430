"""Which preset a run began from: ``preset.json`` in its folder, or in older ones its name."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from gan_lab.archives.json_text import parse
from gan_lab.config import RunConfig
from gan_lab.presets import presets

FILE = "preset.json"
DATED = re.compile(r"(\d{8}-\d{6})-(.+)")
"""The name of a folder that tells when its run began, and of what."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,15}")
_LONGEST = 1 << 10  # bytes of a file that may have come from anywhere


def keep_preset(run: Path, preset: str) -> None:
    """Write it down, if the run began from one. Raises OSError."""
    if preset:
        temporary = run / f".{FILE}.writing"
        temporary.write_text(json.dumps({"preset": preset}) + "\n", "utf-8")
        os.replace(temporary, run / FILE)


def preset_of(run: Path, config: RunConfig | None) -> str:
    """What was written down, else what the folder's name tells; "" if neither does."""
    try:
        with (run / FILE).open("rb") as file:
            written = parse(file.read(_LONGEST))["preset"]
        if _NAME.fullmatch(written):
            return written
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    found = DATED.fullmatch(run.name)
    if found is None or config is None:
        return ""
    fitting = [name for name in presets() if found[2].startswith(f"{name}-")]
    return max(fitting, key=len, default="")
