"""The same seed and configuration give the same run, however it is cut, watched or accompanied."""

import copy
import threading

import numpy as np
import pytest
import torch

from gan_lab.presets import presets
from gan_lab.runs import Budget, RunDirectory
from gan_lab.training import checkpoints
from gan_lab.training.figures import figures
from gan_lab.training.trainer import Trainer, config_of
from tests.patience import WAIT

NOISY = ("quick", "vanilla", "dcgan")
EVERY_NOISE = {
    "networks.g.dropout": 0.2,
    "networks.d.dropout": 0.2,
    "objective.loss": "non-saturating",
    "objective.label_flip": 0.1,
    "objective.label_noise": 0.1,
    "objective.instance_noise": 0.2,
    "objective.instance_noise_images": 60,
    "latent.noise": "truncated",
    "optim.d.steps": 2,
}
EXPERIMENTS = [pytest.param(name, {}, id=name) for name in presets()] + [
    pytest.param(name, EVERY_NOISE, id=f"{name}-every-noise") for name in NOISY
]
# one of each kind of game, and those with every noise, as threads and disks take their time
RUNS = [
    *{preset.config.objective.game: param for preset, param in zip(
        presets().values(), EXPERIMENTS[: len(presets())], strict=True)}.values(),
    *EXPERIMENTS[len(presets()) :],
]  # fmt: skip


@pytest.mark.parametrize("name", list(presets()))
def test_every_preset_trains_two_steps(trainer, name):
    t = trainer(name=name)
    before = {n: p.network.state_dict() for n, p in t.game.players.items()}
    before = copy.deepcopy(before)
    for _ in range(4):
        t.round()
    rows = t.flush()
    assert t.counts.steps == 4 and t.counts.images >= 16
    assert rows.shape == (4, len(t.history.columns))
    shown = {c.column for figure in figures(t.config) for c in figure.curves}
    for column, row in zip(t.history.columns, rows.T, strict=True):
        assert np.isfinite(row).any() or column not in shown, column
    for player, weights in before.items():
        now = t.game.players[player].network.state_dict()
        assert any(not torch.equal(a, weights[k]) for k, a in now.items()), player


@pytest.mark.parametrize(("name", "changes"), EXPERIMENTS)
def test_saved_and_loaded_in_a_new_trainer_goes_on_bit_for_bit(
    trainer, differences, tmp_path, name, changes
):
    straight = trainer(changes, name)
    for _ in range(7):
        straight.round()

    first = trainer(changes, name)
    for _ in range(4):
        first.round()
    checkpoints.save(first.state_dict(), tmp_path / "half.pt")
    state = checkpoints.load(tmp_path / "half.pt")
    second = Trainer(config_of(state), first.pictures)
    for _ in range(2):
        second.round()  # what it did before must not matter
    second.load_state_dict(state)
    for _ in range(3):
        second.round()

    assert differences(straight.state_dict(), second.state_dict()) == []


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "rmsprop", "sgd"])
def test_resuming_keeps_the_memory_of_every_optimiser(
    trainer, small, differences, snapshot, optimiser
):
    changes = {
        f"optim.{player}.{field}": value
        for player in "gd"
        for field, value in (("name", optimiser), ("momentum", 0.5), ("weight_decay", 0.01))
    }
    straight, second = trainer(changes), trainer(changes)
    for _ in range(3):
        straight.round()
    second.load_state_dict(snapshot(straight))
    for t in (straight, second):
        for _ in range(3):
            t.round()
    assert straight.state_dict()["players"]["G"]["optimiser"]["state"], "there is a memory"
    assert differences(straight.state_dict(), second.state_dict()) == []


def test_a_live_change_before_the_checkpoint_survives_it(trainer, digits, differences, snapshot):
    straight = trainer()
    straight.round()
    straight.set("optim.g.name", "rmsprop")
    straight.set("optim.d.lr", 3e-3)
    straight.round()
    state = snapshot(straight)
    second = Trainer(config_of(state), digits)
    second.load_state_dict(state)
    straight.round()
    second.round()
    assert second.ledger == straight.ledger
    assert differences(straight.state_dict(), second.state_dict()) == []


def _last(directory: RunDirectory) -> dict:
    state = directory.read_checkpoint()
    del state["seconds"]
    return state


@pytest.mark.parametrize(("name", "changes"), RUNS)
def test_a_run_stopped_and_resumed_equals_one_left_alone(begin, small, differences, name, changes):
    config = small(changes, name)
    whole = begin(config, "whole", budget=Budget(steps=9))
    parts = begin(config, "parts", budget=Budget(steps=4))
    assert whole.join(WAIT) and parts.join(WAIT)
    again = begin(config, "parts", budget=Budget(steps=9), resume=True)
    assert again.join(WAIT)
    assert _last(whole.directory)["steps"] == 9
    assert differences(_last(whole.directory), _last(again.directory)) == []
    readings = [r.directory.path / "history" / "readings.f32" for r in (whole, again)]
    assert readings[0].read_bytes() == readings[1].read_bytes()


def test_a_watched_run_equals_an_unwatched_trainer(begin, small, trainer, differences):
    changes = {**EVERY_NOISE, "training.sample_every": 7, "training.checkpoint_steps": 11}
    seen, shown = [], []
    run = begin(small(changes), budget=Budget(steps=150), threads=1)
    with run.subscribed(seen.append), run.explored():
        while not run.join(0.001):
            run.curves()
            run.ledger()
            if (copy := run.shown()) is not None:
                copy.network(torch.randn(4, 6))
                shown.append(copy.step)
    bare = trainer(changes)
    for _ in range(150):
        bare.round()
    watched = _last(run.directory)
    del watched["threads"], watched["format"]
    assert differences(bare.state_dict(), watched) == []
    assert any(m.pictures for m in seen), "somebody did watch"
    assert shown and max(shown) > 0, "somebody did explore"


def test_two_runs_at_once_are_each_as_they_are_alone(begin, small, trainer, differences):
    changes = {seed: {**EVERY_NOISE, "training.seed": seed} for seed in (1, 2)}
    runs = {
        seed: begin(small(c), f"run{seed}", budget=Budget(steps=60)) for seed, c in changes.items()
    }
    for seed, run in runs.items():
        assert run.join(WAIT)
        alone = trainer(changes[seed])
        for _ in range(60):
            alone.round()
        state = _last(run.directory)
        del state["threads"], state["format"]
        assert differences(alone.state_dict(), state) == []


def test_a_thread_that_draws_from_the_global_generator_changes_nothing(trainer, differences):
    def train() -> dict:
        states = []
        for name, changes in (run.values for run in RUNS):
            t = trainer(changes, name)
            for _ in range(5):
                t.round()
            states.append(t.state_dict())
        return dict(enumerate(states))

    quiet = train()
    stop = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            torch.rand(3)
            torch.manual_seed(7)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        loud = train()
    finally:
        stop.set()
        thread.join()
    assert differences(quiet, loud) == []


def test_training_leaves_the_global_generator_alone(trainer):
    before = torch.get_rng_state()
    t = trainer(EVERY_NOISE)
    t.round()
    t.preview()
    assert torch.equal(before, torch.get_rng_state())


def test_another_seed_gives_another_run(trainer, differences):
    a, b = (trainer({"training.seed": seed}) for seed in (0, 1))
    assert differences(a.state_dict()["players"], b.state_dict()["players"])
    assert not torch.equal(a.controls["z"], b.controls["z"])
    assert not torch.equal(a.batches.indices(), b.batches.indices())


def test_a_state_of_other_pictures_is_refused_in_one_line(trainer, small, digits):
    other = Trainer(small(), digits.only(("3", "4")))
    with pytest.raises(ValueError, match="other pictures") as caught:
        trainer().load_state_dict(other.state_dict())
    assert "\n" not in str(caught.value)


def test_a_state_of_other_networks_is_refused_in_one_line(trainer):
    with pytest.raises(ValueError, match="other networks") as caught:
        trainer().load_state_dict(trainer({"networks.g.width": 5}).state_dict())
    assert "\n" not in str(caught.value)
