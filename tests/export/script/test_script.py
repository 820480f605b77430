"""Scripts and notebooks train what the app trains, to the bit, where nothing of it can be had."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import load
from gan_lab.export.script import FORMS, of_preset, of_run, why_not, write_lesson, write_run
from gan_lab.export.script.parts import Recipe
from gan_lab.export.script.pictures import kind_of, write_companion
from gan_lab.presets import preset, presets
from gan_lab.runs import DirectoryError, Run, RunDirectory
from gan_lab.runs.messages import Set, Stop
from gan_lab.training.trainer import Trainer
from tests.outside import Outside
from tests.patience import WAIT

ROUNDS = 20

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "quick": ("quick", {}),
    "vanilla": ("vanilla", {}),
    "plane-ring": ("plane-ring", {}),
    "plane-moons": ("plane-moons", {}),
    "plane-drawn": ("plane-drawn", {}),
    "dcgan": ("dcgan", {"training.batch": 32}),
    "sngan-hinge": ("sngan-hinge", {"training.batch": 8}),
    "wgan-gp": ("wgan-gp", {"training.batch": 8}),
    "wgan-clip": ("wgan-clip", {"training.batch": 8}),
    "cgan": ("cgan", {"training.batch": 8}),
    "cgan-projection": ("cgan-projection", {"training.batch": 8}),
    "acgan": ("acgan", {"training.batch": 8}),
    "r3gan": ("r3gan", {"training.batch": 4, "regularisation.gamma_images": 60}),
    "ragan": ("ragan", {"training.batch": 8}),
    "lsgan": ("lsgan", {"training.batch": 8}),
    "dragan": ("dragan", {"training.batch": 8}),
    "feature-matching": ("feature-matching", {"training.batch": 8}),
    "minibatch-discrimination": ("minibatch-discrimination", {"training.batch": 8}),
    "goodfellow-2014": ("goodfellow-2014", {"training.batch": 8}),
    "differentiable-augmentation": ("differentiable-augmentation", {"training.batch": 8}),
    "ada": ("ada", {"training.batch": 8, "objective.ada_images": 1000}),
    "self-attention": ("self-attention", {"training.batch": 8, "data.name": "digits"}),
    "loss-from-probabilities": (
        "loss-from-probabilities", {"training.batch": 8, "training.d_pretrain": 3},
    ),
    "faces-128-rmsprop-small": (
        "faces-128-rmsprop-small",
        {"training.batch": 8, "data.name": "mnist", "data.colour": "rgb"},
    ),
    "every-knob": (
        "quick",
        {
            "training.batch": 8, "training.seed": 7, "training.d_pretrain": 3,
            "latent.noise": "truncated", "objective.label_noise": 0.1, "objective.label_flip": 0.1,
            "objective.instance_noise": 0.2, "objective.instance_noise_images": 300,
            "objective.augment": "all", "objective.augment_share": 0.5,
            "networks.g.dropout": 0.1, "networks.d.dropout": 0.1, "networks.g.output": "sigmoid",
            "optim.g.schedule": "cosine", "optim.g.schedule_images": 500, "optim.g.steps": 2,
            "optim.d.warmup_images": 64, "optim.d.clip_norm": 1.0, "optim.d.steps": 2,
            "optim.g.clip_value": 0.1, "optim.g.weight_decay": 0.01, "optim.d.name": "adamw",
            "optim.d.beta2_images": 100, "regularisation.r1": 1.0, "regularisation.r2": 0.5,
            "regularisation.gp": 1.0, "regularisation.drift": 0.1, "regularisation.dragan": 0.5,
            "regularisation.gamma_images": 200, "regularisation.gamma_end": 0.1,
            "regularisation.penalty_every": 2,
        },
    ),
    "classes-of-mnist": (
        "cgan",
        {
            "data.name": "mnist:3,8", "training.batch": 8, "objective.loss": "relativistic",
            "objective.features": 0.5, "networks.labels": "projection", "optim.g.name": "sgd",
            "optim.g.momentum": 0.5, "optim.d.name": "rmsprop", "networks.d.spectral_norm": True,
            "networks.d.init": "dcgan", "networks.d.minibatch": "stddev",
        },
    ),
    "equalised": (
        "quick",
        {
            "training.batch": 8, "networks.g.init": "equalised", "networks.d.init": "equalised",
            "networks.d.spectral_norm": False, "objective.adversarial": 0.5,
            "latent.noise": "uniform",
        },
    ),
    "own-pictures": ("quick", {"training.batch": 4, "data.name": "OWN", "data.size": 16}),
}  # fmt: skip
"""By the name of a script: the preset and what differs from it, most of it to save time."""

RUNNER = """
import json, os, runpy, sys

folder, rounds, names = sys.argv[1], sys.argv[2], sys.argv[3:]
os.environ.update(ROUNDS=rounds, DATA=os.path.join(folder, "data"))
for name in names:
    os.environ["OUT"] = os.path.join(folder, "out", name)
    if name.endswith(".ipynb"):
        space = {"__name__": "__main__"}
        for cell in json.load(open(name))["cells"]:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), name, "exec"), space)
    else:
        runpy.run_path(name, run_name="__main__")
"""


def _run(outside: Outside, folder: Path, *names: str, rounds: int = ROUNDS) -> None:
    outside.run(RUNNER, folder, rounds, *names, folder=folder)


def _losses(folder: Path, name: str) -> np.ndarray:
    path = folder / "out" / name / "losses.csv"
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, 1:].astype(np.float32)


def _app(config: RunConfig) -> np.ndarray:
    """Both losses of the app's first rounds, float32."""
    trainer = Trainer(config, load(config.data))
    for _ in range(ROUNDS):
        trainer.round()
    trainer.flush()
    columns = [trainer.history.columns.index(name) for name in ("loss/D", "loss/G")]
    return trainer.history.recent(ROUNDS)[:, columns]


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, write_idx: Callable[[Path, Any], None]
) -> Path:
    """A folder with data that torchvision and the app take for MNIST, and own pictures."""
    folder = tmp_path_factory.mktemp("scripts")
    chance = np.random.default_rng(0)
    for part, count in (("train", 90), ("t10k", 20)):
        raw = folder / "data" / "MNIST" / "raw"
        write_idx(raw / f"{part}-images-idx3-ubyte", chance.integers(0, 256, (count, 28, 28)))
        write_idx(raw / f"{part}-labels-idx1-ubyte", np.arange(count) % 10)
    (folder / "own").mkdir()
    for number in range(12):
        pixels = chance.integers(0, 256, (20, 20, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "own" / f"{number}.png")
    return folder


def _config(name: str, folder: Path) -> RunConfig:
    base, changes = PRESETS[name]
    if changes.get("data.name") == "OWN":
        changes = {**changes, "data.name": str(folder / "own")}
    return put(preset(base).config, changes)


def _recipe(name: str, folder: Path) -> Recipe:
    config = _config(name, folder)
    companion = f"{name}.npz" if name == "own-pictures" else ""
    return Recipe(name, "A test.", config, kind_of(config.data), companion=companion)


@pytest.fixture(scope="module")
def trained(folder: Path, outside: Outside) -> Path:
    """All scripts, run where this package is not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_DATA", str(folder / "data"))
        for name in PRESETS:
            recipe = _recipe(name, folder)
            (folder / f"{name}.py").write_text(FORMS["script"](recipe), "utf-8")
            if recipe.companion:
                write_companion(load(recipe.config.data), folder / recipe.companion)
    _run(outside, folder, *(f"{name}.py" for name in PRESETS))
    return folder


@pytest.mark.parametrize("name", PRESETS)
def test_a_script_s_first_losses_are_the_app_s(
    name: str, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANLAB_DATA", str(trained / "data"))
    app, own = _app(_config(name, trained)), _losses(trained, f"{name}.py")
    assert app.shape == own.shape == (ROUNDS, 2)
    assert np.array_equal(app, own, equal_nan=True)
    assert np.isfinite(app[-1]).all()


def test_a_script_leaves_pictures_and_its_generator(trained: Path) -> None:
    out = trained / "out" / "quick.py"
    with Image.open(out / "000001.png") as picture:
        assert picture.size == (8 * 10 + 2, 8 * 10 + 2)
    assert torch.load(out / "G.pt", weights_only=True)
    with Image.open(trained / "out" / "plane-ring.py" / "000001.png") as sheet:
        assert len(sheet.getcolors() or ()) > 2


def test_another_seed_gives_other_losses(trained: Path, outside: Outside) -> None:
    text = (trained / "vanilla.py").read_text("utf-8")
    assert "\nseed = 0" in text
    (trained / "other.py").write_text(text.replace("\nseed = 0", "\nseed = 1"), "utf-8")
    _run(outside, trained, "other.py", rounds=2)
    assert not np.array_equal(_losses(trained, "other.py"), _losses(trained, "vanilla.py")[:2])


@pytest.fixture(scope="module")
def unclean(trained: Path) -> list[str]:
    """What ruff says of all scripts; one process for all."""
    checks = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
    more = ["--line-length=100", "--select=E,F,W,I,UP", "--ignore=E402", "--output-format=concise"]
    command = [*checks, *more, *(f"{name}.py" for name in PRESETS)]
    found = subprocess.run(command, cwd=trained, capture_output=True, text=True, check=False)
    assert found.returncode in (0, 1), found.stderr
    return found.stdout.splitlines()


@pytest.mark.parametrize("name", PRESETS)
def test_a_script_is_whole_without_what_it_does_not_use(
    name: str, trained: Path, unclean: list[str]
) -> None:
    text = (trained / f"{name}.py").read_text("utf-8")
    assert "gan_lab" not in text
    assert not [line for line in unclean if line.startswith(f"{name}.py:")]
    settings = text.split("# -- settings")[1].split("# -- chance")[0]
    for line in settings.splitlines()[1:]:
        if line.strip():
            word = line.split(" = ")[0]
            assert text.count(word) > 1, f"{word} is a setting that nothing uses"


def test_a_notebook_trains_the_same(trained: Path, outside: Outside) -> None:
    text = FORMS["notebook"](_recipe("vanilla", trained))
    (trained / "vanilla.ipynb").write_text(text, "utf-8")
    whole = json.loads(text)
    assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in whole["cells"]}) == len(whole["cells"])
    _run(outside, trained, "vanilla.ipynb")
    assert np.array_equal(_losses(trained, "vanilla.ipynb"), _losses(trained, "vanilla.py"))


# -- what is not covered ------------------------------------------------------------------------

REFUSED = {
    "progressive": "objective.game = progressive",
    "progressive-small": "objective.game = progressive",
    "srgan": "objective.game = super-resolution",
    "srgan-small": "objective.game = super-resolution",
    "srgan-x4": "objective.game = super-resolution",
    "cyclegan": "objective.game = unpaired",
    "cyclegan-small": "objective.game = unpaired",
    "pix2pix": "objective.game = paired",
    "pix2pix-small": "objective.game = paired",
}


@pytest.mark.parametrize("name", presets())
def test_every_preset_has_a_script_or_a_reason(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from gan_lab.data import Kind
    from gan_lab.export.script import pictures

    def known(data: Any) -> Kind:  # nothing is drawn
        return Kind(3, data.size, ("a", "b")) if pictures.beside(data) else kind_of(data)

    monkeypatch.setattr(pictures, "kind_of", known)
    if name in REFUSED:
        with pytest.raises(ConfigError, match=REFUSED[name]):
            of_preset(preset(name))
        return
    compile(FORMS["script"](of_preset(preset(name), "x.npz")), name, "exec")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training.start_from": "other"}, "training.start_from"),
        ({"networks.g.init": "equalised"}, "networks.g.init and networks.d.init"),
        ({"data.pairs": "edges"}, "data.pairs must be none"),
    ],
)
def test_what_no_script_says_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    config = put(preset("dcgan").config, changes)
    with pytest.raises(ConfigError, match=words):
        FORMS["script"](Recipe("t", "a", config, kind_of(config.data)))


# -- runs ---------------------------------------------------------------------------------------


def test_a_run_s_script_is_what_it_began_with(
    small: Callable[..., RunConfig], begin: Callable[..., Run], until: Callable[..., Any],
    outside: Outside, tmp_path: Path,
) -> None:  # fmt: skip
    config = small({"training.checkpoint_steps": 1, "training.seed": 3}, "vanilla")
    run = begin(config)
    until(run, lambda moment: moment.counts.steps > 2)
    run.send(Set("optim.g.lr", 0.05)).result(WAIT)
    run.send(Stop())
    assert run.join(WAIT)
    directory = RunDirectory(tmp_path / "run")
    assert directory.read_config().optim.g.lr == 0.05
    assert why_not(directory) == ""
    recipe = of_run(directory)
    assert recipe.config == config
    said = write_run("script", directory, tmp_path / "train.py", lambda *_: None)
    assert "named in it" in said
    text = (tmp_path / "train.py").read_text("utf-8")
    assert "optim.g.lr, 0.0002 became 0.05" in text
    _run(outside, tmp_path, "train.py")
    assert np.array_equal(_losses(tmp_path, "train.py"), _app(config))
    write_lesson(directory, tmp_path / "lesson.zip", lambda *_: None)
    assert (tmp_path / "lesson.zip").stat().st_size > 1000


def test_other_pictures_than_the_run_s_are_refused(
    small: Callable[..., RunConfig], begin: Callable[..., Run], folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for number in range(4):
        Image.new("RGB", (16, 16), (number * 40, 9, 9)).save(own / f"{number}.png")
    config = small({"data.name": str(own), "data.held_out": 0.0}, "vanilla")
    run = begin(config)
    run.send(Stop())
    assert run.join(WAIT)
    directory = RunDirectory(tmp_path / "run")
    said = write_run("script", directory, tmp_path / "train.py", lambda *_: None)
    assert "train.npz" in said
    assert (tmp_path / "train.npz").is_file()
    Image.new("RGB", (16, 16), "white").save(own / "0.png")
    with pytest.raises(DirectoryError, match="other pictures"):
        write_run("script", directory, tmp_path / "again.py", lambda *_: None)
