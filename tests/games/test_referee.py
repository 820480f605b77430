"""How players are scored, where several choices meet."""

import pytest
import torch
import torch.nn.functional as F

from gan_lab.config import ConfigError
from gan_lab.games import Now

BOTH = frozenset({"D", "G"})


def judged(trainer):
    """Sizes of the batches that D looks at in its own move."""
    sizes, network = [], trainer.game.players["D"].network
    judge = network.judge
    network.judge = lambda x, *told: (sizes.append(len(x)), judge(x, *told))[1]
    next(iter(trainer.game.round(trainer.batches, Now(0, 0), BOTH)))
    return sizes


@pytest.mark.parametrize(
    ("minibatch", "sizes"), [("none", [16]), ("discrimination", [8, 8]), ("stddev", [8, 8])]
)
def test_layers_that_compare_a_batch_see_real_and_fake_apart(trainer, minibatch, sizes):
    changes = {"objective.joined_batch": True, "networks.d.batch_norm": "nowhere"}
    assert judged(trainer({**changes, "networks.d.minibatch": minibatch})) == sizes


def test_a_list_of_layers_may_compare_a_batch_too(trainer):
    layers = [{"kind": "flatten"}, {"kind": "minibatch"}, {"kind": "linear"}]
    lists = {"networks.d.family": "layers", "networks.d.layers": layers}
    assert judged(trainer({**lists, "objective.joined_batch": True})) == [8, 8]


def test_an_auxiliary_d_names_real_pictures_and_fakes(trainer):
    t = trainer({"networks.labels": "auxiliary", "objective.auxiliary": 2.0})
    verdicts, network = [], t.game.players["D"].network
    judge = network.judge

    def look(x, labels):
        verdicts.append((judge(x, labels), labels))
        return verdicts[-1][0]

    network.judge = look
    move = next(iter(t.game.round(t.batches, Now(0, 0), BOTH)))
    named = [F.cross_entropy(verdict.classes, labels) for verdict, labels in verdicts]
    expected = move.readings["loss/D"] + 2.0 * (named[0] + named[1])
    torch.testing.assert_close(move.loss, expected)


@pytest.mark.parametrize("game", ["generation", "paired", "super-resolution", "progressive"])
def test_features_can_be_switched_on_for_a_d_without_any_bend(trainer, game):
    plain = {} if game == "progressive" else {
        "networks.d.family": "layers",
        "networks.d.layers": [{"kind": "flatten"}, {"kind": "linear"}],
    }  # fmt: skip
    names = {"progressive": "progressive-small", "paired": "pix2pix-small",
             "super-resolution": "srgan-small"}  # fmt: skip
    t = trainer({**plain, "training.g_pretrain": 0}, names.get(game))
    assert t.set("objective.features", 1.0).outcome == "applied"
    t.round()
    t.flush()


def test_ada_takes_the_sign_from_where_the_loss_rests(trainer):
    changes = {"objective.ada": True, "objective.ada_images": 1000, "objective.augment": "all",
               "objective.loss": "least-squares", "networks.d.batch_norm": "nowhere"}  # fmt: skip
    t = trainer(changes)
    with torch.no_grad():  # every score is 0.4, below the rest of ½: D does not overfit
        for parameter in t.game.players["D"].network.parameters():
            parameter.zero_()
        list(t.game.players["D"].network.parameters())[-1].fill_(0.4)
    t.set("optim.d.lr", 1e-12)
    for _ in range(12):
        t.round()
    assert t.game._referee._adaptive.share == 0.0


def test_ada_waits_for_something_to_augment(trainer):
    t = trainer({"objective.ada": True, "objective.ada_images": 1000, "objective.ada_target": 0.0})
    for _ in range(12):
        t.round()
    assert t.game._referee._adaptive.share == 0.0


@pytest.mark.parametrize("loss", ["wasserstein", "relativistic", "relativistic-average"])
def test_ada_is_refused_where_scores_have_no_zero(small, loss):
    with pytest.raises(ConfigError, match=r"objective\.ada must be false with objective\.loss"):
        small({"objective.ada": True, "objective.loss": loss})


def test_the_dotted_rest_of_g_is_left_out_where_other_terms_count(trainer):
    from gan_lab.games.figures import losses

    for changes in ({"networks.labels": "auxiliary"}, {"objective.features": 1.0}):
        figure = losses(trainer(changes).config)
        assert figure.curves[0].rest is not None and figure.curves[1].rest is None
        assert "rests elsewhere" in figure.meaning
