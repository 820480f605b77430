"""``python -m gan_lab runs``."""

from gan_lab.runs import Budget, Run, RunDirectory
from tests.patience import WAIT


def test_every_run_is_listed(call, runs_root, small):
    run = Run(small(), RunDirectory.create(runs_root / "mine"), budget=Budget(steps=3)).start()
    assert run.join(WAIT)
    told = call("runs")
    assert told.code == 0
    first, last = told.out.splitlines()
    assert first.startswith("mine: finished, 3 steps, ")
    assert last.startswith(f"1 run below {runs_root}, ")
    found = call("runs", "--json").json
    (one,) = found["runs"]
    assert (one["name"], one["state"], one["steps"], one["data"]) == (
        "mine",
        "finished",
        3,
        "digits",
    )
    assert one["differs"]["training.batch"] == 8
    assert found["used"] >= one["size"] > 0 and found["bound"] == 20_000_000_000


def test_none_is_an_answer_too(call, runs_root):
    assert call("runs", "--json").json["runs"] == []
    assert call("runs").out.startswith(f"0 runs below {runs_root}, 0 MB of ")
