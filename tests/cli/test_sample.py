"""``sample``: arrays, mosaics, folders; the same seed gives the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from .conftest import tiny


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


def frames_of(path):
    with Image.open(path) as film:
        found = []
        for index in range(film.n_frames):
            film.seek(index)
            film.load()
            found.append((np.asarray(film.convert("RGB")), film.info["duration"]))
        return found, film.info.get("loop")


@pytest.mark.parametrize("options", [(), ("--n", 3), ("--n", 3, "--linear")])
@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_walk_is_a_film_of_the_same_pictures(call, tmp_path, trained, options, kind):
    walk = ("sample", trained, "--walk", "--frames", 9, "--seed", 3, *options, "--out")
    for out in (f"a.{kind}", "a.npz", "a.png", "many"):
        outcome = call(*walk, out)
        assert (outcome.code, outcome.err) == (0, "")
        assert outcome.out.startswith("9 frames of step 12")
    with np.load(tmp_path / "a.npz") as file:
        images = file["images"]
    assert images.shape == (9, 8, 8, 1)
    found, loop = frames_of(tmp_path / f"a.{kind}")
    assert loop == 0, "it is played over and over"
    assert [lasts for _, lasts in found] == [50] * 9
    for (frame, _), image in zip(found, images, strict=True):
        assert frame.shape == (256, 256, 3)
        np.testing.assert_array_equal(frame[16::32, 16::32, 0], image[:, :, 0])
    with Image.open(tmp_path / "a.png") as strip:
        row = np.asarray(strip)
    np.testing.assert_array_equal(row, np.concatenate(list(images[:, :, :, 0]), 1))
    names = sorted((tmp_path / "many").iterdir())
    assert len(names) == 9
    with Image.open(names[4]) as picture:
        np.testing.assert_array_equal(np.asarray(picture), images[4, :, :, 0])


def test_a_walk_goes_through_the_pictures_that_would_be_drawn(call, tmp_path, trained):
    call("sample", trained, "--n", 3, "--seed", 3, "--out", "drawn.npz")
    for way in ("--linear", "--spherical"):
        call("sample", trained, "--n", 3, "--seed", 3, "--walk", way, "--frames", 12,
             "--out", f"{way}.npz")  # fmt: skip
    every = [np.load(tmp_path / f"{name}.npz")["images"].astype(int)
             for name in ("drawn", "--linear", "--spherical")]  # fmt: skip
    assert np.abs(every[1][::4] - every[0]).max() <= 1
    assert np.abs(every[2][::4] - every[0]).max() <= 1
    assert np.abs(every[1] - every[2]).max() > 1


def test_a_random_walk_follows_its_seed_and_goes_round(call, tmp_path, trained):
    walks = []
    for seed in (1, 1, 2):
        call("sample", trained, "--walk", "--seed", seed, "--out", "a.npz")
        walks.append(np.load(tmp_path / "a.npz")["images"].astype(int))
    assert np.array_equal(walks[0], walks[1]) and not np.array_equal(walks[0], walks[2])
    assert len(walks[0]) == 60
    step = np.abs(np.diff(walks[0], axis=0)).mean((1, 2, 3))
    assert np.abs(walks[0][-1] - walks[0][0]).mean() < 2 * step.max()


def test_a_walk_with_classes_changes_class_midway(call, tmp_path):
    options = tiny("networks.labels=concat")
    assert call("train", *options, "--steps", 2, "--out", "run").code == 0
    walk = ("sample", "run", "--walk", "--frames", 12)
    assert call(*walk, "--n", 3, "--out", "a.npz").code == 0
    labels = np.load(tmp_path / "a.npz")["labels"]
    assert call("sample", "run", "--n", 3, "--out", "b.npz").code == 0
    stops = np.load(tmp_path / "b.npz")["labels"]
    at = [0] * 2 + [1] * 4 + [2] * 4 + [0] * 2
    assert labels.tolist() == stops[at].tolist()
    assert call(*walk, "--label", "7", "--out", "a.npz").code == 0
    assert np.load(tmp_path / "a.npz")["labels"].tolist() == [7] * 12


def test_points_walk_too(call, tmp_path):
    sets = ["--set", "objective.game=plane", "--set", "networks.g.family=dense",
            "--set", "networks.d.family=dense"]  # fmt: skip
    options = [*tiny()[2:], *sets, "--data", "ring"]
    assert call("train", *options, "--steps", 2, "--out", "run").code == 0
    for out in ("a.npz", "a.png", "a.gif"):
        assert call("sample", "run", "--walk", "--frames", 5, "--out", out).code == 0
    assert np.load(tmp_path / "a.npz")["points"].shape == (5, 2)
    found, _ = frames_of(tmp_path / "a.gif")
    assert sum(lasts for _, lasts in found) == 5 * 50  # those that do not differ are one


WRONG_WALKS = [
    (("--n", 3, "--frames", 5, "--out", "a.npz"), "--frames are for walks"),
    (("--n", 3, "--linear", "--out", "a.npz"), "are for walks"),
    (("--out", "a.npz"), "--n is missing"),
    (("--n", 3, "--out", "a.gif"), "films need --walk"),
    (("--walk", "--linear", "--out", "a.gif"), "say through how many with --n"),
    (("--walk", "--n", 1, "--out", "a.gif"), "2 to 60 pictures"),
    (("--walk", "--n", 9, "--frames", 5, "--out", "a.gif"), "2 to 5 pictures"),
    (("--walk", "--out", "a.avi"), "FILE.gif, FILE.webp, FILE.png, FILE.npz"),
    (("--walk", "--frames", 1, "--out", "a.gif"), "from 2 to 1,000"),
    (("--walk", "--label", "7", "--out", "a.gif"), "without classes"),
]


@pytest.mark.parametrize(("options", "words"), WRONG_WALKS)
def test_what_a_walk_cannot_be_is_one_line(call, tmp_path, trained, options, words):
    outcome = call("sample", trained, *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err and outcome.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
