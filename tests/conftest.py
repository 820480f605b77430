"""What the core's tests share: small experiments, real digits, runs that end with their test."""

from __future__ import annotations

import importlib
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings

from benchmarks import states
from gan_lab.config import Data, RunConfig, put
from gan_lab.data import Pictures, load
from gan_lab.presets import preset
from gan_lab.runs import Run, RunDirectory
from gan_lab.runs.examiner import Examined, Examiner
from gan_lab.runs.messages import Moment, Stop
from gan_lab.training.trainer import Trainer
from tests import order, second_chance
from tests.outside import Outside
from tests.patience import WAIT

settings.register_profile("whatever the machine", deadline=None)  # a busy one takes its time
settings.load_profile("whatever the machine")

torch.set_num_threads(1)

SMALL: dict[str, Any] = {
    "data.name": "digits",
    "data.size": 0,
    "latent.dim": 6,
    "networks.g.width": 4,
    "networks.d.width": 4,
    "networks.g.max_width": 8,
    "networks.d.max_width": 8,
    "networks.g.hidden": (12,),
    "networks.d.hidden": (12,),
    "networks.g.attention": 0,
    "networks.d.attention": 0,
    "networks.g.fc": 0,
    "networks.d.fc": 0,
    "networks.g.blocks": 1,
    "networks.d.blocks": 2,
    "training.batch": 8,
    "training.g_pretrain": 0,
    "training.d_pretrain": 0,
    "training.grid": 2,
    "training.checkpoint_seconds": 0.0,
    "training.threads": 1,
    "training.measuring": 0.0,
}
SMALL_GAMES: dict[str, dict[str, Any]] = {
    "generation": {},
    "progressive": {
        "training.grow_from": 4, "training.stable_images": 16, "training.fade_images": 24,
    },
    "super-resolution": {"training.g_pretrain": 2, "data.size": 16, "objective.scale": 2},
    "paired": {"data.size": 16, "data.pairs": "edges"},
    "unpaired": {"data.size": 16, "data.pairs": "unpaired", "objective.pool": 6},
    "plane": {"data.name": "ring", "networks.g.family": "dense", "networks.d.family": "dense"},
}  # fmt: skip
"""What each kind of game needs beside it, to be played within milliseconds."""


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "loadscopereorder"):  # xdist would start files with few tests last,
        config.option.loadscopereorder = False  # and these are the long ones: see order.py


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    second_chance.refuse_others(config, items)
    items[:] = order.in_order(items, lambda item: item.path)


@pytest.fixture(autouse=True)
def as_found() -> Iterator[None]:
    """A test leaves the process as it found it, so that the next one does not depend on it."""
    before = _shared()
    yield
    assert _shared() == before, "the test has changed what other tests rely on"


def _shared() -> dict[str, object]:
    own = {name: value for name, value in os.environ.items() if name.startswith("GANLAB_")}
    return {
        "intra-op threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(),
        "folder": Path.cwd(),
        "environment": own,
    }


@pytest.fixture(autouse=True)
def runs_root(as_found: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test writes into the user's runs."""
    root = tmp_path / "runs"
    monkeypatch.setenv("GANLAB_RUNS", str(root))
    return root


@pytest.fixture(autouse=True)
def cache_folder(as_found: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nor into the user's cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GANLAB_CACHE", str(folder))
    return folder


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are not measured, whatever their configuration says: it would be most of the work of a
    test of something else, and how much is measured by its end depends on the machine."""
    nothing = Examined((), None)
    monkeypatch.setattr(Examiner, "examine", lambda self, shown: nothing)


@pytest.fixture(scope="session", autouse=True)
def importing_worker_stays() -> Iterator[None]:
    """The process that checks imported runs waits for the next test: it imports PyTorch."""
    module = importlib.import_module("gan_lab.export.bring")  # its function hides it in the package
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module._POOL, "_idle_seconds", math.inf)
        yield


@pytest.fixture(scope="session")
def outside() -> Iterator[Outside]:
    """A process that has PyTorch and nothing of this package."""
    process = Outside()
    yield process
    process.close()


@pytest.fixture(scope="session")
def digits() -> Pictures:
    return load(Data(name="digits"))


@pytest.fixture(scope="session")
def small() -> Callable[..., RunConfig]:
    """``small({"optim.g.lr": 0.1}, "quick")``: a preset (or the defaults), tiny, with changes."""

    def make(changes: Mapping[str, Any] | None = None, name: str | None = None) -> RunConfig:
        base = preset(name).config if name else RunConfig()
        game = (changes or {}).get("objective.game", base.objective.game)
        # a list of layers is made for its own size: another network stands in for it
        from_picture = game in ("super-resolution", "paired", "unpaired")
        lists = {
            f"networks.{who}.family": "translate" if who == "g" and from_picture else "dcgan"
            for who in "gd"
            if getattr(base.networks, who).family == "layers"
        }
        return put(base, {**SMALL, **SMALL_GAMES[game], **lists, **(changes or {})})

    return make


@pytest.fixture(scope="session")
def trainer(small: Callable[..., RunConfig]) -> Callable[..., Trainer]:
    """A trainer of a small experiment on digits; arguments as of ``small``."""

    def make(changes: Mapping[str, Any] | None = None, name: str | None = None) -> Trainer:
        config = small(changes, name)
        return Trainer(config, load(config.data))

    return make


@pytest.fixture(scope="session")
def differences() -> Callable[[Any, Any], list[str]]:
    """Where two nested states differ in a single bit."""
    return lambda a, b: list(states.differences(a, b))


@pytest.fixture(scope="session")
def snapshot() -> Callable[[Trainer], dict[str, Any]]:
    """A deep copy of a trainer's whole state."""
    import copy

    return lambda trainer: copy.deepcopy(trainer.state_dict())


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start a run in ``tmp_path/name``; it is stopped at the end of the test."""
    begun: list[Run] = []

    def start(config: RunConfig, name: str = "run", **options: Any) -> Run:
        path = tmp_path / name
        directory = RunDirectory(path) if options.get("resume") else RunDirectory.create(path)
        run = Run(config, directory, **options).start()
        begun.append(run)
        return run

    yield start
    for run in begun:
        run.send(Stop())
    for run in begun:
        assert run.join(WAIT), "a run did not end"


@pytest.fixture(scope="session")
def until() -> Callable[..., Moment]:
    """Wait for a moment of a run that satisfies a condition, and return it."""

    def wait(run: Run, condition: Callable[[Moment], bool]) -> Moment:
        deadline = time.monotonic() + WAIT
        while not condition(moment := run.latest()):
            assert time.monotonic() < deadline, f"still waiting at {moment}"
            time.sleep(0.002)
        return moment

    return wait


@pytest.fixture(scope="session")
def write_idx() -> Callable[[Path, Any], None]:
    """Write an array of bytes as an IDX file (packed if the name ends in .gz)."""
    import gzip

    def write(path: Path, array: Any) -> None:
        values = np.asarray(array, np.uint8)
        header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes()
        raw = header + values.tobytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)

    return write
