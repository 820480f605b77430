"""Files of PyTorch from outside, read without PyTorch's reader: the same state, or none."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from gan_lab.export import ExportError
from gan_lab.export.guarded import read_parts
from gan_lab.training import checkpoints
from tests.archives.checkpoints import LAYOUTS, Made, Storage, of_pickle, pickled, saved


@pytest.fixture
def read(tmp_path):
    def of(data):
        (tmp_path / "a.pt").write_bytes(data)
        return read_parts(tmp_path / "a.pt")

    return of


def test_it_is_what_pytorch_reads(read, tmp_path, differences):
    network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Linear(4, 2))
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.rand(2, 3, 6, 6)).sum().backward()
    optimiser.step()
    state = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "kinds": [torch.ones(3).to(t) for t in (torch.half, torch.bfloat16, torch.bool)],
        "views": [torch.arange(24.0).view(4, 6).t(), torch.zeros(0, 3), torch.tensor(2.0)],
        "random": torch.Generator().get_state(),
        "rest": ("a", None, True, 1.5, -3, 2**63, {1: [()]}),
    }
    data = saved(state)
    own, theirs = read(data), torch.load(tmp_path / "a.pt", weights_only=True)
    assert differences(own, theirs) == [] and own["rest"] == theirs["rest"]
    assert [t.stride() for t in own["views"]] == [t.stride() for t in theirs["views"]]
    again = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Linear(4, 2))
    assert own["network"]._metadata == network.state_dict()._metadata
    again.load_state_dict(own["network"])


def test_tensors_that_shared_their_numbers_still_do(read):
    one = torch.arange(6.0)
    found = read(saved([one, one[2:], one]))
    found[0][3] = 9.0
    assert found[1][1] == 9.0 and found[2] is found[0]


def test_the_file_stays_as_it_is_whatever_is_done_to_the_tensors(read, tmp_path):
    data = saved(torch.zeros(1000))
    read(data).fill_(1.0)
    assert (tmp_path / "a.pt").read_bytes() == data


def test_a_checkpoint_is_read_with_its_digest_and_without(tmp_path, differences):
    path = tmp_path / "a.pt"
    checkpoints.save({"x": torch.ones(3)}, path)
    found = checkpoints.load_foreign(path, read_parts)
    assert differences(found, checkpoints.load(path)) == []
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(checkpoints.CheckpointError, match="its digest is another one"):
        checkpoints.load_foreign(path, read_parts)


@pytest.mark.parametrize("case", LAYOUTS)
def test_a_zip_with_a_second_meaning_is_refused(read, case):
    with pytest.raises(ExportError, match="^this is no checkpoint of ours: "):
        read(LAYOUTS[case](saved({"format": 2, "a": torch.arange(20.0), "b": torch.ones(9)})))


def tensor(*numbers, count=4, record=16):
    """Four numbers, and a tensor that says where in them it lies."""
    return of_pickle(pickled([Made(Storage(count), *numbers)]), {"data/0": bytes(record)})


def test_a_tensor_of_its_record_is_read(read):
    assert read(tensor(1, (3,), (1,)))[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "data",
    [
        tensor(0, (5,), (1,)),
        tensor(1, (4,), (1,)),
        tensor(0, (2, 2), (1, 3)),
        tensor(0, (2, 2), (2, -1)),
        tensor(-1, (2,), (1,)),
        tensor(0, (8,), (0,)),
        tensor(0, (2,), ("1",)),
        tensor(0, (2**40,), (0,)),
        tensor(0, (2,), (1, 1)),
        tensor(0, (5,), (1,), count=5),
        tensor(0, (3,), (1,), count=3),
        tensor(0, (2,), (1,), count=2**62),
        tensor(0, (2,), (1,), count=-4),
    ],
)
def test_a_tensor_outside_its_record_is_refused(read, data):
    with pytest.raises(ExportError, match="^this is no checkpoint of ours: "):
        read(data)


def test_one_record_is_of_one_kind(read):
    parts = [
        Made(Storage(4, kind), 0, (4,), (1,)) for kind in (torch.FloatStorage, torch.IntStorage)
    ]
    with pytest.raises(ExportError):
        read(of_pickle(pickled(parts), {"data/0": bytes(16)}))


def test_nothing_hides_the_methods_of_a_mapping(read):
    strange = OrderedDict(a=1)
    strange.copy = strange.update = 5
    found = read(saved(strange))
    assert found.copy() == {"a": 1} and vars(found) == {}


def endless():
    one = []
    one.append(one)
    return one


@pytest.mark.parametrize(
    "thing",
    [endless(), 2**64, {(1, 2): 3}, {1.5: 1}, ["x" * (1 << 20) + "y"], b"bytes", {1j: 1}, 1j],
)
def test_what_no_state_holds_is_refused(read, thing):
    with pytest.raises(ExportError, match="^this is no checkpoint of ours: "):
        read(saved(thing))
