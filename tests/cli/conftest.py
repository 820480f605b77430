"""What the command line's tests share: the same ``main`` in this process and in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gan_lab.cli import main

HERE = Path(__file__).parents[2]
TINY = (
    "networks.g.width=4", "networks.d.width=4", "networks.g.hidden=12", "networks.d.hidden=12",
    "training.batch=8", "training.grid=2", "latent.dim=6", "training.threads=1",
    "training.measuring=0",  # how much of it there is depends on the machine
)  # fmt: skip


class Outcome(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON value and nothing else."""
        return json.loads(self.out)


def tiny(*changes: str) -> list[str]:
    """Options for an experiment whose steps take milliseconds."""
    options = ["--data", "digits"]
    for change in (*TINY, *changes):
        options += ["--set", change]
    return options


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> Callable[..., Outcome]:
    """Run ``main`` in this process, in an empty folder; all arguments become texts."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(a) for a in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A run of 12 steps, to look at and not to change."""
    path = tmp_path_factory.mktemp("cli") / "trained"
    assert main(["train", *tiny(), "--steps", "12", "--out", str(path)]) == 0
    return path


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "GANLAB_RUNS": str(tmp_path / "runs"), "PYTHONPATH": str(HERE)}


@pytest.fixture
def spawn(tmp_path) -> Callable[..., subprocess.Popen[str]]:
    """Start ``python -m gan_lab`` as a process of its own, in an empty folder."""

    def start(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "gan_lab", *(str(a) for a in arguments)],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
