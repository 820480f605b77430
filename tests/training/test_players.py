"""Single players: their own optimisers, weights from another run, who trains alone."""

import pytest
import torch

from gan_lab.config import RunConfig, from_tree, get, put
from gan_lab.training.figures import figures


def test_one_player_may_learn_differently(trainer):
    t = trainer({"optim.players.G.lr": 0.5, "optim.g.lr": 1e-3, "optim.players.D.name": "sgd"})
    t.round()
    rows = t.flush()
    rates = {name: rows[0, t.history.columns.index(f"lr/{name}")] for name in "DG"}
    assert rates["G"] == 0.5 and rates["D"] != 0.5
    assert type(t._optimisers["D"]).__name__ == "SGD"


def test_it_can_be_turned_while_it_runs_and_is_refused_where_the_role_s_is(trainer):
    t = trainer()
    assert t.set("optim.players.G.lr", 0.25).outcome == "applied"
    t.round()
    assert t.flush()[0, t.history.columns.index("lr/G")] == 0.25
    for path, value in (("optim.players.G.lr", 7.0), ("optim.players.X.lr", 0.1)):
        assert t.set(path, value).outcome == "refused"
    assert get(t.config, "optim.players.G.beta1") == t.config.optim.g.beta1


def test_a_new_optimiser_for_one_player_forgets_that_player_alone(trainer):
    t = trainer()
    t.round()
    before = dict(t._optimisers)
    entry = t.set("optim.players.G.name", "sgd")
    assert "G's optimiser starts without memory" in entry.note
    assert t._optimisers["D"] is before["D"] and t._optimisers["G"] is not before["G"]


def test_weights_of_another_run_are_taken_where_they_fit(trainer):
    other, t = trainer({"training.seed": 5}), trainer()
    other.round()
    taken, every = t.adopt(other.state_dict()["players"])
    assert taken == every > 0
    for name in "DG":
        for key, value in t.game.players[name].network.state_dict().items():
            assert torch.equal(value, other.game.players[name].network.state_dict()[key]), key
    wider = trainer({"networks.g.width": 8})
    before = wider.game.players["G"].network.state_dict()
    taken, every = wider.adopt(other.state_dict()["players"])
    assert 0 < taken < every
    assert before.keys() == wider.game.players["G"].network.state_dict().keys()


def test_every_figure_s_curve_is_a_column_of_the_history(trainer):
    changes = {"regularisation.gp": 1.0, "regularisation.r1": 1.0, "objective.ada": True}
    t = trainer({**changes, "networks.labels": "auxiliary"})
    shown = [c.column for figure in figures(t.config) for c in figure.curves]
    assert set(shown) <= set(t.history.columns) and "augment share" in shown
    assert len(figures(RunConfig())) == 4


def test_curves_that_are_switched_on_live_have_their_place_from_the_start(trainer):
    t = trainer({"networks.d.batch_norm": "nowhere"})
    t.round()
    assert t.set("regularisation.r1", 2.0).outcome == "applied"
    t.round()
    r1 = t.flush()[:, t.history.columns.index("r1")]
    assert r1[0] != r1[0] and r1[1] > 0
    assert put(t.config, {"regularisation.r1": 0.0}) != t.config


@pytest.mark.parametrize("path", ["optim.players.G_ab.lr", "optim.players.D.steps"])
def test_who_does_not_play_and_what_is_the_role_s_cannot_be_set(trainer, path):
    assert trainer().set(path, 1e-3 if path.endswith("lr") else 3).outcome == "refused"


def test_a_text_for_a_number_is_read_once_and_for_all():
    config = from_tree({"optim": {"players": {"G": {"lr": "1e-4"}}}})
    assert config.optim.of("G").lr == 1e-4


def test_g_alone_at_first_only_where_there_is_a_right_answer(trainer):
    t = trainer({"training.g_pretrain": 3})
    t.round()
    assert t.counts.images == 8, "D played"


def test_momentum_meets_weights_that_had_no_gradient_before(trainer):
    sgd = {f"optim.{p}.{f}": v for p in "gd" for f, v in (("name", "sgd"), ("momentum", 0.5))}
    t = trainer({**sgd, "training.grow_reset": False}, "progressive-small")
    for _ in range(6):
        t.round()
    t.flush()
    assert t.game._growth.level == 1
