"""Training from Python: what docs/python.md says can be done, and equals the command line."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import gan_lab
from gan_lab.cli.main import main
from gan_lab.config import ConfigError
from gan_lab.runs import DirectoryError

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```$",
    (ROOT / "docs/python.md").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("notebook") / "mine"
    return gan_lab.train("quick", steps=20, seed=5, out=out)


def test_the_examples_of_the_documentation_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(BLOCKS) >= 2
    names = {"__name__": "notebook"}
    for block in BLOCKS:
        assert len([line for line in block.splitlines() if line.strip()]) <= 5
        exec(compile(block, "docs/python.md", "exec"), names)


def test_curves_are_every_step_as_the_folder_keeps_them(trained):
    curves = trained.curves()
    assert curves["step"].tolist() == list(range(1, 21))
    header, rest = (trained.folder / "history/readings.f32").read_bytes().split(b"\n", 1)
    columns = json.loads(header)["columns"]
    kept = np.frombuffer(rest, "<f4").reshape(-1, len(columns))
    np.testing.assert_array_equal(curves["loss/D"], kept[:, columns.index("loss/D")])
    assert np.isfinite(curves["loss/G"]).all()


def test_samples_are_those_of_the_command_line(trained, tmp_path):
    main(["sample", str(trained.folder), "--n", "9", "--seed", "4", "--out", f"{tmp_path}/s.npz"])
    with np.load(tmp_path / "s.npz") as kept:
        np.testing.assert_array_equal(trained.samples(9, seed=4), kept["images"])


def test_it_trains_as_the_command_line_does(trained, tmp_path):
    main(["train", "--preset", "quick", "--steps", "20", "--seed", "5", "--out", f"{tmp_path}/r"])
    again = gan_lab.open_run(tmp_path / "r")
    np.testing.assert_array_equal(again.curves()["loss/D"], trained.curves()["loss/D"])


def test_the_generator_and_a_picture(trained):
    model = trained.generator
    assert model.step == 20
    assert model.images(model.draw(3)).shape == (3, 1, 8, 8)
    assert trained.picture(4).size == (16, 16)


def test_wrong_input_is_refused_in_words_and_leaves_nothing(tmp_path):
    with pytest.raises(ConfigError, match=r"optim\.g\.lr"):
        gan_lab.train(settings={"optim.g.lr": -1}, out=tmp_path / "no")
    with pytest.raises(DirectoryError, match="no run"):
        gan_lab.open_run("nowhere")
    assert not (tmp_path / "no").exists()
