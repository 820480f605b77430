"""GAN-train and GAN-test of pictures whose worth is known."""

import pytest
import torch

from gan_lab.config import Data
from gan_lab.data import load
from gan_lab.metrics.classifier import Stopped
from gan_lab.metrics.lessons import lessons


@pytest.fixture(scope="module")
def sets():
    name = "digits:0,1,2"
    return load(Data(name=name)), load(Data(name=name), train=False)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("gan_lab.metrics.classifier.LEAST", 6000)


def test_real_pictures_are_worth_what_real_ones_are(sets):
    train, held_out = sets
    heard = []
    found = lessons(train.images, train.labels, train, held_out, progress=heard.append)
    assert found.gan_train == found.real > 0.95
    assert (found.n, found.held_out) == (len(train), len(held_out))
    assert heard == sorted(heard) and heard[-1] == 1.0


def test_labels_that_mean_nothing_teach_nothing_and_are_seen(sets):
    train, held_out = sets
    found = lessons(train.images, (train.labels + 1) % 3, train, held_out)
    assert found.gan_train < 0.1 and found.gan_test < 0.1 and found.real > 0.95


def test_one_good_picture_a_class_passes_only_the_test(sets):
    train, held_out = sets
    labels = torch.arange(3).repeat(40)
    firsts = torch.stack([train.images[train.labels == k][0] for k in range(3)])
    found = lessons(firsts[labels], labels, train, held_out)
    assert found.gan_test == 1.0 and found.gan_train < found.real and found.n == 120


def test_it_can_be_stopped_and_refuses_other_kinds(sets):
    train, held_out = sets
    with pytest.raises(Stopped):
        lessons(train.images, train.labels, train, held_out, stop=lambda: True)
    with pytest.raises(ValueError, match="one kind"):
        lessons(train.images.repeat(1, 3, 1, 1), train.labels, train, held_out)
