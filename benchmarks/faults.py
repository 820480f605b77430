"""Every file of a run's folder, truncated at 20 places; in checkpoints a bit flipped as well.

After each fault the command line samples, evaluates and exports, and then either it or the app's
way goes on with the run. None may end in a traceback, and a resumed run must come out as the
undisturbed one: what it goes on from is whole, so weights, optimisers, draws and ledger are the
same to the bit, and so are the readings, but for those that were lost, which are gaps.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import traceback
from pathlib import Path
from typing import Any

import house  # noqa: F401
import numpy as np
import torch
from kills import TINY, differing
from numpy.typing import NDArray

from gan_lab.cli.main import main
from gan_lab.runs import Budget, Run, RunDirectory

TURN, HALF, END, PLACES, PATIENCE = 8, 12, 20, 20, 120.0
FILES = (
    "config.json", "ledger.jsonl", "history/readings.f32", "summary.json", "measures.jsonl",
    "findings.jsonl", "best.json", "parent.json", "directions.json", "film/000000012.film",
    "samples/000000010.png", "undo/000000000.pt", "states/000000004.pt", "states/000000012.pt",
    "checkpoints/000000000.pt", "checkpoints/000000010.pt", "checkpoints/000000012.pt",
)  # fmt: skip
_OTHERS = {
    "measures.jsonl": '{"step": 4, "weights": "averaged", "values": {}, "seconds": 1.0}\n' * 3,
    "findings.jsonl": '{"event": "went", "step": 4, "rule": "none"}\n' * 3,
    "best.json": '{"step": 4, "measure": "fid", "number": 1.5, "n": 100}\n',
    "parent.json": '{"run": "another", "step": 0}\n',
    "directions.json": '{"directions": []}\n',
}


class Wrong(AssertionError):
    """A traceback, or a run that did not come out as it should."""


def pieces() -> list[str]:
    return list(FILES)


def piece(name: str, where: Path) -> dict[str, Any]:
    """All faults of one file; ``where`` keeps what they are compared with."""
    torch.set_num_threads(1)
    half, whole = _runs(where)
    size = (half / name).stat().st_size
    faults = [("cut", place * size // PLACES) for place in range(PLACES)]
    if name.endswith(".pt"):
        faults += [("flip", place * (size - 1) // PLACES) for place in range(PLACES)]
    told = {"file": name, "faults": 0, "went on": 0, "refused": 0, "lost": ""}
    for kind, at in faults:
        folder = where / "faulty"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(half, folder)
        _harm(folder / name, kind, at)
        told["faults"] += 1
        try:
            told["went on" if _stands(folder, whole, app=at % 2 == 0) else "refused"] += 1
        except Wrong as error:
            told["lost"] = f"{kind} at {at}: {error}"
    return told


def _harm(path: Path, kind: str, at: int) -> None:
    content = bytearray(path.read_bytes())
    if kind == "flip":
        content[at] ^= 16
    path.write_bytes(content if kind == "flip" else content[:at])


def _runs(where: Path) -> tuple[Path, Path]:
    """A run that was stopped half way, and one that went on from it with nothing amiss."""
    half, whole = where / "half", where / "whole"
    if not whole.exists():
        every = [part for change in TINY for part in ("--set", change)]
        every += ["--set", "training.sample_every=5"]
        limit = ["--steps", str(TURN)]
        _command("train", "--preset", "quick", *every, "--out", str(half), *limit)
        for name, content in _OTHERS.items():
            (half / name).write_text(content, "utf-8")
        run = Run(RunDirectory(half).read_config(), RunDirectory(half), resume=True, threads=1,
                  budget=Budget(steps=HALF), changes={"optim.g.lr": 1e-3}).start()  # fmt: skip
        if not run.join(PATIENCE):
            raise Wrong("the first half hangs")
        (half / "undo").mkdir(exist_ok=True)
        shutil.copyfile(half / "checkpoints" / f"{HALF:09d}.pt", half / "undo" / "000000000.pt")
        shutil.copytree(half, whole)
        _command("train", "--resume", str(whole), "--steps", str(END))
    return half, whole


def _command(*arguments: str) -> tuple[int, str]:
    """Exit code and what was said. Raises Wrong at a traceback."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            code = main(arguments)
        except BaseException:
            raise Wrong(f"{arguments[0]}: {traceback.format_exc()[-600:]}") from None
    if "Traceback" in said.getvalue() or "unforeseen" in said.getvalue():
        raise Wrong(f"{arguments[0]}: {said.getvalue()[-600:]}")
    return code, said.getvalue()


def _stands(folder: Path, whole: Path, *, app: bool) -> bool:
    """Whether the run went on, to the same end; False if it said why it could not."""
    out = folder.parent / "out"
    for command in (
        ("sample", str(folder), "--n", "2", "--out", str(out / "a.npz")),
        ("export", str(folder), "--to", "generator", "--out", str(out / "g.pt")),
        ("export", str(folder), "--to", "gif", "--out", str(out / "f.gif")),
        ("evaluate", str(folder), "--metrics", "swd", "--n", "64"),
    ):
        _command(*command)
    if app:
        directory = RunDirectory(folder)
        config = RunDirectory(whole).read_config()
        run = Run(config, directory, resume=True, threads=1, budget=Budget(steps=END)).start()
        if not run.join(PATIENCE):
            raise Wrong("the run hangs")
        last = run.latest()
        if "unforeseen" in last.note or "Traceback" in last.note:
            raise Wrong(last.note)
        if last.state == "failed":
            return False
    elif _command("train", "--resume", str(folder), "--steps", str(END))[0]:
        return False
    _same(whole, folder)
    return True


def _same(whole: Path, folder: Path) -> None:
    left, right = (RunDirectory(path).read_checkpoint() for path in (whole, folder))
    ledgers = [
        [e for e in state.pop("ledger") if '"path": "resume"' not in e] for state in (left, right)
    ]
    if found := differing(left, right):
        raise Wrong(f"other bits in {', '.join(found[:3])}")
    if ledgers[0] != ledgers[1] or not ledgers[0]:
        raise Wrong("another ledger")
    a, b = (_readings(path) for path in (whole, folder))
    if a.shape != b.shape:
        raise Wrong("another number of readings")
    there = ~np.isnan(b)
    if not np.array_equal(a[there], b[there]):
        raise Wrong("other readings")


def _readings(folder: Path) -> NDArray[np.float32]:
    head, data = (folder / "history" / "readings.f32").read_bytes().split(b"\n", 1)
    return np.frombuffer(data, "<f4").reshape(-1, head.count(b",") + 1)
