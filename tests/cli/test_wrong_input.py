"""Wrong input of every kind: exit code 2, one plain line on stderr that says what to do."""

from __future__ import annotations

import json
import zipfile

import pytest

from .conftest import tiny


def refused(outcome, *words: str) -> None:
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1, outcome.err
    assert outcome.err.endswith("\n")
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["command"]),
        (["trane"], ["trane"]),
        (["--no-such"], ["--no-such"]),
        (["train", "--stesp", "5"], ["--stesp", "--steps"]),
        (["train", "stray"], ["stray"]),
        (["train", "--steps"], ["--steps"]),
        (["train", "--steps", "ten"], ["--steps", "'ten'", "whole number"]),
        (["train", "--steps", "0"], ["--steps", "'0'", "from 1"]),
        (["train", "--steps", "-5"], ["--steps", "'-5'", "from 1"]),
        (["train", "--steps", "1.5"], ["--steps", "'1.5'"]),
        (["train", "--images", "many"], ["--images", "'many'"]),
        (["train", "--seconds", "0"], ["--seconds", "'0'", "above 0"]),
        (["train", "--seconds", "nan"], ["--seconds", "'nan'"]),
        (["train", "--seconds", "inf"], ["--seconds", "'inf'"]),
        (["train", "--seed", "x"], ["training.seed", "'x'", "whole number"]),
        (["train", "--seed", "-1"], ["training.seed", "-1"]),
        (["train", "--preset", "nope"], ["'nope'", "quick", "dcgan", "vanilla"]),
        (["train", "--preset", "two\nlines"], ["quick"]),
        (["train", "--preset", "quick", "--config", "a.toml"], ["--preset", "--config"]),
        (["train", "--config", "missing.toml"], ["missing.toml"]),
        (["train", "--config", "missing.json"], ["missing.json"]),
        (["train", "--config", "."], ["TOML"]),
        (["train", "--set", "optim.g.lr"], ["optim.g.lr", "path=value"]),
        (["train", "--set", "optim.lr=1"], ["optim.lr", "optim.g.lr", "optim.d.lr"]),
        (["train", "--set", "bogus=1"], ["bogus"]),
        (["train", "--set", "=1"], ["''"]),
        (["train", "--set", "optim.g.lr=fast"], ["optim.g.lr", "'fast'", "a number"]),
        (["train", "--set", "optim.g.lr=-1"], ["optim.g.lr", "-1", "above 0 to 1"]),
        (["train", "--set", "optim.g.lr=nan"], ["optim.g.lr", "nan"]),
        (["train", "--set", "latent.dim=1e9"], ["latent.dim", "1 to 512"]),
        (["train", "--set", "objective.loss=best"], ["objective.loss", "'best'", "hinge"]),
        (["train", "--set", "objective.joined_batch=si"], ["joined_batch", "true or false"]),
        (["train", "--set", "networks.g.hidden=a,b"], ["networks.g.hidden", "whole numbers"]),
        (["train", "--set", "networks.g.hidden="], ["networks.g.hidden"]),
        (["train", "--set", "objective.loss=hinge", "--set", "objective.smooth_real=0.1"],
         ["objective.smooth_real", "hinge"]),
        (["train", "--data", "mnits"], ["'mnits'", "digits"]),
        (["train", "--data", ""], ["data.name"]),
        (["train", "--data", "digits:eleven"], ["'eleven'", "0 to 9"]),
        (["train", "--data", "kmnist"], ["kmnist", "GANLAB_DATA"]),
        (["train", "--data", "digits", "--set", "data.size=5"], ["data.size", "8 to 128"]),
        (["train", "--device", "abacus"], ["training.device", "'abacus'", "cpu"]),
        (["train", "--data", "digits", "--device", "mps"], ["training.device", "mps"]),
        (["train", "--resume", "nowhere"], ["'nowhere'"]),
        (["train", "--resume", "x", "--preset", "quick", "--out", "y"], ["--preset", "--out"]),
        (["train", "--resume", "x", "--data", "digits"], ["--data"]),
        (["train", "--resume", "x", "--seed", "0"], ["--seed"]),
        (["train", "--resume", "x", "--set", "latent.dim=9"], ["latent.dim", "begins"]),
        (["sample"], ["RUN"]),
        (["sample", "nowhere", "--n", "4", "--out", "a.npz"], ["'nowhere'"]),
        (["sample", "nowhere", "--out", "a.npz"], ["--n"]),
        (["sample", "nowhere", "--n", "4"], ["--out"]),
        (["sample", "nowhere", "--n", "0", "--out", "a.npz"], ["--n", "'0'"]),
        (["sample", "nowhere", "--n", "4", "--seed", "-1", "--out", "a.npz"], ["--seed", "'-1'"]),
        (["sample", "nowhere", "--n", "4", "--truncation", "0", "--out", "a.npz"],
         ["--truncation", "'0'", "above 0"]),
        (["sample", "nowhere", "--n", "4", "--out", "a.jpg"], ["a.jpg", ".npz", ".png"]),
        (["sample", "nowhere", "--n", "99999", "--out", "a.png"], ["99999", "10,000"]),
        (["presets", "--jsno"], ["--jsno"]),
        (["datasets", "extra"], ["extra"]),
        (["doctor", "--fix"], ["--fix"]),
    ],
)  # fmt: skip
def test_one_line_and_exit_code_2(call, tmp_path, monkeypatch, arguments, words):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("gan_lab.data.named._fetch", _no_network)
    refused(call(*arguments), *words)
    assert not (tmp_path / "runs").exists(), "wrong input left a run behind"


def _no_network(entry):
    from gan_lab.data.named import DataError, _missing

    raise DataError(_missing(entry, "could not be downloaded (no network)"))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "not toml at all [", ["a.toml", "TOML"]),
        ("a.toml", "[latent]\ndim = 0\n", ["latent.dim", "0", "1 to 512"]),
        ("a.toml", "[latent]\ndims = 8\n", ["latent.dims"]),
        ("a.toml", "[latent]\ndim = 'many'\n", ["latent.dim", "many"]),
        ("a.toml", "latent = 3\n", ["latent"]),
        ("a.json", "{", ["a.json", "JSON"]),
        ("a.json", "[]", ["a.json"]),
        ("a.json", json.dumps({"optim": {"g": {"lr": 7}}}), ["optim.g.lr", "7"]),
        ("a.json", "[" * 100_000, ["a.json"]),
    ],
)
def test_wrong_config_files(call, tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    refused(call("train", "--config", name), *words)


def test_config_file_of_bytes(call, tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    refused(call("train", "--config", "a.toml"), "a.toml")


def test_own_data_without_pictures(call, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(call("train", "--data", "empty"), "empty", "no pictures")
    (tmp_path / "broken.zip").write_bytes(b"PK but no zip")
    refused(call("train", "--data", "broken.zip"), "broken.zip", "zip")
    with zipfile.ZipFile(tmp_path / "texts.zip", "w") as archive:
        archive.writestr("readme.txt", "no picture")
        archive.writestr("fake.png", "no picture either")
    refused(call("train", "--data", "texts.zip"), "texts.zip")


def test_out_must_be_new_or_empty(call, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("keep me")
    refused(call("train", *tiny(), "--steps", 1, "--out", "full"), "full", "empty")
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    refused(call("train", *tiny(), "--steps", 1, "--out", "full/thesis.txt"), "thesis.txt")


def test_places_that_cannot_be_written_to(call, tmp_path, trained):
    (tmp_path / "file").write_text("")
    refused(call("train", *tiny(), "--steps", 1, "--out", "file/run"), "file")
    refused(call("train", *tiny(), "--steps", 1, "--out", "x" * 300), "xxx")
    refused(call("sample", trained, "--n", 1, "--out", "file/a.npz"), "file")


def test_runs_that_cannot_be_read(call, tmp_path, trained):
    (tmp_path / "plain").mkdir()
    refused(call("train", "--resume", "plain"), "'plain'")
    refused(call("sample", "plain", "--n", 1, "--out", "a.npz"), "'plain'")
    damaged = tmp_path / "damaged"
    (damaged / "checkpoints").mkdir(parents=True)
    (damaged / "config.json").write_bytes((trained / "config.json").read_bytes())
    refused(call("train", "--resume", "damaged"), "no checkpoint")
    whole = max((trained / "checkpoints").iterdir()).read_bytes()
    for content in (b"", b"garbage", whole[: len(whole) // 2]):
        (damaged / "checkpoints" / "000000012.pt").write_bytes(content)
        refused(call("train", "--resume", "damaged"), "000000012.pt")
        refused(call("sample", "damaged", "--n", 1, "--out", "a.npz"), "000000012.pt")


def test_resume_refuses_what_would_not_be_allowed(call, trained):
    refused(call("train", "--resume", trained, "--set", "optim.g.lr=9"), "optim.g.lr", "9")
    both = ["--set", "objective.loss=hinge", "--set", "latent.noise=loud"]
    refused(call("train", "--resume", trained, *both), "latent.noise", "'loud'")


def test_label_of_a_model_without_classes(call, trained):
    outcome = call("sample", trained, "--n", 1, "--label", "3", "--out", "a.npz")
    refused(outcome, "--label", "'3'", "without classes")


def test_folder_of_samples_must_be_empty(call, tmp_path, trained):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old.png").write_text("")
    refused(call("sample", trained, "--n", 1, "--out", "full"), "full", "empty")


def test_networks_that_cannot_be_built(call, tmp_path):
    settings = ["networks.d.padding=reflect", "networks.d.kernel=9", "networks.d.base=2"]
    refused(
        call("train", *tiny(*settings), "--steps", 1), "networks.d, layer 2, conv: a mirror of 4"
    )
    assert not (tmp_path / "runs").exists()


def test_more_memory_than_there_is_is_refused_before_a_folder_is_made(
    call, tmp_path, trained, monkeypatch
):
    monkeypatch.setattr("gan_lab.training.memory.free_bytes", lambda: 50_000_000)
    refused(call("train", *tiny(), "--steps", 1), "of memory, and 50 MB are free here", "smaller")
    assert not (tmp_path / "runs").exists()
    refused(call("train", "--resume", trained, "--steps", 99), "50 MB are free here")
