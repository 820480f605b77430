"""``export``: the film of a run, or its generator, as a file."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lab.cli.main import main
from gan_lab.export import EXPORTS
from gan_lab.runs import Budget, RunDirectory, open_generators
from gan_lab.runs.pretrained import read
from tests.patience import WAIT


@pytest.fixture
def run(begin, small):
    run = begin(small({"training.checkpoint_steps": 2}), budget=Budget(steps=6))
    assert run.join(WAIT)
    return run.directory.path


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_run_becomes_an_animation(run, tmp_path, capsys, kind):
    out = tmp_path / "films" / f"film.{kind}"
    assert main(["export", str(run), "--to", kind, "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"4 moments of steps 0 to 6: {out}\n"
    with Image.open(out) as opened:
        assert opened.format == kind.upper()
        assert opened.n_frames == 4  # type: ignore[attr-defined]
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_the_generator_of_a_run_alone(run, tmp_path, capsys):
    out = tmp_path / "kept" / "g.pt"
    assert main(["export", str(run), "--to", "generator", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"G of step 6: {out}\n"
    model, kept = open_generators(RunDirectory(run)).model, read(out).model
    z = model.draw(4)
    assert torch.equal(kept.raw(z), model.raw(z))
    assert [p.name for p in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--to", "pickle", "--out", "x"],
            "--to 'pickle' is not allowed; give one of bundle, grid, ",
        ),
        (["--to", "gif", "--out", "."], "--out '.' is a folder"),
        (["--to", "gif"], "--out"),
        (["--out", "x.gif"], "--to"),
    ],
)
def test_wrong_options_are_refused_in_one_line(run, capsys, options, words):
    assert main(["export", str(run), *options]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and words in said.err


def test_a_run_that_is_not_there_or_has_no_film(run, tmp_path, capsys):
    assert main(["export", "nothing", "--to", "gif", "--out", str(tmp_path / "x")]) == 2
    assert "there is no run 'nothing'" in capsys.readouterr().err
    for path in (run / "film").iterdir():
        path.unlink()
    assert main(["export", str(run), "--to", "gif", "--out", str(tmp_path / "x")]) == 2
    assert "has no film" in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_a_preset_becomes_a_script(tmp_path, capsys):
    out = tmp_path / "quick.py"
    assert main(["export", "--preset", "quick", "--to", "script", "--out", str(out)]) == 0
    assert f": {out}\n" in capsys.readouterr().out
    compile(out.read_text("utf-8"), "quick", "exec")
    assert main(["export", "--preset", "pix2pix", "--to", "script", "--out", str(out)]) == 2
    assert "objective.game = paired" in capsys.readouterr().err
    assert main(["export", "--to", "script", "--out", str(out)]) == 2
    assert "--preset" in capsys.readouterr().err


def test_what_there_is_is_listed(run, capsys):
    assert main(["export", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(f"{name} " in said for name in EXPORTS)
    for path in (run / "film").iterdir():
        path.unlink()
    assert main(["export", str(run), "--list", "--json"]) == 0
    found = {one["name"]: one["why_not"] for one in json.loads(capsys.readouterr().out)}
    assert list(found) == list(EXPORTS) and "no film" in found["gif"] and found["bundle"] == ""


def test_pictures_of_any_number(run, tmp_path, capsys):
    command = ["export", str(run), "--to", "npz", "--out", str(tmp_path / "a.npz")]
    assert main([*command, "--n", "12", "--seed", "3"]) == 0
    with np.load(tmp_path / "a.npz") as arrays:
        assert len(arrays["images"]) == 12
    assert (
        main(["sample", str(run), "--n", "12", "--seed", "3", "--out", str(tmp_path / "b.npz")])
        == 0
    )
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    capsys.readouterr()
    assert main(["export", str(run), "--to", "gif", "--out", "x.gif", "--n", "3"]) == 2
    assert "--n is for exports of pictures" in capsys.readouterr().err


def test_a_run_goes_out_and_comes_in(run, tmp_path, capsys, monkeypatch):
    out = tmp_path / "run.zip"
    assert main(["export", str(run), "--to", "bundle", "--out", str(out)]) == 0
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path / "elsewhere"))
    capsys.readouterr()
    assert main(["import", str(out)]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/elsewhere/run: 6 steps\n"
    for name in ("a.npz", "b.npz"):
        place = str(run) if name == "a.npz" else "run"
        assert main(["sample", place, "--n", "9", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    weights = tmp_path / "g.safetensors"
    assert main(["export", str(run), "--to", "safetensors", "--out", str(weights)]) == 0
    capsys.readouterr()
    assert main(["import", str(weights)]) == 0
    said = capsys.readouterr().out
    assert said == f"{tmp_path}/elsewhere/g: a generator alone, of 6 steps\n"
    assert main(["sample", "g", "--n", "9", "--out", str(tmp_path / "c.npz")]) == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "c.npz").read_bytes()
    capsys.readouterr()
    assert main(["train", "--resume", "g"]) == 2
    assert "only its averaged generator is here" in capsys.readouterr().err
    out.write_bytes(b"nothing")
    assert main(["import", str(out)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "not the zip of a run" in said.err
