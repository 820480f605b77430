"""Valid files of a run by kind, and how an import reads each; for the fuzz of decoders."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gan_lab.archives.json_text import lines, parse
from gan_lab.export.guarded import read_parts
from gan_lab.runs import RunDirectory, wire
from gan_lab.runs.film import messages
from gan_lab.training.ledger import Entry

_STORED = "archive/data/"


def seeds() -> dict[str, list[bytes]]:
    """Some valid files of each kind."""
    entries = [Entry(step, "optim.g.lr", 0.1 * step, 0.2, note="σ") for step in range(9)]
    head = json.dumps({"columns": ["loss/G", "loss/D", "D(x)"]}).encode() + b"\n"
    frames = [
        wire.encode("film", {"step": 1, "readings": {"loss/G": 0.5}}),
        wire.encode("plane", {"name": "a", "parts": [["fake", [2, 2]]]}, bytes(16)),
    ]
    return {
        "checkpoint": [_saved(_state())],
        "list of parts": [_parts(_saved(_state()))],
        "curves": [head + np.arange(60, dtype="<f4").tobytes()],
        "film": [b"".join(len(one).to_bytes(4, "little") + one for one in frames)],
        "lines": ["".join(one.to_json() + "\n" for one in entries).encode()],
    }


def decode(kind: str, content: bytes) -> None:
    """As an import reads it. Raises ValueError."""
    if kind == "film":
        for message in messages(content):
            wire.decode(message)
        return
    with tempfile.TemporaryDirectory() as folder:
        _DECODERS[kind](Path(folder), content)


def _state() -> dict[str, object]:
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3))
    return {"format": 3, "network": network.state_dict(), "ledger": ["{}"] * 3, "seen": 2**40}


def _saved(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def _parts(saved: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        return archive.read("archive/data.pkl")


def _checkpoint(folder: Path, content: bytes) -> None:
    (folder / "a.pt").write_bytes(content)
    read_parts(folder / "a.pt")


def _list_of_parts(folder: Path, content: bytes) -> None:
    """With the records of a checkpoint around it."""
    buffer = io.BytesIO()
    writer = torch._C.PyTorchFileWriter(buffer)
    with zipfile.ZipFile(io.BytesIO(_saved(_state()))) as archive:
        for name in archive.namelist():
            data = archive.read(name) if name.startswith(_STORED) else b""
            if data:
                writer.write_record(name.removeprefix("archive/"), data, len(data))
    writer.write_record("data.pkl", content, len(content))
    writer.write_end_of_file()
    _checkpoint(folder, buffer.getvalue())


def _curves(folder: Path, content: bytes) -> None:
    run = RunDirectory.create(folder / "run")
    (run.path / "history" / "readings.f32").write_bytes(content)
    columns = run.columns()
    for _ in run.read_history(columns, run.records(columns)):
        pass


def _lines(folder: Path, content: bytes) -> None:
    (folder / "a.jsonl").write_bytes(content)
    for line in lines(folder / "a.jsonl", strict=True):
        parse(json.dumps(line))


_DECODERS: dict[str, Callable[[Path, bytes], None]] = {
    "checkpoint": _checkpoint,
    "list of parts": _list_of_parts,
    "curves": _curves,
    "lines": _lines,
}
