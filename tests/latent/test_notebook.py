"""What docs/latent.md says one can do in Python can be done, word for word."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import gan_lab
from gan_lab.config import ConfigError
from gan_lab.data import load
from gan_lab.runs import Budget, DirectoryError
from tests.patience import WAIT

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```$",
    (ROOT / "docs/latent.md").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture
def mine(begin, small, tmp_path, monkeypatch):
    """The run of the examples."""
    monkeypatch.chdir(tmp_path)
    run = begin(small(), "runs/mine", budget=Budget(steps=3))
    assert run.join(WAIT)
    return run


def test_there_are_examples():
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("block", BLOCKS, ids=[str(n) for n in range(1, len(BLOCKS) + 1)])
def test_an_example_of_the_documentation_runs(mine, block):
    exec(compile(block, "docs/latent.md", "exec"), {"__name__": "notebook"})


@pytest.mark.parametrize("name", ["runs/mine", "mine"])
def test_a_run_is_opened_by_its_folder_or_its_name(mine, name):
    model = gan_lab.load(name)
    images = model.images(model.draw(16))
    assert images.shape == (16, 1, 8, 8) and model.step == 3
    alike(model.raw(model.draw(16)), mine.shown().model.raw(model.draw(16)))


def alike(a, b):
    """The run's networks are laid out channels last and those of a file are not: of some shapes
    PyTorch computes the two with other kernels, which sum in another order. Bits are promised of
    one layout alone."""
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_its_discriminator_thinks_what_it_thought_in_the_run(mine):
    shown, opened = mine.shown(), gan_lab.load_discriminator("mine")
    x = opened.known(load(shown.config.data).images[:9])
    for name, weights in shown.judges["D"].state_dict().items():
        assert torch.equal(
            weights, mine.directory.read_checkpoint()["players"]["D"]["network"][name]
        )
    alike(opened.look(None)(x).score, shown.onlooker.look(None)(x).score)
    assert opened.company == 1 and opened.stages


def test_what_cannot_be_opened_is_said_in_words(begin, small, tmp_path):
    with pytest.raises(DirectoryError, match="no run"):
        gan_lab.load("nowhere")
    paired = begin(small({}, "pix2pix-small"), "paired", budget=Budget(steps=1))
    assert paired.join(WAIT)
    with pytest.raises(ConfigError, match="begins from a picture"):
        gan_lab.load(tmp_path / "paired")
    with pytest.raises(ConfigError, match="cannot be looked into"):
        gan_lab.load_discriminator(tmp_path / "paired")


def test_the_package_is_imported_without_pytorch():
    code = "import sys, gan_lab; assert 'torch' not in sys.modules; gan_lab.load"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
