"""Whether the playground can run on this machine: each check is one finding."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SETTINGS = Path(__file__).parent.parent / ".streamlit" / "config.toml"
STREAMLIT = "1.67"
"""We rely on what this minor version offers and on a setting that it does not document."""
LIBRARIES = ("numpy", "plotly", "segno", "pillow", "pydantic", "scikit-learn", "typer", "rich")


@dataclass(frozen=True)
class Finding:
    """One check.

    Attributes:
        name: what was looked at.
        ok: whether the playground can live with it.
        found: what is there, in words.
        hint: what to do if it is not ok.
    """

    name: str
    ok: bool
    found: str
    hint: str = ""


def examine() -> list[Finding]:
    """All checks, in the order in which a person would mend them."""
    return [
        _python(),
        *_libraries(),
        *_torch(),
        *_streamlit(),
        _connections(),
        _setting(),
        *_data(),
        _runs(),
    ]


def _python() -> Finding:
    version = platform.python_version_tuple()
    new_enough = (int(version[0]), int(version[1])) >= (3, 11)
    return Finding("python", new_enough, platform.python_version(), "install Python 3.11 or newer")


def _libraries() -> Iterator[Finding]:
    for name in LIBRARIES:
        try:
            yield Finding(name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, False, "missing", "pip install -r requirements.txt")


def _torch() -> Iterator[Finding]:
    """PyTorch and torchvision are built for each other: a wrong pair fails only on import."""
    for name in ("torch", "torchvision"):
        try:
            yield Finding(name, True, str(importlib.import_module(name).__version__))
        except (ImportError, RuntimeError, OSError, AttributeError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            yield Finding(
                name, False, why, "reinstall both together: pip install -r requirements.txt"
            )
            return
    from gan_lab.training.devices import cores, pick_device

    yield Finding("cores", True, str(cores()))
    yield Finding("device", True, str(pick_device("auto")))


def _streamlit() -> Iterator[Finding]:
    hint = f"pip install 'streamlit~={STREAMLIT}.0'"
    try:
        version = importlib.metadata.version("streamlit")
        # named, not imported: only the pages' floor may import streamlit
        streamlit = importlib.import_module("streamlit")
    except ImportError as error:
        yield Finding("streamlit", False, str(error), hint)
        return
    yield Finding("streamlit", version.startswith(f"{STREAMLIT}."), version, hint)
    has_app = hasattr(streamlit, "App")
    yield Finding("streamlit App", has_app, "there" if has_app else "missing", hint)
    components = getattr(getattr(streamlit, "components", None), "v2", None)
    found = hasattr(components, "component")
    yield Finding("streamlit components v2", found, "there" if found else "missing", hint)


def _connections() -> Finding:
    """Connections without a whole request are closed with the help of uvicorn's internals."""
    try:
        from gan_lab.server.connections import why_not

        why = why_not()
    except ImportError as error:
        why = str(error)
    hint = "put a reverse proxy before a server that strangers can reach, or install uvicorn 0.54"
    return Finding("slow connections", not why, why or "are closed", hint)


def _setting() -> Finding:
    """Collecting garbage after every script run stops a server with many viewers."""
    name, hint = "runner.postScriptGC", f"set postScriptGC = false under [runner] in {SETTINGS}"
    try:
        settings = tomllib.loads(SETTINGS.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return Finding(name, False, f"unknown ({error})", hint)
    value = settings.get("runner", {}).get("postScriptGC")
    return Finding(name, value is False, "not set" if value is None else str(value).lower(), hint)


def _data() -> Iterator[Finding]:
    try:
        from gan_lab.data import NAMED, data_root
    except ImportError:
        return  # PyTorch is missing, which has been said
    here = [entry.name for entry in NAMED.values() if entry.here()]
    yield Finding("data", "digits" in here, f"{', '.join(here)} (looked in {data_root()})")


def _runs() -> Finding:
    """Whether a run could be written; leaves nothing behind."""
    root = Path(os.environ.get("GANLAB_RUNS") or "runs")
    place = root
    while not place.exists() and place != place.parent:
        place = place.parent
    hint = "set GANLAB_RUNS to a folder that you may write to"
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding("runs", False, f"{root} cannot be written to ({error.strerror})", hint)
    return Finding("runs", True, f"{root} can be written to")
