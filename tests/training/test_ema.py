"""The averaged copy of G."""

import pytest
import torch
from torch import nn

from gan_lab.config import Regularisation
from gan_lab.training.ema import Average, decay


def test_half_remains_after_one_half_life():
    kept = decay(Regularisation(ema_images=640), seen=10**9, images=64)
    assert kept**10 == pytest.approx(0.5)


def test_early_on_the_half_life_is_a_share_of_what_was_seen():
    # 5 % of 1,280 pictures are one batch of 64: half is forgotten in one step
    assert decay(Regularisation(ema_images=20_000), seen=1280, images=64) == pytest.approx(0.5)


@pytest.mark.parametrize(("images", "seen"), [(0, 1000), (1000, 0)])
def test_nothing_is_kept_without_a_half_life(images, seen):
    assert decay(Regularisation(ema_images=images), seen=seen, images=64) == 0.0


def test_average_moves_weights_and_statistics_alike():
    network, shown = (nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)) for _ in range(2))
    network[1].running_mean.fill_(8.0)
    old = {k: v.clone() for k, v in shown.state_dict().items()}
    Average(network, shown).update(0.75)
    for name, now in shown.state_dict().items():
        if now.is_floating_point():
            expected = 0.75 * old[name] + 0.25 * network.state_dict()[name]
            torch.testing.assert_close(now, expected)
    assert shown[1].running_mean.tolist() == [2.0, 2.0, 2.0]


def test_without_decay_it_is_an_exact_copy(trainer):
    t = trainer({"regularisation.ema_images": 0})
    t.round()
    player = t.game.players["G"]
    for a, b in zip(player.network.parameters(), player.shown.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_shown_copy_follows_by_hand(trainer):
    """One G move: shown = k·old + (1 - k)·new with k by half-life."""
    t = trainer({"regularisation.ema_images": 8, "regularisation.ema_rampup": 1.0})
    t.round()
    player = t.game.players["G"]
    old = [p.clone() for p in player.shown.parameters()]
    t.round()
    for was, new, shown in zip(
        old, player.network.parameters(), player.shown.parameters(), strict=True
    ):
        # a half-life of 8 pictures and a batch of 8: the mean of both
        torch.testing.assert_close(shown, (was + new.detach()) / 2)
