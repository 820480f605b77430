"""A registry of its own for every test of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_lab.server import registry


@pytest.fixture(autouse=True)
def runs(unmeasured: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    registry.cache_clear()
    yield
    registry().close()
    registry.cache_clear()
