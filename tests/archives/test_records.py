"""The zip of a checkpoint: read as PyTorch does, or refused where two readers might disagree."""

import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.archives import ArchiveError
from gan_lab.archives.records import chunks, records_of
from tests.archives.checkpoints import LAYOUTS, of_records, saved

GOOD = saved({"format": 2, "a": torch.arange(20.0), "b": torch.zeros(0), "c": torch.ones(2000)})


def read(path):
    with path.open("rb") as file:
        return {name: b"".join(chunks(file, one)) for name, one in records_of(path).items()}


def test_every_record_is_what_pytorch_reads(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(GOOD)
    reader = torch._C.PyTorchFileReader(io.BytesIO(GOOD))
    found = read(path)
    assert set(found) == set(reader.get_all_records())
    assert all(data == reader.get_record(name) for name, data in found.items())


def test_a_file_of_an_older_version_is_read(tmp_path):
    (tmp_path / "a.pt").write_bytes(of_records({"data.pkl": b"abc"}))
    assert read(tmp_path / "a.pt")["data.pkl"] == b"abc"


@pytest.mark.parametrize("case", LAYOUTS)
def test_a_zip_with_room_for_a_second_meaning_is_refused(tmp_path, case):
    path = tmp_path / "a.pt"
    path.write_bytes(LAYOUTS[case](GOOD))
    with pytest.raises(ArchiveError):
        read(path)


def test_a_file_that_no_checkpoint_has_is_refused(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(of_records({"data.pkl": b"", "constants.pkl": b""}))
    with pytest.raises(ArchiveError, match="no checkpoint has"):
        records_of(path)


@pytest.mark.parametrize("field", ["size of a record", "offset of a record", "directory"])
def test_a_checkpoint_of_more_than_4_gib_is_refused_in_a_sentence_that_says_so(tmp_path, field):
    """PyTorch then writes 0xFFFFFFFF, and the number itself as zip64."""
    path, large = tmp_path / "a.pt", bytearray(GOOD)
    entry, end = GOOD.index(b"PK\1\2"), GOOD.rindex(b"PK\5\6")
    places = {
        "size of a record": (entry + 20, entry + 24),
        "offset of a record": (entry + 42,),
        "directory": (end + 16,),
    }
    for place in places[field]:
        large[place : place + 4] = b"\xff" * 4
    path.write_bytes(large)
    with pytest.raises(ArchiveError, match="more than 4 GiB, and those cannot be imported"):
        records_of(path)


def test_an_end_behind_the_end_is_refused(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(GOOD + b"ganlab:sha256:" + b"PK\5\6" + bytes(28))
    with pytest.raises(ArchiveError, match="second directory"):
        records_of(path, len(GOOD))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4))
def test_a_changed_byte_is_found_or_harmless(tmp_path_factory, changes):
    data = bytearray(GOOD)
    for place, value in changes:
        data[place] = value
    path = tmp_path_factory.getbasetemp() / "changed.pt"
    path.write_bytes(data)
    try:
        found = read(path)
    except ArchiveError:
        return
    reader = torch._C.PyTorchFileReader(io.BytesIO(bytes(data)))
    assert all(data == reader.get_record(name) for name, data in found.items())


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_in_one_way(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.pt"
    path.write_bytes(data)
    with pytest.raises(ArchiveError):
        records_of(path)
