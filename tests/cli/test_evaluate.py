"""``evaluate``: numbers with n and floor; JSON alone on stdout; features of real pictures kept."""

from __future__ import annotations

import pytest

from gan_lab.measures import MEASURES, suitable
from gan_lab.runs import open_generators
from gan_lab.runs.directory import RunDirectory


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_all_measures_that_suit(call, trained, cache):
    outcome = call("evaluate", trained, "--weights", "both", "--n", 200, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    shown = open_generators(RunDirectory(trained))
    assert [one["weights"] for one in found["measured"]] == ["averaged", "raw"]
    for one in found["measured"]:
        assert one["step"] == found["step"] == 12
        assert set(one["values"]) == set(suitable(shown.config, shown.kind, have_judge=True))
        for name, value in one["values"].items():
            assert value["n"] == 200
            assert (value["floor"] is None) != MEASURES[name].floored
    assert found["classifier"]["accuracy"] > 0.9
    assert "digits" in found["measures"]["frechet-classifier"]["title"]
    kept = {path.name for path in (cache / "features").iterdir()}
    assert len(kept) == 2, "features of real pictures, and of those that stand in for fakes"
    again = call("evaluate", trained, "--weights", "both", "--n", 200, "--json").json
    assert {path.name for path in (cache / "features").iterdir()} == kept
    for one in (*again["measured"], *found["measured"]):
        one.pop("seconds")
    assert again == found


def test_each_step_of_the_work_is_told_on_stderr(call, trained):
    """Without a terminal, as in a log file; the numbers stay alone on stdout."""
    outcome = call("evaluate", trained, "--metrics", "swd,coverage-pixels", "--n", 150, "--json")
    assert outcome.code == 0 and outcome.json
    lines = outcome.err.splitlines()
    assert lines[0].endswith("real images read")
    assert any(line.startswith("averaged: drawing generated images") for line in lines)
    assert "averaged: swd (1 of 2 metrics)" in lines
    assert any(line.startswith("averaged: coverage-pixels (2 of 2 metrics)") for line in lines)


def test_words_for_people(call, trained):
    outcome = call("evaluate", trained, "--metrics", "swd,coverage-pixels", "--n", 150)
    assert outcome.code == 0, outcome.err
    assert "swd" in outcome.out and "coverage-pixels" in outcome.out and "150" in outcome.out
    assert "recall" not in outcome.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--metrics", "fid"), "there are swd"),
        (("--metrics", "js"), "does not suit this run"),
        (("--weights", "mean"), "averaged, raw, both"),
        (("--metrics", "frechet-inception"), "requirements-fidelity.txt"),
        (("--n", 1), "whole number from 2"),
    ],
)
def test_wrong_options_are_one_line(call, trained, options, words):
    outcome = call("evaluate", trained, *options)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1 and words in outcome.err
    assert outcome.out == ""


def test_a_run_that_is_not_there(call):
    outcome = call("evaluate", "nowhere")
    assert outcome.code == 2 and outcome.err.count("\n") == 1
