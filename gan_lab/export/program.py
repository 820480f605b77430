"""G as a program that runs without this package: ``torch.export``, and ONNX, checked against G.

Inputs and outputs are as a user has them. From noise: ``z``, float32, N×dim, and where G is told a
class ``label``, int64, N. From a picture: ``picture``, float32, N×C×H×W, from 0 to 1. Out come
``pictures``, float32, N×C×H×W, from 0 to 1, or ``points``, float32, N×2. N may be any number.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.data import plane_of, to_points
from gan_lab.export.base import Export, ExportError, Tell, has_generator, wants
from gan_lab.export.weights import about
from gan_lab.games import game_of
from gan_lab.runs import RunDirectory, open_generators
from gan_lab.runs.messages import Shown
from gan_lab.whole import whole_file

CLOSE = 1e-4
"""How far ONNX may be from PyTorch, in outputs from 0 to 1."""
_CHECKED = (1, 7)  # sizes of the batches that are compared


class Outward(nn.Module):
    """G between what users have and what users want, in eval mode."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self.network = shown.network
        self.classes = len(shown.model.classes) if game_of(shown.config).from_noise else 0
        self.from_noise = game_of(shown.config).from_noise
        self.output = shown.config.networks.g.output
        self.reach = plane_of(shown.config.data.name).reach if shown.kind.points else 0.0
        self.eval()

    def forward(self, given: Tensor, label: Tensor | None = None) -> Tensor:
        """See this file's head."""
        if label is not None:
            given = torch.cat([given, F.one_hot(label, self.classes).to(given.dtype)], 1)
        if not self.from_noise and self.output != "sigmoid":
            given = given * 2.0 - 1.0
        made = self.network(given)
        if self.reach:
            return self.reach * to_points(made, self.output)
        return (made if self.output == "sigmoid" else (made + 1.0) / 2.0).clamp(0.0, 1.0)


def example(shown: Shown, n: int, seed: int = 0) -> tuple[Tensor, ...]:
    """Inputs for ``n`` pictures."""
    if not game_of(shown.config).from_noise:
        source = game_of(shown.config).sources(shown.config, shown.kind).g
        return (torch.rand(n, *source, generator=torch.Generator().manual_seed(seed)),)
    z = shown.model.draw(n, seed)
    classes = len(shown.model.classes)
    return (z, torch.arange(n) % classes) if classes else (z,)


def names(shown: Shown) -> tuple[list[str], list[str]]:
    """Of inputs and outputs."""
    if not game_of(shown.config).from_noise:
        return ["picture"], ["pictures"]
    label = ["label"] if shown.model.classes else []
    return ["z", *label], ["points" if shown.kind.points else "pictures"]


def exported(shown: Shown) -> torch.export.ExportedProgram:
    """The program, for batches of any size. Raises ExportError if G cannot be one."""
    inputs = example(shown, 2)
    batch = torch.export.Dim("batch", min=1, max=1 << 20)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # PyTorch's own, on its own ways
            shapes = tuple({0: batch} for _ in inputs)
            shapes = (shapes[0], shapes[1] if len(shapes) > 1 else None)[: len(inputs)]
            return torch.export.export(Outward(shown), inputs, dynamic_shapes=shapes)
    except Exception as error:  # half a dozen kinds, none of them public
        raise ExportError(
            f"this generator cannot become a program ({str(error).splitlines()[0][:120]})"
        ) from None


def _pt2(directory: RunDirectory, out: Path, tell: Tell) -> str:
    shown = open_generators(directory)
    tell(0.1, "following G through its layers")
    program = exported(shown)
    tell(0.7, "writing")
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program, buffer, extra_files=about(shown))
    with whole_file(out) as file:
        file.write(buffer.getbuffer())
    return f"G of step {shown.step:,} as a program{_which(shown)}"


def _which(shown: Shown) -> str:
    return f" ({next(iter(shown.networks))})" if len(shown.networks) > 1 else ""


def onnx_bytes(shown: Shown, tell: Tell) -> bytes:
    """The model as ONNX. Raises ExportError."""
    tell(0.1, "following G through its layers")
    program = exported(shown)
    tell(0.3, "writing it as ONNX")
    inputs, outputs = names(shown)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: Any = torch.onnx.export(
            program, dynamo=True, verbose=False, input_names=inputs, output_names=outputs
        )
    assert model is not None
    for value in (*model.model.graph.inputs, *model.model.graph.outputs):
        value.shape = type(value.shape)(["batch", *value.shape[1:]])
    model.model.metadata_props.update(about(shown))
    return model.model_proto.SerializeToString()


def distance(shown: Shown, data: bytes) -> float:
    """The largest difference between what ONNX Runtime and PyTorch make of the same inputs."""
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    g, largest = Outward(shown), 0.0
    inputs, _ = names(shown)
    for n in _CHECKED:
        given = example(shown, n, seed=n)
        fed = {name: t.numpy() for name, t in zip(inputs, given, strict=True)}
        with torch.no_grad():
            wanted = g(*given)
        found = torch.from_numpy(session.run(None, fed)[0])
        if found.shape != wanted.shape:
            raise ExportError(f"ONNX gives {tuple(found.shape)}, PyTorch {tuple(wanted.shape)}")
        largest = max(largest, float((found - wanted).abs().max()))
    return largest


def _onnx(directory: RunDirectory, out: Path, tell: Tell) -> str:
    shown = open_generators(directory)
    data = onnx_bytes(shown, tell)
    tell(0.8, "comparing with PyTorch")
    far = distance(shown, data)
    if not far <= CLOSE:
        raise ExportError(f"ONNX differs from PyTorch by {far:.1e}; {CLOSE:g} is the most")
    with whole_file(out) as file:
        file.write(data)
    tell(1.0, "done")
    return f"G of step {shown.step:,}{_which(shown)}, at most {far:.1e} from PyTorch"


def _onnx_missing(directory: RunDirectory) -> str:
    return has_generator(directory) or wants("onnx onnxscript onnxruntime")


PROGRAMS = (
    Export(
        "pt2", "Program (PyTorch)",
        "G as an exported program, which PyTorch runs without this app: z in, pictures from 0 to 1"
        " out, as many at once as you like.",
        ".pt2", "application/octet-stream", has_generator, _pt2,
    ),
    Export(
        "onnx", "Program (ONNX)",
        "The same for other languages and browsers, compared with PyTorch as it is written.",
        ".onnx", "application/octet-stream", _onnx_missing, _onnx,
    ),
)  # fmt: skip
