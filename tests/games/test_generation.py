"""One round of the game, move by move."""

import copy

import pytest
import torch

from gan_lab.config import ConfigError, put
from gan_lab.data import Kind
from gan_lab.games import Generation, Now, rehearse

BOTH = frozenset({"D", "G"})


def moves(trainer, movers=BOTH, seen=0):
    return [m.players for m in trainer.game.round(trainer.batches, Now(0, seen), movers)]


@pytest.mark.parametrize(("d", "g"), [(1, 1), (3, 1), (1, 2), (2, 3)])
@pytest.mark.parametrize("share", [False, True])
def test_a_round_is_all_moves_of_d_then_all_of_g(trainer, d, g, share):
    t = trainer({"optim.d.steps": d, "optim.g.steps": g, "objective.share_fakes": share})
    assert moves(t) == [("D",)] * d + [("G",)] * g
    assert moves(t, frozenset({"D"})) == [("D",)] * d
    assert moves(t, frozenset({"G"})) == [("G",)] * g


def test_d_moves_state_the_pictures_it_was_trained_on(trainer):
    t = trainer()
    d, g = t.game.round(t.batches, Now(0, 0), BOTH)
    assert (d.images, g.images) == (8, 0)
    assert set(d.readings) | set(g.readings) == {"loss/D", "loss/G", "D(x)", "D(G(z))"}
    assert not any(r.requires_grad for r in (d.readings | g.readings).values())


def test_d_is_frozen_while_g_moves_and_free_afterwards(trainer):
    t = trainer()
    d, g = (t.game.players[name].network for name in "DG")
    rounds = t.game.round(t.batches, Now(0, 0), BOTH)
    next(rounds).loss.backward()
    assert all(p.grad is not None for p in d.parameters())
    assert all(p.grad is None for p in g.parameters()), "fakes are constants in D's move"
    d.zero_grad(set_to_none=True)
    next(rounds).loss.backward()
    assert all(p.grad is None for p in d.parameters())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in g.parameters())
    assert next(rounds, None) is None
    assert all(p.requires_grad for p in d.parameters())


@pytest.mark.parametrize(
    ("share", "d", "g", "forwards"),
    [(False, 1, 1, 2), (True, 1, 1, 1), (True, 3, 1, 3), (True, 1, 2, 2), (False, 2, 2, 4)],
)
def test_sharing_fakes_spares_one_forward_of_g(trainer, share, d, g, forwards):
    t = trainer({"optim.d.steps": d, "optim.g.steps": g, "objective.share_fakes": share})
    batches = []
    t.game.players["G"].network.register_forward_hook(lambda m, i, o: batches.append(o))
    t.round()
    assert len(batches) == forwards
    learnt_from = [x for x in batches if x.requires_grad]
    assert len(learnt_from) == g, "a graph only where G learns from it"


@pytest.mark.parametrize("loss", ["non-saturating", "least-squares", "hinge", "wasserstein"])
def test_one_joined_batch_or_two_give_the_same_loss_without_batch_norm(trainer, loss):
    changes = {"objective.loss": loss, "networks.d.batch_norm": "nowhere"}
    values = []
    for joined in (False, True):
        t = trainer({**changes, "objective.joined_batch": joined})
        move = next(iter(t.game.round(t.batches, Now(0, 0), BOTH)))
        move.loss.backward()
        grads = [p.grad for p in t.game.players["D"].network.parameters()]
        values.append([move.loss, *move.readings.values(), *grads])
    torch.testing.assert_close(*values)


def test_a_joined_batch_matters_to_batch_norm(trainer):
    losses = []
    for joined in (False, True):
        t = trainer({"networks.d.batch_norm": "everywhere", "objective.joined_batch": joined})
        losses.append(next(iter(t.game.round(t.batches, Now(0, 0), BOTH))).loss.item())
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize(("output", "half"), [("tanh", 1.0), ("sigmoid", 0.5)])
def test_instance_noise_lies_over_all_that_d_sees(trainer, joined, output, half):
    """In units of half the pixels' range, which follows G's last activation."""
    seen = []
    for sigma in (0.0, 0.4):
        t = trainer({
            "objective.instance_noise": sigma, "objective.joined_batch": joined,
            "networks.g.output": output, "training.batch": 400,
        })  # fmt: skip
        inputs = []
        first = next(iter(t.game.players["D"].network.modules()))
        judge = first.judge
        first.judge = lambda x, *told, i=inputs, j=judge: (i.append(x.detach()), j(x, *told))[1]
        next(iter(t.game.round(t.batches, Now(0, 0), BOTH)))
        seen.append(torch.cat(inputs))
    noise = seen[1] - seen[0]
    assert noise.std().item() == pytest.approx(0.4 * half, rel=0.03)
    assert noise[:400].std().item() == pytest.approx(noise[400:].std().item(), rel=0.05)


def test_instance_noise_fades_with_the_pictures_seen(trainer):
    t = trainer({"objective.instance_noise": 0.5, "objective.instance_noise_images": 100})
    before = t.streams["noise"].get_state()
    moves(t, seen=100)
    assert torch.equal(before, t.streams["noise"].get_state()), "nothing is drawn any more"
    moves(t, seen=99)
    assert not torch.equal(before, t.streams["noise"].get_state())


@pytest.mark.parametrize(
    ("loss", "clip", "bounded"),
    [("wasserstein", 0.005, True), ("wasserstein", 0.0, False), ("hinge", 0.005, False)],
)
def test_only_a_wasserstein_critic_is_clipped_and_only_it(trainer, loss, clip, bounded):
    t = trainer({"objective.loss": loss, "regularisation.weight_clip": clip})
    t.round()
    largest = {
        name: max(p.abs().max().item() for p in player.network.parameters())
        for name, player in t.game.players.items()
    }
    assert (largest["D"] <= 0.005 + 1e-9) == bounded
    assert largest["G"] > 0.01


def test_losses_act_as_the_configuration_says_from_the_next_round_on(trainer):
    t = trainer({"networks.d.batch_norm": "nowhere"})
    t.game.config = put(t.game.config, {"objective.loss": "wasserstein"})
    _, g = t.game.round(t.batches, Now(0, 0), BOTH)
    assert g.loss.item() == pytest.approx(-_score(t), abs=0.05)


def _score(trainer):
    with torch.no_grad():
        z = torch.randn(64, 6)
        return trainer.game.players["D"].network(
            trainer.game.players["G"].network(z)
        ).mean().item()  # fmt: skip


@pytest.mark.parametrize("output", ["tanh", "sigmoid"])
def test_previews_are_pixels_and_move_nothing(trainer, differences, output):
    t = trainer({
        "networks.g.output": output, "training.grid": 9, "networks.g.dropout": 0.3,
        "networks.d.spectral_norm": True,
    })  # fmt: skip
    t.round()
    before = copy.deepcopy(t.state_dict())
    modes = [m.training for p in t.game.players.values() for m in p.network.modules()]
    samples = t.game.preview(t.controls).views["samples"].images
    assert samples.dtype == torch.uint8 and samples.shape == (81, 1, 8, 8)
    assert samples.min() < samples.max()
    assert differences(before, t.state_dict()) == []
    assert modes == [m.training for p in t.game.players.values() for m in p.network.modules()]


@pytest.mark.parametrize("noise", ["gaussian", "uniform", "truncated"])
def test_controls_fill_the_grid_and_touch_no_training_draw(trainer, noise):
    t = trainer({"training.grid": 3, "latent.noise": noise})
    assert t.controls["z"].shape == (9, 6)
    before = t.streams["z"].get_state()
    t.game.controls(t.pictures)
    assert torch.equal(before, t.streams["z"].get_state())


def test_what_could_not_be_built_is_refused_each_time_and_what_could_is_not_built_again(
    small, monkeypatch
):
    kind = Kind(1, 8, ())
    rehearse(small(), kind)
    monkeypatch.setattr(Generation, "rehearse", _broken)
    rehearse(small(), kind)
    for _ in range(2):
        with pytest.raises(ConfigError, match="cannot be built"):
            rehearse(small({"latent.dim": 5}), kind)


def _broken(config, kind):
    raise ValueError("no such shape")
