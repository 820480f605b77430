"""``presets``, ``datasets``, ``doctor``, help: what there is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gan_lab import doctor
from gan_lab.config import KNOBS, parse
from gan_lab.data import NAMED

from .conftest import HERE


def test_presets(call):
    rows = call("presets", "--json").json
    assert rows[0]["name"] == "quick"
    assert {"quick", "vanilla", "dcgan"} <= {row["name"] for row in rows}
    for row in rows:
        assert row["title"]
        assert row["about"].endswith(".")
        assert row["differs"].keys() <= KNOBS.keys()
        assert 0 < len(row["differs"]) <= 32, "a recipe states what differs, and no more"


def test_presets_in_words_can_be_set(call):
    out = call("presets").out
    settings = [line.strip() for line in out.splitlines() if line.startswith("    ")]
    assert "networks.g.hidden = 256,512" in settings
    for setting in settings:
        path, value = setting.split(" = ")
        parse(path, value)


def test_datasets(call, tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))
    rows = {row["name"]: row for row in call("datasets", "--json").json}
    assert rows.keys() == NAMED.keys()
    assert rows["digits"] == {
        "name": "digits", "title": NAMED["digits"].title, "count": 1438, "size": 8, "channels": 1,
        "classes": list("0123456789"), "present": True, "where": [],
    }  # fmt: skip
    assert rows["mnist"]["present"] is False
    assert rows["mnist"]["where"] == [str(tmp_path / "data" / "MNIST" / "raw")]
    words = call("datasets").out
    assert "not here" in words
    assert "needs no file" in words
    assert "1,000 in all" in words, "very many classes are not all spelled out"


def test_doctor(call, tmp_path, monkeypatch):
    outcome = call("doctor", "--json")
    report = outcome.json
    assert outcome.code == (0 if report["ok"] else 1)
    checks = {check["name"]: check for check in report["checks"]}
    assert {"python", "torch", "torchvision", "streamlit", "streamlit App",
            "streamlit components v2", "runner.postScriptGC", "cores", "device", "data",
            "runs"} <= checks.keys()  # fmt: skip
    assert checks["python"]["ok"]
    assert checks["torch"]["ok"]
    assert checks["runs"]["ok"]


def test_doctor_finds_what_is_wrong(call, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path / "file" / "runs"))
    monkeypatch.setattr(doctor, "SETTINGS", tmp_path / "missing.toml")
    monkeypatch.setattr(doctor, "LIBRARIES", ("numpy", "no-such-library"))
    outcome = call("doctor")
    assert outcome.code == 1
    assert "BAD no-such-library: missing" in outcome.out
    assert "BAD runner.postScriptGC" in outcome.out
    assert "BAD runs" in outcome.out
    assert "ok  numpy" in outcome.out


@pytest.mark.parametrize("command", ["train", "sample", "presets", "datasets", "doctor"])
def test_help(call, command):
    outcome = call(command, "--help")
    assert outcome.code == 0
    assert outcome.out.startswith(f"Usage: python -m gan_lab {command}")


def test_the_top(call):
    assert "train" in call("--help").out
    assert call("--version").out.startswith("GAN Playground ")


@pytest.mark.parametrize("arguments", [["--help"], ["presets"], ["train", "--set", "optim.g.lr=0"]])
def test_what_needs_no_arithmetic_does_not_wait_for_it(arguments):
    program = (
        "import sys; from gan_lab.cli import main; main(sys.argv[1:]);"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=HERE, capture_output=True, check=False
    )
    assert done.returncode == 0


def test_a_reader_who_leaves_gets_no_traceback(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m gan_lab presets | true",
        shell=True, cwd=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
