"""Which tests may run a second time when they fail: those of tests/browser and no others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"


def give(config: pytest.Config, items: Iterable[pytest.Item], folder: Path = BROWSER) -> None:
    """Mark the tests below ``folder``: a test that fails there runs once more, and the end of the
    report names it (``RERUN``). Nothing happens without the plugin."""
    if not config.pluginmanager.hasplugin("rerunfailures"):
        return
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


def refuse_others(
    config: pytest.Config, items: Iterable[pytest.Item], folder: Path = BROWSER
) -> None:
    """Raises UsageError if a test outside of ``folder`` could run a second time: by a mark of its
    own, or because the command line or the configuration asks for it for all tests."""
    if getattr(config.option, "reruns", None) or (
        config.pluginmanager.hasplugin("rerunfailures") and config.getini("reruns")
    ):
        raise pytest.UsageError("no test but those of tests/browser may be rerun: omit --reruns")
    for item in items:
        if folder not in item.path.parents and item.get_closest_marker("flaky"):
            raise pytest.UsageError(f"{item.nodeid} may not be rerun: only tests/browser may")
