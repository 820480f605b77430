"""The head of a run's curves, which may have come from anywhere."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.runs import DirectoryError, RunDirectory


@pytest.fixture
def directory(tmp_path):
    return RunDirectory.create(tmp_path / "run")


def put(directory, data):
    (directory.path / "history" / "readings.f32").write_bytes(data)


def test_names_and_records_come_back(directory):
    directory.append_history(("loss/G", "D(x)"), np.arange(6, dtype=np.float32).reshape(3, 2))
    assert directory.columns() == ("loss/G", "D(x)")
    assert directory.records(("loss/G", "D(x)")) == 3
    with pytest.raises(DirectoryError, match="does not belong"):
        directory.records(("loss/G",))


@pytest.mark.parametrize(
    "names",
    [[], [""], ["a", "a"], [1], ["a\nb"], ["x" * 81], [f"a{n}" for n in range(129)], "ab", None],
)
def test_names_that_no_run_has_are_refused(directory, names):
    put(directory, json.dumps({"columns": names}).encode() + b"\n" + bytes(4000))
    with pytest.raises(DirectoryError, match="is damaged"):
        directory.columns()


def test_a_head_without_end_is_not_read(directory):
    put(directory, b'{"columns": ["' + b"x" * (8 << 20))
    with pytest.raises(DirectoryError, match="bytes"):
        directory.columns()


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_in_one_way(tmp_path_factory, data):
    run = RunDirectory.create(tmp_path_factory.mktemp("any") / "run")
    put(run, data)
    with pytest.raises(DirectoryError):
        run.columns()
