"""A batch is an index."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.config import Data
from gan_lab.data import Batches, Kind, Pictures, load, to_range

FIRST = {0: [1055, 1391, 143, 1229, 1362, 443], 7: [84, 253, 965, 1079, 790, 1328]}


def batches_of(count, batch, seed=0, output="tanh"):
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(count, 1, 2, 2)
    return Batches(Pictures("numbers", images), batch, seed, output)


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


@pytest.mark.parametrize("output", ["tanh", "sigmoid", "linear"])
def test_what_is_drawn_are_those_pictures_in_g_s_range(digits, output):
    a, b = (Batches(digits, 5, 3, output, torch.device("cpu")) for _ in range(2))
    for _ in range(2):
        index = b.indices()
        batch = a.draw()
        assert torch.equal(batch.x, to_range(digits.images[index], output))
        assert torch.equal(batch.labels, digits.labels[index])


def test_the_order_is_the_one_that_earlier_runs_had(digits):
    """Runs of older versions resume: the first indices of seed 0 and 7, as they always were."""
    assert Batches(digits, 6, 0, "tanh").indices().tolist() == FIRST[0]
    assert Batches(digits, 6, 7, "tanh").indices().tolist() == FIRST[7]


def test_labels_and_lengths():
    assert batches_of(7, 3).draw().labels is None and batches_of(7, 3).labels is None
    digits = load(Data(name="digits:3,8"))
    batches = Batches(digits, 4, 0, "tanh")
    assert len(batches) == len(digits) == len(batches.labels)
    assert digits.kind == Kind(1, 8, digits.classes)
