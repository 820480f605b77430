"""Our routes without a server, and the runs that they speak for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gan_lab.runs import Registry
from gan_lab.server import routes, single_images
from gan_lab.server.limits import Seconds


@pytest.fixture(autouse=True)
def _no_measuring(unmeasured: None) -> None:
    pass


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """What decoding has cost each visitor, as in a server that has just begun."""
    fresh = Seconds(0.2, 10.0, clock=lambda: 0.0)
    monkeypatch.setattr(single_images, "IMAGE_SECONDS", fresh)
    return fresh


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    registry = Registry()
    yield registry
    registry.close()


@pytest.fixture
def client(runs: Registry) -> TestClient:
    return TestClient(Starlette(routes=routes(runs)))
