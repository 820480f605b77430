"""Whole or not at all; read without executing anything."""

import os
import pickle

import pytest
import torch

from gan_lab.training.checkpoints import FORMAT, CheckpointError, load, save

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


@pytest.mark.parametrize("content", [{"steps": 1}, {"format": 99}, [1, 2]])
def test_files_of_another_format_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="not a checkpoint of this version"):
        load(tmp_path / "a.pt")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError):
        load(tmp_path / "a.pt")
