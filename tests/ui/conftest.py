"""A registry of its own for every test of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_lab.server import registry
from gan_lab.ui import experiment
from tests.patience import WAIT


@pytest.fixture(autouse=True)
def runs(unmeasured: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    # a page waits until the run has taken a command, so that no test depends on how busy it is
    monkeypatch.setattr(experiment, "ANSWER_WITHIN", WAIT)
    registry.cache_clear()
    yield
    registry().close()
    registry.cache_clear()
