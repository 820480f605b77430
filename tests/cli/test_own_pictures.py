"""Own pictures on the command line: the report, and a short training of the real zips."""

import pytest
from PIL import Image

from gan_lab.data import data_root


@pytest.fixture
def folder(tmp_path):
    for k in range(12):
        Image.new("RGB", (8, 8), (k, 0, 200)).save(tmp_path / f"{k}.png")
    (tmp_path / "broken.png").write_bytes(b"hello")
    return tmp_path


def test_the_report_whole(call, folder):
    told = call("datasets", str(folder), "--json").json
    assert told["taken"] == 12 and told["broken"] == [["broken.png", "no picture"]]
    assert told["advice"][0]["changes"]["objective.ada"] is True
    words = call("datasets", str(folder), "--set", "data.size=16").out
    assert "12 pictures, colour, 16×16 px" in words
    assert "skipped: broken.png: no picture" in words and "--set objective.ada=true" in words


def test_a_report_of_nothing_is_refused(call, tmp_path):
    refused = call("datasets", str(tmp_path / "none"))
    assert refused.code == 2 and "no folder or zip" in refused.err


REAL = {
    "cifar10-horse": [], "orl-faces": ["networks.labels=projection"],
    "emoji-pairs": ["data.pairs=classes", "objective.game=paired", "networks.g.family=unet",
                    "networks.d.family=patch"],
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_zips_train(call, tmp_path, name):
    path = data_root() / f"{name}.zip"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    sets = [word for change in [*REAL[name], "training.batch=8"] for word in ("--set", change)]
    done = call("train", "--data", str(path), *sets, "--steps", "2", "--out", str(tmp_path / "run"),
                "--json")  # fmt: skip
    assert done.json["steps"] == 2
    assert done.err.count("data: ") == 1 and "pictures" in done.err
