"""Counts by hand, and the floor against chance itself."""

import math

import pytest
import torch

from gan_lab.data import Kind
from gan_lab.metrics.classes import STACKED, floor, histogram, spread, stacked, triples
from gan_lab.metrics.classifier import Classifier
from gan_lab.metrics.judge import Judge


def counts(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_counts_by_hand():
    assert histogram(torch.tensor([2, 0, 2]), 4).tolist() == [1, 0, 2, 0]
    with pytest.raises(ValueError, match="0 to 3"):
        histogram(torch.tensor([4]), 4)


def test_half_of_the_classes_are_log_2_away():
    found = spread(counts(50, 50, 0, 0), counts(7, 7, 7, 7))
    assert found.kl == pytest.approx(math.log(2))
    assert (found.modes, found.of, found.n, found.floor) == (2, 4, 100, 3 / 200)


def test_a_class_with_a_stray_picture_is_not_found():
    assert spread(counts(97, 1, 2), counts(1, 1, 1)).modes == 1


def test_a_class_that_is_not_real_stays_finite():
    assert 0 < spread(counts(5, 5), counts(10, 0)).kl < 10


def test_chance_alone_comes_to_the_floor():
    chance = torch.Generator().manual_seed(1)
    drawn = [torch.randint(1000, (26_000,), generator=chance) for _ in range(5)]
    mean = sum(stacked(one).kl for one in drawn) / 5
    assert floor(STACKED, 26_000) == pytest.approx(0.0192, abs=5e-5)
    assert mean == pytest.approx(floor(STACKED, 26_000), rel=0.05)


def test_stacked_modes_by_hand():
    assert stacked(torch.arange(1000)).kl == pytest.approx(0.0, abs=1e-12)
    one = stacked(torch.full((10,), 123))
    assert (one.modes, one.of) == (1, 1000) and one.kl == pytest.approx(math.log(1000))


def test_channels_are_named_one_by_one():
    class Bright(Classifier):  # the digit is how bright a picture is
        def features(self, images):
            return torch.nn.functional.one_hot(images[:, 0, 0, 0].long(), 64).float()

    network = Bright(1, 8, 10)
    with torch.no_grad():
        network.head.weight.copy_(torch.eye(10, 64))
        network.head.bias.zero_()
    judge = Judge(network, "mnist", Kind(1, 8, tuple("0123456789")), 1.0, 1, "")
    images = torch.tensor([[1, 2, 3], [0, 0, 9]], dtype=torch.uint8).view(2, 3, 1, 1)
    assert triples(judge, images.expand(2, 3, 8, 8)).tolist() == [123, 9]
