"""Commands, a script and the server end while a metric is under way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import exits

NAMES = ("steps", "SIGTERM", "failing", "evaluate", "script", "server SIGTERM", "server SIGINT")
"""All commands end as the first ones do; the benchmark has each."""


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[exits.Ended]]]:
    """How the process of each case ended; three at a time, as they mostly wait."""
    folder = tmp_path_factory.mktemp("exits")
    exits.prepare(folder / "prepared", NAMES)
    with ThreadPoolExecutor(3) as pool:
        yield {
            name: pool.submit(exits.play, name, folder / "prepared", folder / f"case {number}")
            for number, name in enumerate(NAMES)
        }


@pytest.mark.parametrize("name", NAMES)
def test_the_exit_code_is_the_one_that_is_due(ends: dict[str, Future[exits.Ended]], name: str):
    end = ends[name].result()
    assert end.code == exits.CASES[name].code, end
    assert "terminate called" not in end.err
    assert not end.lost, end


def test_a_run_that_fails_says_so_and_nothing_else(ends: dict[str, Future[exits.Ended]]):
    end = ends["failing"].result()
    assert exits.FAILURE in end.err
    assert end.out == ""


@pytest.mark.parametrize("name", ["steps", "SIGTERM"])
def test_the_summary_is_printed_whole(ends: dict[str, Future[exits.Ended]], name: str):
    assert ends[name].result().out.endswith("}\n")


def test_a_process_that_lost_something_is_noticed(tmp_path: Path):
    """The check of what was lost can fail."""
    assert exits._lost("steps", tmp_path) == "no summary"
    assert exits._lost("export", tmp_path) == "no tiny.zip"
    assert "checkpoints" in exits._lost("server SIGTERM", tmp_path)
