"""``sample --direction``: what is kept with a run, or found now, as a film, a strip, an array."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import gan_lab
from gan_lab.latent import factorised
from gan_lab.runs.kept_directions import NAME


@pytest.fixture
def run(trained, tmp_path):
    """A run with one direction that somebody has kept."""
    path = tmp_path / "mine"
    shutil.copytree(trained, path)
    way = {"name": "Thick strokes", "vector": [0, 1, 0, 0, 0, 0], "step": 5, "source": "groups"}
    (path / NAME).write_text(json.dumps({"directions": [way]}))
    return path


def test_pictures_go_from_end_to_end_of_a_kept_direction(call, tmp_path, run):
    outcome = call(
        "sample", run, "--direction", "thick strokes", "--n", 7, "--seed", 3, "--out", "a.npz"
    )
    assert outcome.code == 0, outcome.err
    assert "found at step 5" in outcome.out and "-3 to 3 σ" in outcome.out
    model = gan_lab.load(run)
    z = model.draw(1, 3).repeat(7, 1)
    z[:, 1] += torch.linspace(-3, 3, 7)
    with np.load(tmp_path / "a.npz") as file:
        near = file["images"][..., 0].astype(int) - model.images(z)[:, 0].numpy()
    assert np.abs(near).max() <= 1


def test_a_film_goes_there_and_back_and_a_strip_once(call, tmp_path, run):
    assert call("sample", run, "--direction", "sefa 2", "--n", 5, "--out", "a.gif").code == 0
    with Image.open(tmp_path / "a.gif") as film:
        assert getattr(film, "n_frames", 1) == 8
    assert call("sample", run, "--direction", "SeFa-2", "--n", 5, "--out", "a.png").code == 0
    model = gan_lab.load(run)
    end = factorised(model, 2)[1].moved(model.draw(1, 0), 3.0)
    with Image.open(tmp_path / "a.png") as strip:
        assert strip.size == (40, 8)
        last = np.asarray(strip)[:, 32:].astype(int)
    assert np.abs(last - model.images(end)[0, 0].numpy()).max() <= 1


def test_without_a_number_there_are_pictures_enough(call, tmp_path, run):
    assert call("sample", run, "--direction", "PCA 1", "--out", "a.npz").code == 0
    with np.load(tmp_path / "a.npz") as file:
        assert len(file["images"]) == 25


@pytest.mark.parametrize("name", ["smile", "PCA 0", "SeFa 7", "pca 1000", ""])
def test_an_unknown_name_is_answered_by_those_that_there_are(call, run, name):
    outcome = call("sample", run, "--direction", name, "--out", "a.gif")
    assert outcome.code == 2 and outcome.err.count("\n") == 1
    assert "Thick strokes, PCA 1 to 6 and SeFa 1 to 6" in outcome.err


def test_a_damaged_file_is_said_in_one_line(call, run):
    (run / NAME).write_text("{")
    outcome = call("sample", run, "--direction", "smile", "--out", "a.gif")
    assert outcome.code == 2 and "directions.json cannot be read" in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_walk_and_a_direction_are_two_things(call, run):
    outcome = call("sample", run, "--walk", "--direction", "PCA 1", "--out", "a.gif")
    assert outcome.code == 2 and "--walk" in outcome.err


@pytest.mark.parametrize("n", [1, 1001])
def test_a_direction_needs_two_pictures_or_more(call, run, n):
    outcome = call("sample", run, "--direction", "PCA 1", "--n", n, "--out", "a.gif")
    assert outcome.code == 2 and "2 to 1000 pictures" in outcome.err
