"""A server's routes as visitors reach them, and a run that rests there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan_lab.config import RunConfig, put
from gan_lab.runs import Budget, Hosted, Registry, Run, RunDirectory
from gan_lab.server import COOKIE, VisitorCookie, routes
from tests.patience import WAIT

ANNA, BERT = "anna-whose-run-it-is", "bert-who-would-like-it"
TINY = put(
    RunConfig(),
    {
        "networks.g.width": 4,
        "networks.d.width": 4,
        "networks.g.max_width": 8,
        "networks.d.max_width": 8,
        "latent.dim": 6,
        "training.batch": 8,
        "training.grid": 2,
        "training.threads": 1,
        "training.measuring": 0.0,
        "training.checkpoint_steps": 2,
        "training.checkpoint_seconds": 0.0,
    },
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of six steps, to look at and to copy."""
    path = tmp_path_factory.mktemp("trained") / "run"
    run = Run(TINY, RunDirectory.create(path), budget=Budget(steps=6)).start()
    assert run.join(WAIT)
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    registry = Registry()
    yield registry
    registry.close()


@pytest.fixture(scope="module")
def client(runs: Registry) -> Iterator[TestClient]:
    """Without a cookie, until a test gives it one."""
    app = Starlette(routes=routes(runs), middleware=[Middleware(VisitorCookie)])
    with TestClient(app, raise_server_exceptions=True) as one:
        yield one


@pytest.fixture(scope="module")
def hosted(
    runs: Registry, trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hosted]:
    """Anna's, at rest on this server's disk."""
    root = tmp_path_factory.mktemp("server") / "runs"
    shutil.copytree(trained, root / "hers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_RUNS", str(root))
        yield runs.open("hers", ANNA)


def as_visitor(name: str) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={name}"}
