"""What is kept aside is never trained on."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_lab.config import Data
from gan_lab.data import Pictures, domains, load
from gan_lab.data.pictures import held_out


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=80), st.integers(0, 50))
def test_the_share_of_every_class_is_kept_aside(labels, percent):
    labels = torch.tensor(labels)
    images = torch.zeros(len(labels), 1, 8, 8, dtype=torch.uint8)
    aside = held_out(Pictures("x", images, labels, tuple("abcd")), percent / 100)
    assert len(labels) - int(aside.sum()) >= 2
    counts = [int(aside[labels == k].sum()) for k in range(4)]
    sizes = [int((labels == k).sum()) for k in range(4)]
    due = [size * percent // 100 for size in sizes]
    if any(due):  # a class too small for its share gives one, unless it has only one
        due = [max(share, int(size > 1)) for share, size in zip(due, sizes, strict=True)]
    assert counts in (due, [0] * 4)


def test_a_small_class_beside_a_large_one_is_looked_at_too():
    labels = torch.tensor([0] * 5 + [1] * 40)
    pictures = Pictures("x", torch.zeros(45, 1, 8, 8, dtype=torch.uint8), labels, ("a", "b"))
    aside = pictures.chosen(held_out(pictures, 0.1))
    assert [len(kind) for kind in domains(aside, "unpaired")] == [1, 4]


def test_it_is_spread_over_the_whole():
    images = torch.zeros(30, 1, 8, 8, dtype=torch.uint8)
    assert held_out(Pictures("x", images), 0.1).nonzero()[:, 0].tolist() == [9, 19, 29]


@pytest.fixture
def folder(tmp_path):
    for k in range(20):
        Image.fromarray(np.full((8, 8), 10 * k, np.uint8)).save(tmp_path / f"{k:02}.png")
    return str(tmp_path)


@pytest.mark.parametrize(("share", "aside"), [(0.1, 2), (0.5, 10), (0.06, 1)])
def test_the_parts_of_own_pictures_complete_each_other(folder, share, aside):
    data = Data(name=folder, size=8, held_out=share)
    train, test = (load(data, train=part).images[:, 0, 0, 0].tolist() for part in (True, False))
    assert len(test) == aside
    assert sorted(train + test) == [10 * k for k in range(20)]


@pytest.mark.parametrize("share", [0.0, 0.04])
def test_too_few_to_keep_any_aside_serve_for_both(folder, share):
    data = Data(name=folder, size=8, held_out=share)
    train, test = load(data), load(data, train=False)
    assert len(train) == 20 and torch.equal(train.images, test.images)


def test_sets_with_a_test_part_keep_it(digits):
    data = Data(name="digits", held_out=0.5)
    assert torch.equal(load(data).images, digits.images)
    assert len(load(data, train=False)) == 359
