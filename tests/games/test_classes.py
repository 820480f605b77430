"""Players that know classes: who is told what."""

import pytest
import torch

from gan_lab.config import ConfigError
from gan_lab.data import Kind
from gan_lab.games import Generation, Now
from gan_lab.objectives.conditions import with_classes, with_planes

BOTH = frozenset({"D", "G"})
KINDS = ("concat", "projection", "auxiliary")


def test_a_class_is_a_one_behind_z_and_a_plane_behind_the_picture():
    labels = torch.tensor([2, 0])
    z = with_classes(torch.zeros(2, 3), labels, 4)
    assert z[:, 3:].tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]] and not z[:, :3].any()
    x = with_planes(torch.full((2, 1, 2, 2), 5.0), labels, 4)
    assert x.shape == (2, 5, 2, 2) and (x[:, 0] == 5).all()
    assert x[0, 1:, 1, 1].tolist() == [0, 0, 1, 0] and x[1, 1:, 0, 0].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("labels", KINDS)
@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("loss", ["hinge", "relativistic"])
def test_a_conditional_game_trains(trainer, labels, joined, loss):
    t = trainer({
        "networks.labels": labels, "objective.joined_batch": joined, "objective.loss": loss,
        "networks.d.batch_norm": "nowhere", "regularisation.r1": 0.1,
    })  # fmt: skip
    for _ in range(3):
        t.round()
    rows = t.flush()
    column = t.history.columns.index("naming")
    assert torch.isfinite(torch.from_numpy(rows[:, :4])).all()
    assert bool(torch.isfinite(torch.from_numpy(rows[:, column])).all()) == (labels == "auxiliary")


@pytest.mark.parametrize("labels", KINDS)
def test_the_class_matters_to_both_players(trainer, labels):
    t = trainer({"networks.labels": labels})
    for _ in range(3):
        t.round()
    g, d = (t.game.players[name].network.eval() for name in "GD")
    z = torch.randn(1, 6)
    a, b = (g(with_classes(z, torch.tensor([k]), 10)) for k in (1, 7))
    assert not torch.equal(a, b)
    if labels == "concat":
        scores = [d(with_planes(a, torch.tensor([k]), 10)) for k in (1, 7)]
        assert scores[0] != scores[1]
    elif labels == "projection":
        assert d(a, torch.tensor([1])) != d(a, torch.tensor([7]))
    else:
        assert d.judge(a).classes.shape == (1, 10)


def test_a_row_of_the_grid_is_a_class_that_is_among_the_real_pictures(trainer, small, digits):
    from gan_lab.training.trainer import Trainer

    few = digits.chosen((digits.labels == 3) | (digits.labels == 8))  # a folder may be so, too
    t = Trainer(small({"networks.labels": "concat", "training.grid": 4}), few)
    assert t.controls["labels"].tolist() == [3] * 4 + [8] * 4 + [3] * 4 + [8] * 4
    seen = []
    network = t.game.players["G"].network
    network.register_forward_pre_hook(lambda m, args: seen.append(args[0][:, 6:].argmax(1)))
    list(t.game.round(t.batches, Now(0, 0), frozenset({"G"})))
    assert set(torch.cat(seen).tolist()) <= {3, 8}


def test_d_judges_fakes_of_the_classes_of_its_real_pictures(trainer):
    t = trainer({"networks.labels": "projection"})
    told = []
    d = t.game.players["D"].network
    judge = d.judge
    d.judge = lambda x, labels: (told.append(labels), judge(x, labels))[1]
    asked = []
    t.game.players["G"].network.register_forward_pre_hook(
        lambda m, args: asked.append(args[0][:, 6:].argmax(1))
    )
    next(iter(t.game.round(t.batches, Now(0, 0), BOTH)))
    assert torch.equal(told[0], told[1]) and torch.equal(told[0], asked[0])


def test_pictures_without_classes_are_refused_in_words(small):
    with pytest.raises(ConfigError, match=r"networks\.labels must be none with digits"):
        Generation.generators(small({"networks.labels": "concat"}), Kind(1, 8, ()))
