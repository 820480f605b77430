"""``sample``: arrays, mosaics, folders; the same seed gives the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image


def test_npz_holds_images(call, tmp_path, trained):
    outcome = call("sample", trained, "--n", 300, "--out", "a.npz")
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    with np.load(tmp_path / "a.npz") as file:
        assert file.files == ["images"]
        images = file["images"]
    assert images.shape == (300, 8, 8, 1)
    assert images.dtype == np.uint8
    assert images.std() > 0


@pytest.mark.parametrize("name", ["a.npz", "a.png"])
def test_same_seed_same_bytes(call, tmp_path, trained, name):
    contents = []
    for seed in (5, 5, 6):
        assert call("sample", trained, "--n", 9, "--seed", seed, "--out", name).code == 0
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_png_is_a_mosaic(call, tmp_path, trained):
    assert call("sample", trained, "--n", 12, "--out", "deep/er/a.png").code == 0
    with Image.open(tmp_path / "deep" / "er" / "a.png") as picture:
        assert picture.size == (4 * 8, 3 * 8)


def test_folder_holds_one_file_each(call, tmp_path, trained):
    assert call("sample", trained, "--n", 3, "--out", "many").code == 0
    names = sorted(p.name for p in (tmp_path / "many").iterdir())
    assert names == ["000000.png", "000001.png", "000002.png"]
    assert call("sample", trained, "--n", 3, "--out", "a.npz").code == 0
    with np.load(tmp_path / "a.npz") as file, Image.open(tmp_path / "many" / names[1]) as picture:
        assert np.array_equal(np.asarray(picture), file["images"][1, :, :, 0])


def test_truncation_changes_the_pictures(call, tmp_path, trained):
    spreads = []
    for options in ([], ["--truncation", 0.2]):
        assert call("sample", trained, "--n", 64, *options, "--out", "a.npz").code == 0
        with np.load(tmp_path / "a.npz") as file:
            spreads.append(file["images"].astype(float).std(axis=0).mean())
    assert spreads[1] < spreads[0]


def test_files_are_as_public_as_the_users_other_files(call, tmp_path, trained):
    assert call("sample", trained, "--n", 1, "--out", "a.npz").code == 0
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert {p.name for p in tmp_path.iterdir()} == {"a.npz", "plain"}, "a temporary file stayed"


def test_pictures_of_a_generator_that_came_with_the_app(call, tmp_path):
    made = call("sample", "pretrained:fashion", "--n", 3, "--label", "bag", "--out", "bags.npz")
    assert made.code == 0, made.err
    with np.load(tmp_path / "bags.npz") as arrays:
        assert arrays["images"].shape == (3, 28, 28, 1)
        assert arrays["labels"].tolist() == [8, 8, 8]
    wrong = call("sample", "pretrained:dogs", "--n", 3, "--out", "dogs.npz")
    assert wrong.code == 2 and wrong.err.count("\n") == 1
    assert "there are faces, digits, fashion" in wrong.err
