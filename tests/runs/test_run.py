"""A run as a thing that messages are sent to."""

import json
import math
import threading
from concurrent.futures import wait

import numpy as np
import pytest
import torch

from gan_lab.cli.main import main
from gan_lab.runs import Budget, Run, RunDirectory, State
from gan_lab.runs.messages import Checkpoint, Pause, Resume, Set, Step, Stop
from tests.patience import WAIT


def ask(run, command):
    return run.send(command).result(WAIT)


def weights(run):
    return {
        k: v.clone() for k, v in run._worker.trainer.game.players["G"].network.state_dict().items()
    }


@pytest.fixture
def paused(begin, small, until):
    """A run that stands still, with whatever changes to its configuration."""

    def start(changes=None, **options):
        run = begin(small(changes), **options)
        assert ask(run, Pause()).outcome == "applied"
        until(run, lambda m: m.state is State.PAUSED)
        return run

    return start


def test_a_run_trains_until_its_budget_and_leaves_everything(begin, small):
    run = begin(small({"training.sample_every": 4}), budget=Budget(steps=10))
    assert run.join(WAIT)
    last = run.latest()
    assert last.state is State.FINISHED and last.state.over
    assert last.counts == (10, 10, 80, 80 / 1438)
    path = run.directory.path
    assert sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()) == [
        "checkpoints/000000000.pt", "checkpoints/000000010.pt", "config.json",
        "film/000000000.film", "film/000000010.film", "history/readings.f32",
        "samples/000000004.png", "samples/000000008.png", "states/000000000.pt",
        "states/000000010.pt", "summary.json",
    ]  # fmt: skip
    summary = json.loads((path / "summary.json").read_text())
    assert summary == run.summary()
    assert {"run", "steps", "images", "seconds", "images_per_second", "metrics"} <= set(summary)
    assert (summary["steps"], summary["images"]) == (10, 80)
    assert summary["seconds"] == pytest.approx(last.seconds, abs=1e-3)
    assert run.directory.read_config() == small({"training.sample_every": 4})
    assert run.curves().records == 10
    assert run.shown().step == 10


@pytest.mark.parametrize(
    ("budget", "steps"),
    [(Budget(steps=3), 3), (Budget(images=20), 3), (Budget(steps=2, images=800), 2),
     (Budget(seconds=0.0), 0), (Budget(steps=0), 0)],
)  # fmt: skip
def test_budgets_end_the_run_at_the_first_limit(begin, small, budget, steps):
    run = begin(small(), budget=budget)
    assert run.join(WAIT)
    assert run.latest().counts.steps == steps


def test_budgets_are_totals_of_the_run_also_when_resuming(begin, small):
    for total, expected in ((4, 4), (7, 7), (5, 7)):
        options = {"resume": True} if total > 4 else {}
        run = begin(small(), budget=Budget(steps=total), **options)
        assert run.join(WAIT)
        assert run.latest().state is State.FINISHED
        assert run.latest().counts.steps == expected
        assert run.curves().records == expected
    assert run.latest().seconds > 0


def test_pause_stands_still_and_resume_goes_on(paused, until):
    run = paused()
    steps = run.latest().counts.steps
    before = weights(run)
    assert ask(run, Set("optim.g.lr", 1e-3)).step == steps, "a paused run still obeys"
    assert run.latest().counts.steps == steps
    assert all(map(torch.equal, before.values(), weights(run).values()))
    assert ask(run, Resume()).outcome == "applied"
    until(run, lambda m: m.counts.steps > steps and m.state is State.RUNNING)


def test_a_pause_says_why(paused, begin, small, until):
    run = begin(small(), "other")
    entry = ask(run, Pause("Lunch – back at two"))
    assert entry.note == "Lunch – back at two"
    assert until(run, lambda m: m.state is State.PAUSED).note == "Lunch – back at two"


@pytest.mark.parametrize("count", [1, 5])
def test_step_plays_exactly_so_many_rounds(paused, until, count):
    run = paused()
    before = run.latest().counts.steps
    assert ask(run, Step(count)).outcome == "applied"
    moment = until(run, lambda m: m.state is State.PAUSED and m.counts.steps > before)
    assert moment.counts.steps == before + count
    assert ask(run, Set("optim.g.lr", 1e-3)).step == before + count


def test_steps_of_d_alone_leave_g_as_it_was(paused, until):
    run = paused({"networks.g.batch_norm": "nowhere"})
    before, counts = weights(run), run.latest().counts
    ask(run, Step(3, "D"))
    after = until(run, lambda m: m.counts.steps == counts.steps + 3).counts
    assert after.images == counts.images + 24, "D did train"
    assert all(map(torch.equal, before.values(), weights(run).values()))
    ask(run, Step(2, "G"))
    last = until(run, lambda m: m.counts.steps == counts.steps + 5).counts
    assert last.images == after.images, "D did not"
    assert not all(map(torch.equal, before.values(), weights(run).values()))


@pytest.mark.parametrize("command", [Step(0), Step(-1), Step(1, "H")])
def test_impossible_steps_are_refused(paused, command):
    run = paused()
    entry = ask(run, command)
    assert entry.outcome == "refused" and "at least 1" in entry.note
    assert run.latest().state is State.PAUSED


def test_checkpoint_by_command(paused):
    run = paused()
    step = run.latest().counts.steps
    assert ask(run, Checkpoint()).outcome == "applied"
    assert f"{step:09d}.pt" in [p.name for p in run.directory.checkpoint_files()]


def test_stop_ends_the_run_with_a_checkpoint(begin, small, until):
    run = begin(small())
    until(run, lambda m: m.counts.steps > 3)
    entry = ask(run, Stop())
    assert run.join(WAIT)
    assert run.latest().state is State.STOPPED
    assert int(run.directory.checkpoint_files()[-1].stem) == entry.step
    assert run.directory.read_checkpoint()["steps"] == run.latest().counts.steps


@pytest.mark.parametrize(
    ("command", "path"),
    [(Set("optim.g.lr", 1.0), "optim.g.lr"), (Pause(), "pause"), (Stop(), "stop"),
     (Step(), "step"), (Resume(), "resume"), (Checkpoint(), "checkpoint")],
)  # fmt: skip
def test_commands_after_the_end_are_refused(begin, small, command, path):
    run = begin(small(), budget=Budget(steps=1))
    run.join(WAIT)
    entry = run.send(command).result(0)
    assert (entry.path, entry.outcome) == (path, "refused")
    assert entry.note == "the run is over (finished)"


def test_changes_are_in_the_ledger_in_memory_and_on_disk(paused):
    run = paused()
    ask(run, Set("optim.g.lr", 1e-3))
    ask(run, Set("latent.dim", 3))
    ask(run, Set("no.such", 3))
    lines = (run.directory.path / "ledger.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["path"] for line in lines] == [
        "pause", "optim.g.lr", "latent.dim", "no.such",
    ]  # fmt: skip
    assert [e.outcome for e in run.ledger()] == ["applied", "applied", "refused", "refused"]
    assert run.latest().config.optim.g.lr == 1e-3


@pytest.mark.parametrize(
    ("path", "value"), [("optim.g.lr", object()), ("\ud800", 1), ("optim.g.lr", {"a": [1]})]
)
def test_no_message_can_break_a_run(paused, path, value):
    run = paused()
    assert ask(run, Set(path, value)).outcome == "refused"
    assert ask(run, Resume()).outcome == "applied"
    assert run.latest().state is not State.FAILED


def test_an_answer_that_nobody_waits_for_any_more_harms_nothing(paused):
    run = paused()
    ask(run, Resume())
    answers = [run.send(Set("optim.g.lr", 1e-3)) for _ in range(50)]
    for answer in answers:
        answer.cancel()
    assert ask(run, Pause()).outcome == "applied"
    assert run.latest().state is not State.FAILED


def test_a_viewer_that_breaks_is_dropped_and_the_run_goes_on(begin, small, until):
    run, seen = begin(small()), []

    def broken(_):
        raise RuntimeError("the page is gone")

    with run.subscribed(broken), run.subscribed(seen.append):
        until(run, lambda m: m.number > 3)
    assert run.latest().state is State.RUNNING
    assert len(seen) >= 2


def test_the_same_callback_may_watch_twice(begin, small, until):
    run, seen = begin(small()), []
    callback = seen.append
    with run.subscribed(callback):
        with run.subscribed(callback):
            pass
        number = until(run, lambda m: bool(seen)).number
        until(run, lambda m: m.number > number + 1)
    assert seen[-1].number > number, "the first is still told"


def test_a_viewer_receives_every_moment_in_order_with_pictures(paused):
    seen = []
    run = paused(budget=Budget(steps=200))
    with run.subscribed(seen.append):
        run.send(Resume())
        assert run.join(WAIT)
    numbers = [m.number for m in seen]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert seen[-1].state is State.FINISHED
    assert seen[-1].pictures_step == 200
    picture = seen[-1].pictures["samples"]
    assert (picture.mime, picture.columns, picture.tile, picture.count) == ("image/png", 2, 8, 4)
    assert picture.data.startswith(b"\x89PNG")


def test_who_comes_while_it_stands_still_finds_everything(paused):
    run = paused()
    moment = run.latest()
    assert moment.pictures["samples"].data
    assert moment.pictures_step == moment.counts.steps == run.shown().step
    assert run.curves().records == moment.counts.steps


def _break(run):
    """Put NaN into a weight of a run that stands still."""
    with torch.no_grad():
        next(run._worker.trainer.game.players["G"].network.parameters())[0, 0] = math.nan


def test_nan_ends_the_run_and_the_last_good_checkpoint_is_kept(paused, begin, small, until):
    run = paused()
    step = ask(run, Checkpoint()).step
    _break(run)
    ask(run, Resume())
    assert run.join(WAIT)
    last = run.latest()
    assert last.state is State.FAILED
    assert last.note.startswith(f"loss/D became nan at step {step + 1}. The last good checkpoint")
    assert f"of step {step}, is kept" in last.note
    assert int(run.directory.checkpoint_files()[-1].stem) == step
    kept = run.directory.read_checkpoint()["players"]["G"]["network"]
    assert all(torch.isfinite(v).all() for v in kept.values())
    again = begin(small(), budget=Budget(steps=step + 3), resume=True)
    assert again.join(WAIT)
    assert again.latest().state is State.FINISHED and again.curves().records == step + 3


@pytest.mark.parametrize("command", [Checkpoint(), Pause(checkpoint=True)])
def test_a_command_that_meets_the_end_is_answered(paused, command):
    run = paused()
    _break(run)
    entry = ask(run, command)
    assert entry.outcome == "refused"
    assert run.join(WAIT) and run.latest().state is State.FAILED


def test_missing_data_fail_in_one_sentence(begin, small, monkeypatch, tmp_path):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "none"))
    run = begin(small({"data.name": "kmnist"}))
    assert run.join(WAIT)
    assert run.latest().state is State.FAILED
    assert run.latest().note.startswith("the data set kmnist is not on this machine")
    assert run.send(Stop()).result(0).outcome == "refused"
    assert run.curves() is None and run.shown() is None and run.ledger() == []


def test_a_disk_that_refuses_from_the_start_is_told_in_one_sentence(begin, small, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunDirectory, "write_config", full)
    run = begin(small())
    assert run.join(WAIT)
    assert run.latest().state is State.FAILED
    assert run.latest().note == "The disk is full; free some space, then start again."


@pytest.mark.parametrize(
    ("changes", "rounds", "saved"),
    [
        ({"training.sample_every": 3}, 7, [3, 6]),
        ({"training.sample_every": 4, "training.sample_unit": "batches", "optim.d.steps": 3},
         5, [2, 3, 4]),  # batches 3, 6, 9, 12, 15 pass 4, 8, 12
        ({"training.sample_every": 1, "training.sample_unit": "epochs", "training.batch": 700},
         7, [3, 5, 7]),  # 1438 pictures are passed in rounds 3, 5 and 7
        ({}, 5, []),
    ],
)  # fmt: skip
def test_samples_are_saved_when_they_are_due(begin, small, changes, rounds, saved):
    run = begin(small(changes), budget=Budget(steps=rounds))
    assert run.join(WAIT)
    names = sorted(p.name for p in (run.directory.path / "samples").iterdir())
    assert names == [f"{step:09d}.png" for step in saved]


def test_saved_samples_are_the_fixed_grid(begin, small):
    from PIL import Image

    from gan_lab.runs.pictures import mosaic

    run = begin(small({"training.sample_every": 5}), budget=Budget(steps=5))
    assert run.join(WAIT)
    with Image.open(run.directory.path / "samples" / "000000005.png") as image:
        pixels = np.asarray(image)
    expected = mosaic(run._worker.trainer.preview()["samples"].images)
    np.testing.assert_array_equal(pixels, expected)
    assert pixels.shape == (16, 16)


def test_old_checkpoints_go_but_the_first_stays(begin, small):
    run = begin(
        small({"training.checkpoint_steps": 2, "training.keep_checkpoints": 2}),
        budget=Budget(steps=9),
    )
    assert run.join(WAIT)
    assert [int(p.stem) for p in run.directory.checkpoint_files()] == [0, 8, 9]


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(begin, small):
    run = begin(small({"training.checkpoint_steps": 2}), budget=Budget(steps=5))
    assert run.join(WAIT)
    newest = run.directory.checkpoint_files()[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    again = begin(small(), budget=Budget(steps=6), resume=True)
    assert again.join(WAIT)
    assert again.latest().counts.steps == 6 and again.curves().records == 6


def test_history_and_ledger_on_disk_are_cut_back_to_the_checkpoint(begin, small):
    """As after a kill: the readings and the ledger had run ahead of the last checkpoint."""
    run = begin(small(), budget=Budget(steps=6))
    assert run.join(WAIT)
    readings = run.directory.path / "history" / "readings.f32"
    whole = readings.read_bytes()
    with readings.open("ab") as file:
        file.write(b"\x01" * 50)  # a record and a half
    ledger = run.directory.path / "ledger.jsonl"
    ledger.write_text('{"step": 99, "path": "lost"}\n')
    again = begin(small(), budget=Budget(steps=6), resume=True)
    assert again.join(WAIT)
    assert readings.read_bytes() == whole
    assert ledger.read_text() == ""
    rows = np.frombuffer(whole.split(b"\n", 1)[1], "<f4").reshape(6, -1)
    np.testing.assert_array_equal(again._worker.trainer.history.recent(6), rows)


def test_live_changes_can_come_with_the_resume(begin, small):
    assert begin(small(), budget=Budget(steps=2)).join(WAIT)
    run = begin(small(), budget=Budget(steps=4), resume=True, changes={"optim.g.lr": 1e-3})
    assert run.join(WAIT)
    assert [(e.step, e.path) for e in run.ledger()] == [(2, "optim.g.lr")]
    assert run.directory.read_config().optim.g.lr == 1e-3


def test_a_run_fixes_its_threads_and_keeps_them_when_resumed(begin, small):
    config = small({"training.threads": 0})
    before = torch.get_num_threads()
    assert begin(config, budget=Budget(steps=2), threads=2).join(WAIT)
    run = begin(config, budget=Budget(steps=4), threads=1, resume=True)
    assert run.join(WAIT)
    assert run.directory.read_checkpoint()["threads"] == 2
    assert torch.get_num_threads() == before, "other threads keep theirs"


def test_every_letter_is_answered_however_the_end_falls(begin, small):
    """Many threads write while the run ends."""
    run = begin(small(), budget=Budget(steps=30))
    answers, lock = [], threading.Lock()

    def write():
        while not run.latest().state.over:
            answer = run.send(Set("optim.g.lr", 1e-3))
            with lock:
                answers.append(answer)
            wait([answer], WAIT)
        answer = run.send(Set("optim.g.lr", 1e-3))
        with lock:
            answers.append(answer)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(WAIT)
    done, open_ = wait(answers, WAIT)
    assert not open_
    outcomes = {answer.result().outcome for answer in done}
    assert outcomes == {"applied", "refused"}
    assert sum(a.result().outcome == "applied" for a in done) == len(run.ledger())


def test_a_folder_is_trained_by_one_run_at_a_time(begin, small, until):
    first = begin(small())
    until(first, lambda m: m.counts.steps > 0)
    second = Run(small(), first.directory, resume=True).start()
    assert second.join(WAIT)
    assert second.latest().state is State.FAILED
    assert "is being trained by another process" in second.latest().note
    assert first.send(Stop()).result(WAIT).outcome == "applied"
    assert first.join(WAIT) and first.latest().state is State.STOPPED


def test_the_command_line_leaves_a_run_of_the_app_alone(begin, small, until, capsys):
    run = begin(small({"training.checkpoint_steps": 5}))
    until(run, lambda m: m.counts.steps > 5)
    code = main(["train", "--resume", str(run.directory.path)])
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert code == 1 and len(said) == 1
    assert "is being trained by another process; stop that one first" in said[0]
    assert run.send(Stop()).result(WAIT).outcome == "applied" and run.join(WAIT)
    assert run.latest().counts.steps == run.directory.read_checkpoint()["steps"]


def test_a_damaged_newest_checkpoint_is_set_aside_and_does_not_cost_the_next_ones(begin, small):
    config = small({"training.keep_checkpoints": 1})
    run = begin(config, budget=Budget(steps=20))
    assert run.join(WAIT)
    newest = run.directory.checkpoint_files()[-1]
    newest.write_bytes(newest.read_bytes()[:100])
    again = Run(config, run.directory, budget=Budget(steps=10), resume=True).start()
    assert again.join(WAIT) and again.latest().state is State.FINISHED
    assert [int(path.stem) for path in run.directory.checkpoint_files()] == [0, 10]
    assert newest.with_suffix(".pt.damaged").exists()
    assert any("set aside" in entry.note for entry in again.ledger())


def test_readings_before_a_break_reach_the_disk_and_the_count_ends_there(begin, small):
    run = begin(small({"optim.g.name": "sgd", "optim.g.lr": 1.0, "optim.d.name": "sgd"}))
    run.send(Set("optim.d.lr", 1.0)).result(WAIT)
    run.send(Set("objective.loss", "least-squares")).result(WAIT)
    assert run.join(WAIT) and run.latest().state is State.FAILED
    curves = run.curves()
    assert run.latest().counts.steps == curves.records
    written = (run.directory.path / "history" / "readings.f32").read_bytes()
    header = written.index(b"\n") + 1
    assert (len(written) - header) == 4 * len(curves.columns) * curves.records
    assert json.loads((run.directory.path / "summary.json").read_text())["state"] == "failed"


def test_networks_that_do_not_fit_the_pictures_are_named_as_such(begin, small):
    run = begin(small({"networks.d.padding": "reflect", "networks.d.kernel": 9,
                       "networks.d.family": "dcgan", "networks.d.base": 2}))  # fmt: skip
    assert run.join(4 * WAIT) and run.latest().state is State.FAILED
    assert "networks.d, layer 2, conv: a mirror of 4 px" in run.latest().note
