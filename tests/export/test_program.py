"""G as a program: opened in a process that has no gan_lab, it makes the same pictures."""

import numpy as np
import pytest
import torch

from gan_lab.export import EXPORTS, ExportError
from gan_lab.export.program import Outward, distance, example, names
from gan_lab.runs import open_generators

GAMES = ["cgan", "plane-ring", "progressive-small", "pix2pix-small"]
ALONE = """
import sys
import numpy as np, torch
try:
    import gan_lab
except ImportError:
    pass
else:
    sys.exit("gan_lab is here")
for name in sys.argv[1:]:
    g = torch.export.load(f"{name}/g.pt2").module()
    for n in (1, 5):
        given = np.load(f"{name}/given-{n}.npz")
        made = g(*[torch.from_numpy(given[k]) for k in given.files])
        np.save(f"{name}/made-{n}.npy", made.numpy())
"""


def test_programs_make_what_g_makes(ended, outside, tmp_path):
    pytest.importorskip("onnx")
    every = {}
    for preset in GAMES:
        directory, folder = ended(preset=preset, name=f"run-{preset}"), tmp_path / preset
        folder.mkdir()
        every[preset] = shown = open_generators(directory)
        EXPORTS["pt2"].write(directory, folder / "g.pt2")
        told = EXPORTS["onnx"].write(directory, folder / "g.onnx")
        assert float(told.rpartition("at most ")[2].split()[0]) <= 1e-4
        for n in (1, 5):
            given = [t.numpy() for t in example(shown, n, seed=9)]
            np.savez(folder / f"given-{n}.npz", *given)
    outside.run(ALONE, *GAMES, folder=tmp_path)
    for preset, shown in every.items():
        made_alike(shown, tmp_path / preset)


def made_alike(shown, tmp_path):
    """What both files of a folder make is what G makes."""
    import onnx
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    inputs, outputs = names(shown)
    assert [i.name for i in session.get_inputs()] == inputs
    assert [o.name for o in session.get_outputs()] == outputs
    assert all(i.shape[0] == "batch" for i in session.get_inputs())
    onnx.checker.check_model(onnx.load(tmp_path / "g.onnx"), full_check=True)
    for n in (1, 5):
        given = example(shown, n, seed=9)
        with torch.no_grad():
            wanted = Outward(shown)(*given).numpy()
        assert np.abs(np.load(tmp_path / f"made-{n}.npy") - wanted).max() <= 1e-6
        fed = {name: t.numpy() for name, t in zip(inputs, given, strict=True)}
        assert np.abs(session.run(None, fed)[0] - wanted).max() <= 1e-4
    assert session.get_modelmeta().custom_metadata_map["step"] == "6"


def test_outputs_are_the_pictures_of_the_app(ended):
    shown = open_generators(ended({"networks.labels": "concat"}))
    z, label = example(shown, 20)
    made = Outward(shown)(z, label)
    assert made.min() >= 0 and made.max() <= 1
    pixels = (made * 255).round().to(torch.uint8)
    apart = pixels.int() - shown.model.images(z, label).int()
    assert apart.abs().max() <= 1 and (apart == 0).float().mean() > 0.99
    assert label[:12].tolist() == [*range(10), 0, 1]


def test_a_difference_is_seen_and_refused(ended, tmp_path, monkeypatch):
    onnx = pytest.importorskip("onnx")
    directory = ended()
    EXPORTS["onnx"].write(directory, tmp_path / "g.onnx")
    model = onnx.load(tmp_path / "g.onnx")
    weights = next(t for t in model.graph.initializer if len(t.dims) > 1)
    values = onnx.numpy_helper.to_array(weights) * 3.0
    weights.CopyFrom(onnx.numpy_helper.from_array(values, weights.name))
    assert distance(open_generators(directory), model.SerializeToString()) > 1e-4
    monkeypatch.setattr("gan_lab.export.program.distance", lambda *_: float("nan"))
    with pytest.raises(ExportError, match="differs from PyTorch"):
        EXPORTS["onnx"].write(directory, tmp_path / "bad.onnx")
    assert not (tmp_path / "bad.onnx").exists()


def test_what_is_not_installed_is_named_with_its_command(ended, tmp_path, monkeypatch):
    directory = ended()
    monkeypatch.setattr("gan_lab.export.base.find_spec", lambda name: None)
    for name in ("onnx", "tensorboard", "safetensors"):
        why = EXPORTS[name].why_not(directory)
        assert why.startswith("this needs ") and f"pip install {name}" in why
        with pytest.raises(ExportError, match="pip install"):
            EXPORTS[name].write(directory, tmp_path / "x")
