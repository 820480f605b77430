"""``export``: the film of a run, or its generator, as a file."""

import pytest
import torch
from PIL import Image

from gan_lab.cli.main import main
from gan_lab.runs import Budget, RunDirectory, open_generators
from gan_lab.runs.pretrained import read


@pytest.fixture
def run(begin, small):
    run = begin(small({"training.checkpoint_steps": 2}), budget=Budget(steps=6))
    assert run.join(30)
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
            "--to 'pickle' is not allowed; give one of gif, webp, generator",
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
