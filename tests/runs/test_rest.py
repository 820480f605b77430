"""A run of the disk, opened without training a step, and gone on with to the bit."""

import json
import os
import pickle
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lab.coach import Finding, Sign
from gan_lab.coach.rules import RULES
from gan_lab.data import DataError
from gan_lab.measures import Measured, Value
from gan_lab.runs import Budget, Registry, Rest, Run, RunDirectory, State, at_rest
from gan_lab.runs.directory import DirectoryError
from gan_lab.runs.journal import Journal
from gan_lab.runs.library import library
from gan_lab.runs.messages import Checkpoint, Pause, Step, Stop
from gan_lab.runs.reading import newest_whole
from gan_lab.training import checkpoints
from tests.patience import WAIT
from tests.runs.processes import claimed_elsewhere

ANNA, BERT = "anna's cookie", "bert's cookie"
CONFIG = {"training.checkpoint_steps": 5}


@pytest.fixture
def registry():
    runs = Registry()
    yield runs
    runs.close()


@pytest.fixture
def trained(runs_root, small):
    """A run below the root that has ended, perhaps by itself; returns its folder."""

    def train(name="run", changes=None, preset=None, steps=10):
        run = Run(
            small(CONFIG | (changes or {}), preset), RunDirectory.create(runs_root / name),
            budget=Budget(steps=steps),
        ).start()  # fmt: skip
        assert run.join(WAIT) and run.latest().state is State.FINISHED, run.latest().note
        return run.directory.path

    return train


def marks(path):
    every = [path, *sorted(path.rglob("*"))]
    return {p: (p.stat().st_mtime_ns, p.stat().st_ctime_ns, p.stat().st_size) for p in every}


@pytest.mark.parametrize(
    "preset", ["quick", "plane-ring", "pix2pix", "cyclegan", "srgan", "progressive", "acgan"]
)
def test_a_run_at_rest_shows_what_it_showed(runs_root, small, preset):
    run = Run(
        small({}, preset), RunDirectory.create(runs_root / "run"), budget=Budget(steps=6)
    ).start()
    assert run.join(WAIT) and run.latest().state is State.FINISHED, run.latest().note
    before = marks(run.directory.path)
    rest = at_rest(run.directory)
    then, now = run.latest(), rest.latest()
    assert (now.state, now.counts, now.config) == (State.FINISHED, then.counts, then.config)
    assert now.pictures == then.pictures and now.opinions == then.opinions and now.pictures
    assert now.seconds == pytest.approx(then.seconds, abs=1e-3)
    np.testing.assert_array_equal(rest.curves().values, run.curves().values)
    assert rest.curves().columns == run.curves().columns
    assert rest.ledger() == run.ledger()
    assert [s.tag for s in rest.film.shots] == [s.tag for s in run.film.shots]
    assert rest.stills().keys() == run.stills().keys()
    for name, network in run.shown().networks.items():
        found = rest.shown().networks[name].state_dict()
        assert all(torch.equal(value, found[key]) for key, value in network.state_dict().items())
    assert rest.meaning("loss/D") == run.meaning("loss/D")
    assert (rest.around(3).means == run.around(3).means)[~np.isnan(run.around(3).means)].all()
    assert rest.send(Pause()).result(WAIT).outcome == "refused"
    assert marks(run.directory.path) == before, "looking writes nothing"


def test_what_was_measured_and_found_is_there(trained):
    path = trained()
    Journal(path).note_measured(Measured(5, "averaged", {"swd": Value(0.5, 64)}))
    Journal(path).note_measured(Measured(11, "averaged", {"swd": Value(0.1, 64)}))
    checkup = at_rest(RunDirectory(path)).checkup()
    assert [m.step for m in checkup.measured] == [5], "what is beyond the end never happened"
    assert checkup.health.step == 10 and checkup.health.line


def test_findings_that_stood_stand(trained):
    path = trained()
    d_wins = next(rule for rule in RULES if rule.name == "d-wins")
    stood = Finding(d_wins, Sign(0.9, "D is right each time."), (), 4)
    for event in ("came", "went", "came"):
        Journal(path).note_finding(event, 4, stood.to_json())
    health = at_rest(RunDirectory(path)).checkup().health
    assert [f.rule.name for f in health.findings] == ["d-wins"]
    assert health.condition == d_wins.weight and "D is right each time." in health.line


def test_what_a_finding_rests_on_keeps_its_step(trained):
    path = trained()
    saturated = next(rule for rule in RULES if rule.name == "saturated")
    stood = Finding(saturated, Sign(0.9, "90 % are black.", measured=4), (), 4)
    Journal(path).note_finding("came", 4, stood.to_json())
    health = at_rest(RunDirectory(path)).checkup().health
    assert health.line.endswith("90 % are black (measured at step 4).")


def test_it_needs_no_pictures(trained, tmp_path, monkeypatch):
    path = trained()
    monkeypatch.setattr("gan_lab.data.load", None)
    rest = at_rest(RunDirectory(path))
    assert rest.shown() is not None and rest.latest().pictures


def test_without_a_film_the_averaged_g_draws(trained):
    path = trained()
    with_film = at_rest(RunDirectory(path)).latest()
    shutil.rmtree(path / "film")
    now = at_rest(RunDirectory(path)).latest()
    assert now.pictures == with_film.pictures and now.opinions == with_film.opinions
    assert now.pictures_step == 10


def left_behind(path):
    """As a killed process leaves it: later readings and changes, no word of an end."""
    (path / "summary.json").unlink()
    with (path / "history" / "readings.f32").open("ab") as file:
        columns = RunDirectory(path).columns()
        file.write(np.zeros((7, len(columns)), "<f4").tobytes() + b"\x01")
    with (path / "ledger.jsonl").open("a") as file:
        file.write('{"step": 14, "path": "optim.g.lr", "old": 1, "new": 2}\n{"step": 1')


def test_what_was_left_behind_is_shown_as_it_would_go_on(trained):
    path = trained()
    left_behind(path)
    rest = at_rest(RunDirectory(path))
    now = rest.latest()
    assert now.state is State.AT_REST and now.state.over
    assert "Go on" in now.note and now.counts.steps == 10
    assert rest.curves().records == 10 and rest.ledger() == []


def test_what_lies_beyond_its_end_never_happened(trained):
    path = trained()
    with (path / "ledger.jsonl").open("a") as file:
        for step in (-1, 3, 14):
            file.write(f'{{"step": {step}, "path": "optim.g.lr", "old": 1, "new": 2}}\n')
    shutil.copyfile(path / "checkpoints" / f"{10:09d}.pt", path / "states" / f"{20:09d}.pt")
    assert [entry.step for entry in at_rest(RunDirectory(path)).ledger()] == [3]
    (path / "summary.json").unlink()
    assert (
        newest_whole(RunDirectory(path)) == at_rest(RunDirectory(path)).latest().counts.steps == 10
    )


def test_a_failed_run_shows_why_and_the_readings_to_its_end(runs_root, small, until):
    run = Run(small({"training.checkpoint_steps": 3}), RunDirectory.create(runs_root / "a")).start()
    until(run, lambda m: m.counts.steps > 3)
    with torch.no_grad():
        next(run._worker.trainer.game.players["G"].network.parameters())[0, 0] = float("nan")
    assert run.join(WAIT)
    rest = at_rest(run.directory)
    assert rest.latest().state is State.FAILED and "became nan" in rest.latest().note
    assert rest.curves().records == run.latest().counts.steps == rest.latest().counts.steps


# -- opening -----------------------------------------------------------------------------------


def test_a_folder_is_opened_once_and_keeps_its_view_id(registry, trained):
    path = trained()
    one = registry.open(path.name, ANNA)
    assert one.state == "finished" and isinstance(one.run, Rest)
    assert registry.open(path, BERT) is one and registry.get(one.view_id) is one
    assert len(one.view_id) >= 20 and path.name not in one.view_id
    assert not one.may_control(ANNA) and not one.may_control("")
    with pytest.raises(PermissionError):
        one.send(Pause(), ANNA)


def test_who_opens_another_run_does_not_wait(registry, trained, monkeypatch):
    trained("slow"), trained("quick")
    reading, go, read = threading.Event(), threading.Event(), at_rest

    def slowly(directory):
        if directory.path.name == "slow":
            reading.set()
            assert go.wait(WAIT)
        return read(directory)

    monkeypatch.setattr("gan_lab.runs.registry.at_rest", slowly)
    with ThreadPoolExecutor(3) as pool:
        both = [pool.submit(registry.open, "slow", ANNA) for _ in range(2)]
        assert reading.wait(WAIT)
        other = pool.submit(registry.open, "quick", BERT)
        try:
            assert other.result(WAIT).directory.path.name == "quick"
        finally:
            go.set()
        first, second = (one.result(WAIT) for one in both)
    assert first is second, "a folder is opened once"


def test_what_is_trained_here_is_found_and_not_read(registry, small):
    mine = registry.start(small(), ANNA)
    mine.send(Pause(), ANNA).result(WAIT)
    assert registry.open(mine.directory.path.name, ANNA) is mine
    with pytest.raises(DirectoryError, match="not here"):
        registry.open(mine.directory.path.name, BERT)


def test_what_another_process_trains_is_shown_anew_each_time(registry, trained):
    path = trained()
    hosted = registry.open(path.name, ANNA)
    first = hosted.run
    assert registry.open(path.name, ANNA).run is first
    (path / "summary.json").unlink()
    assert registry.open(path.name, ANNA) is hosted
    assert hosted.run is not first and hosted.run.latest().state is State.AT_REST


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/",
        "../run",
        "nope",
        "run/checkpoints",
        "run\x00",
        "x" * 5000,
        "/etc",
        ".trash",
    ],
)
def test_nothing_else_can_be_opened(registry, trained, name):
    trained("run")
    with pytest.raises(DirectoryError, match="That run is not here any more"):
        registry.open(name, ANNA)


def test_whose_run_it_is_is_known_after_a_restart(small):
    before = Registry()
    path = before.start(small(), ANNA).directory.path
    before.close(WAIT)
    after = Registry()
    with pytest.raises(DirectoryError, match="not here"):
        after.open(path.name, BERT)
    mine = after.open(path.name, ANNA)
    assert mine.may_control(ANNA) and not mine.may_control(BERT)
    assert mine.may_go_on(ANNA) and not mine.may_go_on(BERT)
    with pytest.raises(PermissionError):
        after.resume(mine, BERT)
    after.resume(mine, ANNA)
    assert mine.send(Stop(), ANNA).result(WAIT).outcome == "applied"
    after.close()


def test_who_sees_all_may_look_and_no_more(small, monkeypatch):
    before = Registry()
    path = before.start(small(), ANNA).directory.path
    before.close(WAIT)
    monkeypatch.setattr(library(), "see_all", True)
    after = Registry()
    theirs = after.open(path.name, BERT)
    assert not theirs.may_control(BERT) and not theirs.may_go_on(BERT)
    assert after.open(path.name, ANNA) is theirs and theirs.may_control(ANNA)


# -- going on ----------------------------------------------------------------------------------


def test_gone_on_with_it_equals_one_that_never_stopped(registry, trained, differences, until):
    whole = RunDirectory(trained("whole", steps=60)).read_checkpoint()
    path = trained("part", steps=10)
    left_behind(path)
    hosted = registry.open(path.name, BERT)
    view_id, take = hosted.view_id, hosted.run.latest().take
    assert registry.resume(hosted, BERT) is hosted and hosted.view_id == view_id
    assert hosted.may_control(BERT), "who goes on with what is nobody's controls it"
    assert hosted.run.latest().take == take + 1, "a page that watches forgets its curves"
    assert hosted.send(Pause(), BERT).result(WAIT).outcome == "applied"
    moment = until(hosted.run, lambda m: m.state is State.PAUSED)
    assert moment.counts.steps < 60, "paused too late for this test"
    hosted.send(Step(60 - moment.counts.steps), BERT)
    until(hosted.run, lambda m: m.counts.steps == 60 and m.state is State.PAUSED)
    hosted.send(Checkpoint(), BERT).result(WAIT)
    state = checkpoints.load(path / "checkpoints" / "000000060.pt")
    for one in (state, whole):
        for changing in ("seconds", "ledger"):
            one.pop(changing)
    assert differences(state, whole) == []


def test_a_run_of_this_server_that_was_stopped_goes_on(registry, small, until):
    hosted = registry.start(small(), ANNA)
    until(hosted.run, lambda m: m.counts.steps > 2)
    hosted.send(Stop(), ANNA)
    assert hosted.run.join(WAIT)
    steps = hosted.run.latest().counts.steps
    heard = []
    with hosted.run.subscribed(heard.append):
        registry.resume(hosted, ANNA)
    assert heard[-1].state is State.LOADING, "who watches comes again"
    until(hosted.run, lambda m: m.counts.steps > steps)
    assert not (hosted.directory.path / "summary.json").exists(), "it has not ended"
    assert registry.resume(hosted, ANNA) is hosted, "it goes on already"


def test_what_another_process_trains_is_refused(registry, trained):
    path = trained()
    hosted = registry.open(path.name, ANNA)
    with claimed_elsewhere(path):
        with pytest.raises(DirectoryError, match="another process"):
            registry.resume(hosted, ANNA)
        assert "Another process" in at_rest(RunDirectory(path)).latest().note
    assert isinstance(hosted.run, Rest) and not hosted.owner


def test_other_pictures_are_refused_before_anything_changes(
    registry, trained, tmp_path, monkeypatch
):
    folder = tmp_path / "own"
    folder.mkdir()
    for index in range(8):
        Image.new("L", (16, 16), 30 * index).save(folder / f"{index}.png")
    path = trained(changes={"data.name": str(folder), "data.size": 16})
    before = marks(path)
    Image.new("L", (16, 16), 255).save(folder / "9.png")
    hosted = registry.open(path.name, ANNA)
    with pytest.raises(DataError, match="not yours"):  # who brings a run may name any folder
        registry.resume(hosted, ANNA)
    monkeypatch.setenv("GANLAB_FOLDERS", "1")
    with pytest.raises(DataError, match="other pictures"):
        registry.resume(hosted, ANNA)
    shutil.rmtree(folder)
    with pytest.raises(DataError):
        registry.resume(hosted, ANNA)
    assert marks(path) == before and isinstance(hosted.run, Rest)


# -- damage ------------------------------------------------------------------------------------


def _files(path):
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())


def test_a_damaged_folder_opens_as_far_as_it_can_be_read(trained, runs_root, registry):
    """Every file cut at several places, or full of nonsense: a run at rest, or one sentence."""
    whole = trained()
    for name in _files(whole):
        size = (whole / name).stat().st_size
        for cut in (0, 1, size // 2, size - 1, -1):
            path = runs_root / "cut"
            shutil.copytree(whole, path)
            data = (path / name).read_bytes()
            (path / name).write_bytes(data[:cut] if cut >= 0 else os.urandom(size))
            hosted = registry.open("cut", ANNA)
            moment = hosted.run.latest()
            assert moment.counts.steps in (0, 10) or name.startswith("checkpoints")
            assert hosted.run.curves() is not None and hosted.run.checkup() is not None
            assert "\n" not in moment.note and "Traceback" not in moment.note
            registry._hosted.clear()
            shutil.rmtree(path)


def test_neither_settings_nor_a_checkpoint_is_one_sentence(trained, registry):
    path = trained()
    (path / "config.json").write_text("{")
    for file in (path / "checkpoints").glob("*.pt"):
        file.write_bytes(b"nothing")
    shutil.rmtree(path / "states")
    with pytest.raises(DirectoryError, match=r"run cannot be opened: neither .*\.$"):
        registry.open("run", ANNA)


def test_settings_alone_show_curves_and_say_that_it_cannot_go_on(trained, registry):
    path = trained()
    shutil.rmtree(path / "checkpoints")
    shutil.rmtree(path / "states")
    hosted = registry.open("run", ANNA)
    assert hosted.run.shown() is None and "cannot go on" in hosted.run.latest().note
    assert hosted.run.curves().columns
    assert not hosted.may_go_on(ANNA)
    with pytest.raises(DirectoryError, match="cannot go on"):
        registry.resume(hosted, ANNA)


def test_a_checkpoint_that_carries_code_is_not_run(trained, registry, tmp_path):
    class Code:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path / 'run-it'}",))

    path = trained()
    for file in [*(path / "checkpoints").glob("*.pt"), *(path / "states").glob("*.pt")]:
        file.write_bytes(pickle.dumps({"format": 3, "x": Code()}))
    registry.open("run", ANNA)
    assert not (tmp_path / "run-it").exists()


def test_it_can_be_forked(trained, registry, until):
    hosted = registry.open(trained().name, ANNA)
    child = registry.fork(hosted, None, ANNA, {"optim.g.lr": 0.003})
    until(child.run, lambda m: m.counts.steps > 10)
    assert child.parent.run == "run" and child.may_control(ANNA)


def test_a_fork_names_no_folder_of_the_server_that_its_visitor_may_not(
    registry, trained, runs_root, tmp_path, monkeypatch
):
    folder = tmp_path / "secret"
    folder.mkdir()
    for index in range(8):
        Image.new("L", (16, 16), 30 * index).save(folder / f"{index}.png")
    path = trained(changes={"data.name": str(folder), "data.size": 16})
    library().owners.mark(path, ANNA)  # as of a run that she brought
    hosted = registry.open(path.name, ANNA)
    assert hosted.may_control(ANNA)
    before = sorted(runs_root.iterdir())
    with pytest.raises(DataError, match="not yours"):
        registry.fork(hosted, None, ANNA)
    assert sorted(runs_root.iterdir()) == before
    monkeypatch.setenv("GANLAB_FOLDERS", "1")
    child = registry.fork(hosted, None, ANNA)
    assert child.may_control(ANNA)


def test_left_alone_it_leaves_the_memory(trained, registry, monkeypatch):
    hosted = registry.open(trained().name, ANNA)
    monkeypatch.setattr("gan_lab.runs.registry.KEPT", -1.0)
    registry.reap()
    assert registry.get(hosted.view_id) is None
    assert registry.open("run", ANNA).view_id != hosted.view_id


def test_json_of_a_summary_is_not_trusted(trained):
    path = trained()
    told = json.loads((path / "summary.json").read_text())
    (path / "summary.json").write_text(json.dumps(told | {"steps": 10**12, "state": "failed"}))
    rest = at_rest(RunDirectory(path))
    assert rest.curves().records == 10
