"""Whole or not at all; read without executing anything."""

import errno
import os
import pickle
import resource
import zipfile
from pathlib import Path

import pytest
import torch

from gan_lab.training.checkpoints import FORMAT, CheckpointError, Newer, load, save

STATE = {"steps": 3, "weights": torch.arange(5.0), "texts": ["a", "σ"], "none": None}


def test_what_was_written_is_read(tmp_path):
    save(STATE, tmp_path / "a.pt")
    state = load(tmp_path / "a.pt")
    assert state.pop("format") == FORMAT
    assert torch.equal(state.pop("weights"), STATE["weights"])
    assert state == {"steps": 3, "texts": ["a", "σ"], "none": None}


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    path = tmp_path / "a.pt"
    save(STATE, path)
    before = path.read_bytes()

    def refuse(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, broken, refuse)
    with pytest.raises(OSError, match="no space"):
        save({"steps": 4}, path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("executed",))


def test_a_pickle_with_code_is_refused_unexecuted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"format": 1, "x": Evil()}, "evil.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Evil()))
    for name in ("evil.pt", "plain.pt"):
        with pytest.raises(CheckpointError, match="cannot be read") as caught:
            load(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, share):
    path = tmp_path / "a.pt"
    save(STATE, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [{"steps": 1}, {"format": "3"}, [1, 2]])
def test_other_files_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="is not a checkpoint"):
        load(tmp_path / "a.pt")


def test_every_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "a.pt"
    save(STATE, path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[at] ^= 1 << at % 8
        path.write_bytes(broken)
        with pytest.raises(CheckpointError) as caught:
            load(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_of_format_2_is_read_and_its_damage_noticed(tmp_path, whole):
    """As that version wrote it: no digest, so the sums of the zip have to do."""
    path = tmp_path / "old.pt"
    torch.save({"format": 2, **STATE}, path)
    state = load(path, whole=whole)
    assert state["format"] == FORMAT and torch.equal(state["weights"], STATE["weights"])
    content = path.read_bytes()
    at = content.index(STATE["weights"].numpy().tobytes())
    path.write_bytes(content[:at] + b"\x01" + content[at + 1 :])
    with pytest.raises(CheckpointError, match="damaged"):
        load(path, whole=whole)


def test_a_file_that_an_older_version_left_behind_opens():
    """Written by the version before the digest; it is kept beside this test."""
    state = load(Path(__file__).parent / "format-2.pt")
    assert state["format"] == FORMAT and torch.equal(state["weights"], torch.arange(5.0))
    assert state["steps"] == 3


def test_a_newer_format_is_refused_in_a_sentence(tmp_path):
    torch.save({"format": FORMAT + 1}, tmp_path / "a.pt")
    with pytest.raises(Newer, match="written by a newer version"):
        load(tmp_path / "a.pt")


def test_what_is_written_is_still_a_file_of_pytorch(tmp_path):
    save(STATE, tmp_path / "a.pt")
    assert torch.load(tmp_path / "a.pt", weights_only=True)["steps"] == 3
    with zipfile.ZipFile(tmp_path / "a.pt") as archive:
        assert archive.testzip() is None


def test_an_error_of_the_disk_is_told_as_such(tmp_path):
    """PyTorch would make one of its own of it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OSError, match="large") as caught:
            save({"x": torch.zeros(100_000)}, tmp_path / "a.pt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError):
        load(tmp_path / "a.pt")
