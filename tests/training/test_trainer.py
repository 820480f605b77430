"""The trainer's bookkeeping: live changes, readings, counts, what stops it."""

import math

import numpy as np
import pytest
import torch

from gan_lab.config import KNOBS, get
from gan_lab.training.readings import Diverged

# what must hold before a parameter can be changed, or counts
FIRST = {"optim.g.momentum": {"optim.g.name": "sgd"}, "optim.d.momentum": {"optim.d.name": "sgd"}}
LIVE = [path for path, knob in KNOBS.items() if knob.live]
REBUILD = [path for path, knob in KNOBS.items() if not knob.live]


def other_value(path, old):
    """A valid value of a parameter that differs from ``old``."""
    knob = KNOBS[path]
    if knob.kind == "choice":
        return next(c for c in knob.choices if c != old)
    if knob.kind == "bool":
        return not old
    if knob.kind == "int":
        return old + 1 if old + 1 <= knob.high else old - 1
    return old / 2 if old else knob.high / 4


def test_there_are_live_and_rebuild_parameters():
    assert {"optim.g.lr", "objective.loss", "latent.noise", "optim.d.steps"} <= set(LIVE)
    assert {"latent.dim", "networks.g.width", "data.name", "training.batch"} <= set(REBUILD)


@pytest.mark.parametrize("path", LIVE)
def test_every_live_parameter_acts_at_once_and_is_in_the_ledger(trainer, path):
    t = trainer(FIRST.get(path))
    t.round()
    old = get(t.config, path)
    new = other_value(path, old)
    entry = t.set(path, new)
    assert (entry.step, entry.path, entry.old, entry.new) == (1, path, old, new)
    assert entry.outcome == "applied"
    assert t.ledger == [entry]
    assert get(t.config, path) == new
    t.round()
    t.round()
    assert t.steps == 3
    assert t.flush().shape[0] == 3


@pytest.mark.parametrize("path", REBUILD)
def test_rebuild_parameters_are_refused_and_that_is_in_the_ledger(trainer, path):
    t = trainer()
    before = t.config
    entry = t.set(path, get(before, path))
    assert entry.outcome == "refused"
    assert entry.note.startswith(path) and "restart" in entry.note
    assert t.config is before
    assert t.ledger == [entry]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("optim.g.lr", 0.0), ("optim.g.lr", math.nan), ("optim.g.lr", "fast"),
        ("optim.g.lr", None), ("optim.g.rl", 1.0), ("objective.loss", "magic"),
        ("optim.d.steps", 21), ("optim.d.steps", 1.5), ("", 1), ("optim", 1),
    ],
)  # fmt: skip
def test_wrong_changes_are_refused_and_training_goes_on(trainer, path, value):
    t = trainer()
    before = t.config
    entry = t.set(path, value)
    assert entry.outcome == "refused" and entry.note
    assert t.config is before
    t.round()


def test_a_change_that_contradicts_another_parameter_is_refused(trainer):
    t = trainer({"objective.smooth_real": 0.1})
    entry = t.set("objective.loss", "hinge")
    assert entry.outcome == "refused"
    assert "objective.smooth_real" in entry.note
    assert t.config.objective.loss == "non-saturating"


def test_a_live_change_does_what_it_says(trainer, snapshot, differences):
    """One with lr changed to 3e-3 goes on like one that had it from there on."""
    changed, alike = trainer(), trainer({"optim.g.lr": 3e-3})
    changed.round()
    config = alike.config
    alike.load_state_dict(snapshot(changed))
    assert alike.config == changed.config  # a state brings its knobs with it
    alike.config = alike.game.config = config
    changed.set("optim.g.lr", 3e-3)
    changed.round()
    alike.round()
    a, b = changed.state_dict(), alike.state_dict()
    assert differences(a["players"], b["players"]) == []


def test_a_new_optimiser_forgets_and_says_so(trainer):
    t = trainer()
    t.round()
    entry = t.set("optim.g.name", "rmsprop")
    assert entry.note == "G's optimiser starts without memory"
    players = t.state_dict()["players"]
    assert players["G"]["optimiser"]["state"] == {}
    assert players["D"]["optimiser"]["state"] != {}, "the other player keeps its own"


def test_setting_the_same_optimiser_keeps_its_memory(trainer):
    t = trainer()
    t.round()
    assert t.set("optim.g.name", "adam").note == ""
    assert t.state_dict()["players"]["G"]["optimiser"]["state"] != {}


@pytest.mark.parametrize("name", ["rmsprop", "sgd"])
def test_momentum_may_come_and_go(trainer, name):
    t = trainer({"optim.g.name": name, "optim.d.name": name})
    for value in (0.0, 0.9, 0.0, 0.5):
        assert t.set("optim.g.momentum", value).outcome == "applied"
        t.round()
    memory = t.state_dict()["players"]["G"]["optimiser"]["state"]
    assert all(state["momentum_buffer"].abs().sum() > 0 for state in memory.values())
    assert t.flush().shape[0] == 4


def test_counts_follow_the_moves_of_d(trainer):
    t = trainer({"optim.d.steps": 3, "optim.g.steps": 2})
    for _ in range(4):
        t.round()
    t.round("G")
    t.round("D")
    assert t.counts == (6, 15, 120, 120 / 1438)


def test_one_player_alone_leaves_the_other_as_it_was(trainer, snapshot, differences):
    t = trainer()
    t.round()
    for mover, other in (("D", "G"), ("G", "D")):
        before = snapshot(t)["players"]
        t.round(mover)
        after = t.state_dict()["players"]
        assert differences(before[mover], after[mover])
        weights = [n for n, _ in t.game.players[other].network.named_parameters()]
        for name in weights:
            assert torch.equal(before[other]["network"][name], after[other]["network"][name])
        assert differences(before[other]["optimiser"], after[other]["optimiser"]) == []


def test_d_trains_alone_first_if_asked_to(trainer):
    t = trainer({"training.d_pretrain": 2})
    first = [p.clone() for p in t.game.players["G"].network.parameters()]
    t.round()
    t.round()
    assert all(map(torch.equal, first, t.game.players["G"].network.parameters()))
    t.round()
    assert not all(map(torch.equal, first, t.game.players["G"].network.parameters()))
    column = t.history.columns.index("loss/G")
    assert [math.isnan(row[column]) for row in t.flush()] == [True, True, False]


def test_readings_are_those_of_the_round(trainer):
    t = trainer({"optim.g.schedule": "inverse", "optim.g.schedule_images": 16})
    for _ in range(3):
        t.round()
    rows = dict(zip(t.history.columns, t.flush().T, strict=True))
    read = {name for name, row in rows.items() if not np.isnan(row).any()}
    assert read == {
        "loss/D", "loss/G", "D(x)", "D(G(z))", "grad/D", "grad/G", "lr/D", "lr/G",
    }, "what is switched off is not read"  # fmt: skip
    assert ((rows["D(x)"] > 0) & (rows["D(x)"] < 1)).all()
    assert (rows["grad/D"] > 0).all()
    assert rows["lr/D"] == pytest.approx([2e-4] * 3)
    assert list(rows["lr/G"]) == sorted(rows["lr/G"], reverse=True)
    assert t.flush().shape[0] == 0, "each reading is given out once"


def test_a_broken_weight_is_reported_with_its_first_step_and_quantity(trainer):
    t = trainer()
    for _ in range(5):
        t.round()
    with torch.no_grad():
        next(t.game.players["G"].network.parameters())[0, 0] = math.nan
    for _ in range(3):
        t.round()
    with pytest.raises(Diverged) as caught:
        t.flush()
    assert (caught.value.step, caught.value.quantity) == (6, "loss/D")
    assert str(caught.value) == "loss/D became nan at step 6"
    assert t.history.records == 5, "the readings before it are kept"
    assert torch.isfinite(torch.from_numpy(t.history.recent(10)[:, :4])).all()


def test_a_broken_gradient_alone_is_found(trainer):
    t = trainer()
    t.round()
    weight = next(t.game.players["D"].network.parameters())
    weight.register_hook(lambda g: torch.full_like(g, math.inf))
    t.round()
    with pytest.raises(Diverged) as caught:
        t.flush()
    assert (caught.value.step, caught.value.quantity, caught.value.value) == (2, "grad/D", math.inf)


def test_weights_are_checked_apart_from_readings(trainer):
    t = trainer()
    t.round()
    t.check_weights()
    with torch.no_grad():
        next(t.game.players["D"].network.parameters()).fill_(math.inf)
    with pytest.raises(Diverged, match="the weights of D became inf at step 1"):
        t.check_weights()


def test_recent_means_leave_out_what_was_never_read(trainer):
    t = trainer()
    t.round("D")
    t.round("D")
    rows = t.flush()
    means = t.recent_means()
    assert "loss/G" not in means and "grad/G" not in means
    assert means["loss/D"] == pytest.approx(rows[:, 0].mean(), abs=1e-6)


def test_a_shown_network_is_a_copy(trainer):
    t = trainer({"networks.g.dropout": 0.5})
    t.round()
    shown = t.shown()["G"]
    assert not shown.training
    z = torch.randn(3, 6)
    before = shown(z)
    t.round()
    assert torch.equal(before, shown(z)), "training does not reach it"
    assert not torch.equal(before, t.shown()["G"](z))


def test_previews_are_of_the_fixed_controls(trainer):
    t = trainer({"training.grid": 3})
    a, b = t.preview()["samples"].images, t.preview()["samples"].images
    assert a.dtype == torch.uint8 and a.shape == (9, 1, 8, 8)
    assert torch.equal(a, b)
    t.round()
    assert not torch.equal(a, t.preview()["samples"].images)
