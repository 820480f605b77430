"""The limits of an import, and what is left of what was sent."""

import errno
import importlib
import json
import zipfile

import numpy as np
import pytest

from gan_lab.archives import LINE
from gan_lab.export import EXPORTS, ExportError, bring
from gan_lab.runs.journal import Journal
from gan_lab.runs.reading import glance
from gan_lab.sandbox import SandboxError
from gan_lab.training import checkpoints
from tests.hostile.runs import Run

module = importlib.import_module("gan_lab.export.bring")  # the function of that name hides it


@pytest.fixture
def run(ended, tmp_path):
    EXPORTS["bundle"].write(ended(), tmp_path / "run.zip")
    return Run(tmp_path / "run.zip", tmp_path)


def sent(tmp_path, data):
    (tmp_path / "sent.zip").write_bytes(data)
    return tmp_path / "sent.zip"


def test_no_checkpoint_is_kept_as_it_was_sent(run, tmp_path, differences):
    """Whoever opens it later reads what this app wrote, from a state that was checked."""
    strange = run.state(lambda state: state.update(more=[None] * 9))
    name = "run/checkpoints/000000006.pt"
    brought = bring(sent(tmp_path, run.changed({name: strange})), tmp_path / "elsewhere")
    kept = brought.path / "checkpoints" / "000000006.pt"
    again = tmp_path / "again.pt"
    checkpoints.save(checkpoints.load(kept), again)

    def records(path):
        with zipfile.ZipFile(path) as archive:
            return {one: archive.read(one) for one in archive.namelist()}

    assert records(kept) == records(again)
    (tmp_path / "sent.pt").write_bytes(strange)
    want = checkpoints.load(tmp_path / "sent.pt")
    assert differences(checkpoints.load(kept), want) == []


def test_curves_end_where_the_run_does(run, tmp_path):
    readings = run.content["run/history/readings.f32"]
    width = len(json.loads(readings.split(b"\n")[0])["columns"])
    more = readings + np.ones(1000 * width, "<f4").tobytes()
    brought = bring(sent(tmp_path, run.put("history/readings.f32", more)), tmp_path / "elsewhere")
    assert (brought.path / "history" / "readings.f32").read_bytes() == readings


def test_curves_of_a_run_that_broke_go_on_to_where_it_broke(run, tmp_path):
    readings = run.content["run/history/readings.f32"]
    width = len(json.loads(readings.split(b"\n")[0])["columns"])
    more = readings + np.ones(9 * width, "<f4").tobytes()
    told = {"state": "failed", "steps": 8, "images": 64, "seconds": 1.0, "note": "NaN"}
    changed = {
        "run/history/readings.f32": more,
        "run/summary.json": json.dumps(told).encode(),
    }
    brought = bring(sent(tmp_path, run.changed(changed)), tmp_path / "elsewhere")
    assert brought.records(brought.columns()) == 8
    assert glance(brought.path).state == "failed"


def test_a_run_that_was_exported_while_it_was_paused_is_stopped_and_not_left_behind(run, tmp_path):
    data = run.changed(drop=["run/summary.json"])  # a paused run has none
    brought = bring(sent(tmp_path, data), tmp_path / "elsewhere")
    seen = glance(brought.path)
    assert (seen.state, seen.steps, seen.images) == ("stopped", 6, 48)
    assert seen.over and "exported before its end" in seen.why


def test_a_checkpoint_without_its_run_is_stopped_and_not_left_behind(ended, tmp_path):
    EXPORTS["checkpoint"].write(ended(), tmp_path / "one.pt")
    seen = glance(bring(tmp_path / "one.pt", tmp_path / "elsewhere").path)
    assert (seen.state, seen.steps) == ("stopped", 6)


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_an_imported_run_has_ended_as_it_did_where_it_came_from(run, tmp_path, state):
    told = {"state": state, "steps": 6, "images": 48, "seconds": 1.0, "note": "As it was."}
    data = run.put("summary.json", json.dumps(told).encode())
    brought = bring(sent(tmp_path, data), tmp_path / "elsewhere")
    assert glance(brought.path).state == state
    assert json.loads((brought.path / "summary.json").read_text()) == told


def test_the_measures_of_a_run_of_weeks_are_thinned(run, tmp_path):
    """Two kinds of weights are measured at each step; both stay."""
    numbers = {name: {"number": k / 7, "n": 2048, "floor": 0.1} for k, name in enumerate("abcde")}
    steps, least = 25_000, 40 << 20  # three times what is kept
    text = "x" * (least // (2 * steps))
    lines = [
        json.dumps({"step": s, "weights": w, "seconds": 1.0, "values": numbers, "text": text})
        for s in range(steps)
        for w in ("trained", "averaged")
    ]
    data = "\n".join(lines).encode()
    assert len(data) > least
    kept = (
        bring(sent(tmp_path, run.put("measures.jsonl", data)), tmp_path / "elsewhere").path
        / "measures.jsonl"
    )
    assert kept.stat().st_size < 17 << 20
    found = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [line["weights"] for line in found] == ["trained", "averaged"] * (len(found) // 2)
    assert len(Journal(kept.parent).measured()) > 1000
    assert not list(kept.parent.glob("*.thinned"))


def test_a_cancelled_import_leaves_nothing(run, tmp_path):
    with pytest.raises(ExportError, match="the request was cancelled"):
        bring(run.source, tmp_path / "elsewhere", cancelled=lambda: True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("reason", ["time", "memory", "crash"])
def test_a_limit_is_told_in_a_sentence(run, tmp_path, monkeypatch, reason):
    def refuse(*_, **__):
        raise SandboxError(reason)

    monkeypatch.setattr(module._POOL, "call", refuse)
    with pytest.raises(ExportError, match="^this file cannot be brought in: .*[a-z]$"):
        bring(run.source, tmp_path / "elsewhere")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_full_disk_is_told_as_that(run, tmp_path, monkeypatch):
    monkeypatch.setattr(module._POOL, "call", lambda *_, **__: {"errno": errno.ENOSPC})
    with pytest.raises(OSError, match="No space left") as caught:
        bring(run.source, tmp_path / "elsewhere")
    assert caught.value.errno == errno.ENOSPC


def test_the_disk_s_error_leaves_the_worker_as_its_number(run, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(module, "check_run", full)
    (tmp_path / "place").mkdir()
    limits = module.asdict(module.LIMITS)
    told = module.unpack(str(run.source), str(tmp_path / "place"), "run", limits)
    assert told == {"errno": errno.ENOSPC}


def test_its_own_lines_are_within_the_limits(run):
    for name in ("ledger", "measures", "findings"):
        longest = max(map(len, run.content.get(f"run/{name}.jsonl", b"").splitlines()), default=0)
        assert longest < LINE.size / 8
