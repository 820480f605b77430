"""A batch is an index."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.data import Batches, to_range


def batches_of(count, batch, seed=0, output="tanh"):
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(count, 1, 2, 2)
    return Batches(images, batch, seed, output)


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(1, 130), st.integers(0, 3))
def test_each_picture_comes_exactly_once_an_epoch(count, batch, seed):
    batches = batches_of(count, batch, seed)
    drawn = []
    while len(drawn) < 3 * count:
        indices = batches.indices()
        assert len(indices) == batch, "every batch is full"
        drawn += indices.tolist()
        assert batches.epoch * count + batches.position == len(drawn)
    for epoch in range(3):
        assert sorted(drawn[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_the_order_depends_on_seed_and_epoch_alone():
    def epochs(batch, seed):
        batches = batches_of(24, batch, seed)
        return [
            [i for _ in range(24 // batch) for i in batches.indices().tolist()] for _ in range(2)
        ]

    assert epochs(4, 1) == epochs(8, 1) == epochs(24, 1)
    assert epochs(4, 1) != epochs(4, 2)
    first, second = epochs(4, 1)
    assert first != second


@pytest.mark.parametrize("drawn", [0, 1, 3, 10])
def test_a_state_goes_on_where_it_was(drawn):
    a, b = batches_of(10, 4), batches_of(10, 4)
    for _ in range(drawn):
        a.indices()
    b.load_state_dict(a.state_dict())
    for _ in range(6):
        assert torch.equal(a.indices(), b.indices())


@pytest.mark.parametrize("output", ["tanh", "sigmoid"])
def test_what_is_drawn_are_those_pictures_in_g_s_range(digits, output):
    a, b = (Batches(digits.images, 5, 3, output) for _ in range(2))
    assert torch.equal(a.draw(), to_range(digits.images[b.indices()], output))
    assert torch.equal(a.draw(), to_range(digits.images[b.indices()], output))
