"""``train``: what it prints, what it leaves on disk, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_lab.cli.catalogue import _plain, _text
from gan_lab.config import difference
from gan_lab.games import game_of
from gan_lab.presets import presets
from gan_lab.runs import Run
from gan_lab.runs.library import Library
from gan_lab.runs.worker import Worker
from tests.patience import WAIT

from .conftest import tiny

KEYS = ("run", "steps", "images", "seconds", "images_per_second", "metrics")


def ledger(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]


def shrunk(small, name: str) -> list[str]:
    """Options that make a preset small enough for milliseconds."""
    changes = difference(small(name=name), presets()[name].config)
    return [part for p, v in changes.items() for part in ("--set", f"{p}={_text(_plain(v))}")]


@pytest.mark.parametrize("name", presets())
def test_every_preset_trains_goes_on_and_samples(call, small, tmp_path, name):
    outcome = call(
        "train", "--preset", name, *shrunk(small, name), "--steps", 5, "--seed", 3, "--out", "run",
        "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert outcome.json["steps"] == 5
    assert outcome.json["images"] >= 5 * 8
    assert set(KEYS) <= outcome.json.keys()
    assert any(reading.startswith("loss/D") for reading in outcome.json["metrics"])
    run = tmp_path / "run"
    assert {p.name for p in (run / "checkpoints").iterdir()} == {"000000000.pt", "000000005.pt"}
    config = json.loads((run / "config.json").read_text())
    assert config["training"]["seed"] == 3
    assert config["objective"]["game"] == presets()[name].config.objective.game
    assert json.loads((run / "summary.json").read_text()) == outcome.json
    assert call("train", "--resume", "run", "--steps", 6, "--json").json["steps"] == 6
    assert call("sample", "run", "--n", 3, "--out", "three.npz").code == 0
    with np.load("three.npz") as file:
        if game_of(presets()[name].config).plays_points:
            assert file["points"].dtype == np.float32 and file["points"].shape == (3, 2)
            return
        images = file["images"]
    assert images.dtype == np.uint8 and len(images) == 3 and images.min() < images.max()


def test_words_for_people(call):
    outcome = call("train", *tiny(), "--steps", 3)
    assert outcome.code == 0
    assert outcome.out.startswith("finished: 3 steps, 24 pictures in")
    assert outcome.err == ""
    run = Path(outcome.out.splitlines()[-1].removeprefix("run: "))
    assert run.parent == Path(os.environ["GANLAB_RUNS"])
    assert (run / "config.json").is_file()


def test_images_are_the_pictures_that_d_saw(call):
    outcome = call("train", *tiny("optim.d.steps=2"), "--images", 40, "--json")
    assert (outcome.json["images"], outcome.json["steps"]) == (48, 3)


@pytest.fixture
def clock(monkeypatch):
    """A run's own clock: a round takes 0.125 s and loading 100 s, on every machine."""
    now, play, load = [0.0], Worker._play, Worker._load

    def after(act, seconds):
        def instead(worker):
            act(worker)
            now[0] += seconds

        return instead

    monkeypatch.setattr(Worker, "_play", after(play, 0.125))
    monkeypatch.setattr(Worker, "_load", after(load, 100.0))
    monkeypatch.setattr("gan_lab.runs.worker.time", SimpleNamespace(perf_counter=lambda: now[0]))


def test_seconds_count_training_alone(call, clock):
    told = call("train", *tiny(), "--seconds", 0.3, "--json").json
    assert (told["seconds"], told["steps"]) == (0.375, 3)


def test_an_empty_folder_will_do(call, tmp_path):
    (tmp_path / "empty").mkdir()
    assert call("train", *tiny(), "--steps", 1, "--out", "empty").code == 0


def test_a_run_can_be_repeated_from_its_own_config(call, trained, tmp_path):
    outcome = call(
        "train", "--config", trained / "config.json", "--steps", 12, "--out", "again", "--json"
    )
    former = json.loads((trained / "summary.json").read_text())
    assert outcome.json["metrics"] == former["metrics"]


def test_set_comes_after_preset_and_shorthands(call, tmp_path):
    call("train", *tiny("training.seed=9", "optim.g.lr=1e-5"), "--seed", 4, "--steps", 1,
         "--out", "run")  # fmt: skip
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["training"]["seed"] == 9
    assert config["optim"]["g"]["lr"] == 1e-5


def test_limits_are_totals_also_on_resume(call, tmp_path):
    assert call("train", *tiny(), "--steps", 4, "--out", "run").code == 0
    outcome = call("train", "--resume", "run", "--steps", 10, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["steps"] == 10
    assert outcome.json["images"] == 80
    assert call("train", "--resume", "run", "--steps", 10, "--json").json["steps"] == 10
    assert call("train", "--resume", "run", "--steps", 3, "--json").json["steps"] == 10


def test_live_changes_on_resume_are_in_the_ledger(call, tmp_path):
    assert call("train", *tiny(), "--steps", 4, "--out", "run").code == 0
    outcome = call("train", "--resume", "run", "--steps", 6, "--set", "optim.g.lr=5e-5")
    assert outcome.code == 0, outcome.err
    (entry,) = ledger(tmp_path / "run")
    assert (entry["step"], entry["path"], entry["new"]) == (4, "optim.g.lr", 5e-5)
    assert entry["outcome"] == "applied"
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["optim"]["g"]["lr"] == 5e-5


def test_a_run_is_found_by_its_name_below_the_root(call):
    run = Path(call("train", *tiny(), "--steps", 2, "--json").json["run"])
    assert call("train", "--resume", run.name, "--steps", 3, "--json").json["steps"] == 3


def test_resumed_equals_uninterrupted(call):
    whole = call("train", *tiny(), "--steps", 9, "--json").json
    run = call("train", *tiny(), "--steps", 4, "--json").json["run"]
    assert (
        call("train", "--resume", run, "--steps", 9, "--json").json["metrics"] == whole["metrics"]
    )


def test_own_pictures_are_found_from_another_folder(call, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    for number in range(4):
        Image.new("L", (12, 10), 60 * number).save(tmp_path / "mine" / f"{number}.png")
    own = ["--data", "mine", "--set", "data.size=8"]
    outcome = call("train", *tiny(), *own, "--steps", 2, "--out", "run")
    assert outcome.code == 0, outcome.err
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert call("train", "--resume", "../run", "--steps", 3, "--json").json["steps"] == 3


def test_a_run_that_breaks_says_so_and_exits_1(call, tmp_path):
    settings = ("optim.d.name=sgd", "optim.d.lr=1", "optim.d.momentum=0.99", "optim.g.lr=1",
                "optim.g.name=sgd", "objective.loss=least-squares")  # fmt: skip
    outcome = call(
        "train", "--preset", "vanilla", *tiny(*settings), "--steps", 3000, "--out", "run", "--json"
    )
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert "at step" in outcome.err
    assert list((tmp_path / "run" / "checkpoints").glob("*.pt"))


def test_without_a_limit_it_says_which_one_it_takes(call, clock, monkeypatch):
    monkeypatch.setattr("gan_lab.cli.train.DEFAULT_SECONDS", 0.2)
    outcome = call("train", *tiny(), "--json")
    assert outcome.code == 0
    assert "0.2 s" in outcome.err
    assert outcome.json["seconds"] == 0.25


def trains(process, folder: Path) -> None:
    """Wait until the process has readings of its run."""
    history = folder / "run" / "history" / "readings.f32"
    deadline = time.monotonic() + WAIT
    while not (history.exists() and history.stat().st_size > 200):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ends(process, folder: Path, number: signal.Signals) -> dict[str, Any]:
    """Send a signal that ends a run, and check that it kept a checkpoint; its summary."""
    process.send_signal(number)
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 0, err
    summary = json.loads(out)
    assert summary["state"] == "stopped"
    assert summary["steps"] > 0
    assert (folder / "run" / "checkpoints" / f"{summary['steps']:09d}.pt").is_file()
    assert err.count("\n") == 1
    assert number.name in err
    assert "--resume run" in err
    return summary


def test_an_interrupt_keeps_a_checkpoint_and_exits_0(spawn, tmp_path):
    process = spawn("train", *tiny(), "--seconds", 120, "--out", "run", "--json")
    trains(process, tmp_path)
    ends(process, tmp_path, signal.SIGINT)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="the system has no such signal")
def test_one_signal_keeps_a_checkpoint_and_the_run_goes_on_and_another_ends_it(spawn, tmp_path):
    never = ("--set", "training.checkpoint_seconds=0", "--set", "training.keep_states=0")
    process = spawn("train", *tiny(), *never, "--seconds", 120, "--out", "run", "--json")
    trains(process, tmp_path)
    saved = []
    for _ in range(2):
        process.send_signal(signal.SIGUSR1)
        line = process.stderr.readline()
        step = int(re.fullmatch(r"run: saved at step ([\d,]+)\n", line)[1].replace(",", ""))
        assert (tmp_path / "run" / "checkpoints" / f"{step:09d}.pt").is_file()
        saved.append(step)
    assert 0 < saved[0] < saved[1]
    assert ends(process, tmp_path, signal.SIGTERM)["steps"] > saved[1]


def test_a_signal_before_the_first_step_is_not_lost(call, monkeypatch):
    monkeypatch.setattr("gan_lab.cli.train.POLL", 0.01)
    former, begin = signal.getsignal(signal.SIGINT), Run.start

    def start(run):
        # the handler is there from before the run starts, so the signal cannot end the tests
        os.kill(os.getpid(), signal.SIGTERM)
        return begin(run)

    monkeypatch.setattr(Run, "start", start)
    outcome = call("train", *tiny(), "--seconds", 60, "--json")
    assert outcome.code == 0
    assert outcome.json["state"] == "stopped"
    assert signal.getsignal(signal.SIGINT) is former


def test_an_interrupt_before_the_run_says_so(call, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("gan_lab.cli.train.load", interrupted)
    monkeypatch.setattr("gan_lab.cli.train.pick_device", interrupted)
    outcome = call("train", *tiny(), "--steps", 1)
    assert outcome.code == 130
    assert outcome.err == "error: interrupted before there was anything to keep\n"
    assert not (tmp_path / "runs").exists()


def test_a_run_begun_from_another_goes_on_when_that_one_has_gone(call, tmp_path):
    parent, child = tmp_path / "parent", tmp_path / "child"
    limits = ("--steps", "2", "--out")
    assert call("train", *tiny(), *limits, str(parent)).code == 0
    begun = call("train", *tiny(f"training.start_from={parent}"), *limits, str(child))
    assert begun.code == 0
    assert "start_from" in (child / "ledger.jsonl").read_text()
    parent.rename(tmp_path / "elsewhere")
    assert call("train", "--resume", str(child), "--steps", "3").code == 0


def test_nothing_is_left_where_there_are_no_pairs_or_no_run_to_begin_from(call, tmp_path):
    for change in ("data.pairs=classes", "training.start_from=nowhere", "optim.players.G_ab.lr=1"):
        outcome = call("train", *tiny(change), "--data", "digits:3", "--out", str(tmp_path / "x"))
        assert outcome.code == 2 and not (tmp_path / "x").exists(), change


def test_a_run_knows_its_preset_whatever_its_folder_is_called(call, tmp_path, runs_root):
    known = ("--preset", "lsgan", *tiny(), "--steps", 1)
    assert call("train", *known, "--out", runs_root / "mine").code == 0
    assert call("train", *known).code == 0
    (tmp_path / "own.toml").write_text("[latent]\ndim = 5\n")
    assert call("train", "--config", "own.toml", *tiny(), "--steps", 1, "--out",
                runs_root / "own").code == 0  # fmt: skip
    presets = {entry.name: entry.preset for entry in Library(runs_root).entries()}
    assert presets.pop("mine") == "lsgan" and presets.pop("own") == ""
    assert list(presets.values()) == ["lsgan"]
    (dated,) = (runs_root / name for name in presets)
    for told in ("", "[]", '{"preset": "<b>no</b>"}', '{"preset": 3}'):  # or one of another time
        (dated / "preset.json").write_text(told)
        assert Library(runs_root).entry(dated.name, "").preset == "lsgan"
    (dated / "preset.json").unlink()
    assert Library(runs_root).entry(dated.name, "").preset == "lsgan"
