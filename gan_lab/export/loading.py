"""How to load each file outside the app, in five lines that run as they stand."""

from __future__ import annotations

from gan_lab.games import game_of
from gan_lab.runs.messages import Shown

SNIPPETS: dict[str, str] = {
    "safetensors": """\
from safetensors import safe_open

with safe_open("safetensors.safetensors", "pt") as file:
    about = file.metadata()  # config and kind as JSON, step
    weights = {name: file.get_tensor(name) for name in file.keys()}""",
    "checkpoint": """\
import torch

state = torch.load("checkpoint.pt", weights_only=True)
weights = state["players"]["G"]["shown"]  # the averaged G; "network" is G itself""",
    "pt2": """\
import torch

g = torch.export.load("pt2.pt2").module()
z = torch.randn(16, DIM)
pictures = g(z)  # N×C×H×W, from 0 to 1""",
    "onnx": """\
import numpy as np, onnxruntime

g = onnxruntime.InferenceSession("onnx.onnx")
z = np.random.randn(16, DIM).astype("float32")
(pictures,) = g.run(None, {"z": z})  # N×C×H×W, from 0 to 1""",
    "npz": """\
import numpy as np

with np.load("npz.npz") as arrays:
    pictures = arrays["images"]  # uint8, N×H×W×C
    labels = arrays.get("labels")  # where the model is conditional""",
    "csv": """\
import numpy as np

table = np.genfromtxt("csv.csv", delimiter=",", names=True, deletechars="")
steps = table["step"]""",
    "json": """\
import json
from pathlib import Path

history = json.loads(Path("json.json").read_text())
columns, rows = history["columns"], history["rows"]""",
    "generator": """\
import torch

kept = torch.load("generator.pt", weights_only=True)
config, step, weights = kept["config"], kept["step"], kept["weights"]""",
}
"""By the name of the export; the file lies beside under that name and its ending. ``DIM`` is how
many numbers a z has."""


def loading(shown: Shown) -> str:
    """A few lines for this model, Markdown."""
    if not game_of(shown.config).from_noise:
        name = "picture"
        return f"The exports `pt2` and `onnx` take one input, `{name}`, from 0 to 1."
    code = SNIPPETS["pt2"].replace("DIM", str(shown.config.latent.dim))
    if shown.model.classes:
        code = code.replace("g(z)", "g(z, torch.zeros(16, dtype=torch.long))")
    return (
        "Export it as `pt2`, then, with nothing but PyTorch:\n\n```python\n" + code + "\n```\n\n"
        "Within GAN Playground: `from gan_lab import load`, then `load(FOLDER).images(z)`."
    )
