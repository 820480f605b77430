"""Does a process end with the exit code that is due while something of it still computes?

    python benchmarks/exits.py [--times N] [--at-once N] [--only NAME ...]

Each case is a real process in which a metric takes ten seconds, or in which another thread computes
that long where the command itself measures nothing. The process does its work, or gets a signal
while the metric is under way. Several such processes run side by side, so that they keep the cores
busy for one another. The table stands in ``docs/durability.md``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
LONG = 10.0  # s that a metric takes
LONGER = 60.0  # s that a thread computes beside a command that measures nothing
WAIT = 300.0
"""s for a process to come so far, or to end; a busy machine is slow, not wrong. A process that has
not ended by then gets SIGABRT: the exit code says so, and stderr shows the stacks."""
UNDER_WAY = "metric-under-way"  # a file that the process writes
FAILURE = "broken on purpose"

_CHILD = f"""
import faulthandler
faulthandler.enable()  # SIGABRT shows the stacks of a process that does not end
import os, runpy, sys, threading, time
import torch

torch.set_num_threads(1)
os.setpriority = lambda *_: None  # a metric begins also where the cores are busy
mode, *sys.argv = sys.argv[1:]
begun = threading.Event()

def compute(seconds={LONG}):
    begun.set()
    open({UNDER_WAY!r}, "w").close()
    until, a = time.monotonic() + seconds, torch.rand(300, 300)
    while time.monotonic() < until:
        a @ a

def slow(module):
    real = module.take
    module.take = lambda *given: (begun.is_set() or compute(), real(*given))[1]

if mode == "beside":
    threading.Thread(target=compute, args=({LONGER},), daemon=True).start()
    begun.wait()
if mode in ("metric", "failing", "server"):
    from gan_lab.runs import examiner
    from gan_lab.runs.messages import Budget
    slow(examiner)
    spent = Budget.spent  # a run ends no sooner than the metric is under way
    Budget.spent = lambda *given: begun.is_set() and spent(*given)
if mode == "evaluate":
    from gan_lab.cli import evaluate
    slow(evaluate)
if mode == "failing":
    from gan_lab.training.trainer import Trainer
    step = Trainer.round
    def broken(*given):
        if begun.is_set():
            raise RuntimeError({FAILURE!r})
        return step(*given)
    Trainer.round = broken
if mode == "server":
    from gan_lab.config import RunConfig, put
    from gan_lab.server import registry
    from gan_lab.server import Sender
    from gan_lab.server.explore import conversation
    from gan_lab.ui import jobs
    def visit():
        while not sys.modules.get("uvicorn"):
            time.sleep(0.1)
        time.sleep(1)
        registry().start(put(RunConfig(), {{path: value for path, value in TINY}}), "visitor")
        jobs.job("look", lambda _: compute(), Sender("visitor"))
        conversation._SLOW.submit(Sender("visitor"), compute)
    TINY = [("data.name", "digits"), ("networks.g.width", 4), ("networks.d.width", 4)]
    threading.Thread(target=visit, daemon=True).start()
if sys.argv[0].endswith("script"):
    exec(open(sys.argv[0]).read(), {{"__name__": "__main__"}})
else:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""

_TINY = (
    "--set", "networks.g.width=4", "--set", "networks.d.width=4", "--set", "training.batch=8",
    "--set", "training.threads=1",
)  # fmt: skip
_TRAIN = ("gan_lab", "train", "--data", "digits", *_TINY, "--json", "--out", "run")
_SCRIPT = """
import sys
from gan_lab import train
small = {"networks.g.width": 4, "networks.d.width": 4, "training.threads": 1}
run = train(data="digits", settings=small, steps=20, out="run")
print(run.folder)
sys.exit(3)
"""


@dataclass(frozen=True)
class Case:
    """One way for a process to end.

    Attributes:
        title: the command, as people type it.
        mode: what of the process computes for long, see the child's code.
        arguments: module and arguments; "script" for a program that uses the notebook's functions.
        code: the exit code that is due; negative for the signal that ends the process.
        sent: the signal that it gets while the metric is under way; 0 for none.
    """

    title: str
    mode: str
    arguments: tuple[str, ...]
    code: int = 0
    sent: int = 0


CASES = {
    "steps": Case("train --steps", "metric", (*_TRAIN, "--steps", "20")),
    "seconds": Case("train --seconds", "metric", (*_TRAIN, "--seconds", "1")),
    "SIGTERM": Case("train, SIGTERM", "metric", _TRAIN, sent=signal.SIGTERM),
    "SIGINT": Case("train, SIGINT", "metric", _TRAIN, sent=signal.SIGINT),
    "failing": Case("train, the run fails", "failing", _TRAIN, code=1),
    "wrong": Case("train, wrong input", "beside", (*_TRAIN, "--steps", "0"), code=2),
    "resume": Case(
        "train --resume", "metric", ("gan_lab", "train", "--resume", "tiny", "--steps", "40")
    ),
    "evaluate": Case("evaluate", "evaluate", ("gan_lab", "evaluate", "tiny", "--n", "64")),
    "export": Case(
        "export", "beside", ("gan_lab", "export", "tiny", "--to", "bundle", "--out", "tiny.zip")
    ),
    "import": Case("import", "beside", ("gan_lab", "import", "brought.zip")),
    "sample": Case("sample", "beside", ("gan_lab", "sample", "tiny", "--n", "9", "--out", "9.png")),
    "apply": Case(
        "apply", "beside", ("gan_lab", "apply", "edges", "--input", "one.png", "--out", "applied")
    ),
    "runs": Case("runs", "beside", ("gan_lab", "runs")),
    "script": Case("a script with gan_lab.train, then sys.exit(3)", "metric", ("script",), code=3),
    "server SIGTERM": Case(
        "streamlit run app.py, SIGTERM", "server", ("streamlit",), -signal.SIGTERM, signal.SIGTERM
    ),
    "server SIGINT": Case(
        "streamlit run app.py, SIGINT", "server", ("streamlit",), 1, signal.SIGINT
    ),
}  # fmt: skip


class Ended(NamedTuple):
    """How a process ended.

    Attributes:
        code: as ``subprocess`` has it.
        seconds: from its last line of output, or from the signal, to its end.
        lost: what it should have written and did not; or "".
    """

    code: int
    seconds: float
    lost: str
    out: str
    err: str


def prepare(folder: Path, names: Collection[str] = CASES) -> None:
    """The runs and files that these cases read; takes some seconds."""
    from gan_lab.cli import main as command_line

    tiny = ("train", "--data", "digits", *_TINY)
    edges = ("--preset", "pix2pix-small", "--set", "data.size=16", "--set", "data.pairs=edges")
    edges += ("--set", "networks.g.family=translate", "--set", "networks.d.family=dcgan")
    folder.mkdir()
    place = {name: str(folder / name) for name in ("tiny", "brought.zip", "edges", "one.png")}
    lines: list[tuple[str, ...]] = [(*tiny, "--steps", "8", "--out", place["tiny"])]
    if "import" in names:
        lines.append(("export", place["tiny"], "--to", "bundle", "--out", place["brought.zip"]))
    if "apply" in names:
        lines.append((*tiny, *edges, "--steps", "2", "--out", place["edges"]))
        lines.append(("sample", place["tiny"], "--n", "1", "--out", place["one.png"]))
    for line in lines:
        if command_line(line):
            raise RuntimeError(f"this failed: {' '.join(line)}")
    (folder / "script").write_text(_SCRIPT, encoding="utf-8")


def play(name: str, prepared: Path, folder: Path) -> Ended:
    """One case, in a new folder that gets a copy of what is prepared."""
    case = CASES[name]
    shutil.copytree(prepared, folder)
    arguments = case.arguments
    if case.mode == "server":
        arguments = (*arguments, "run", str(ROOT / "app.py"), *_server_options())
    with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, case.mode, *arguments],
            cwd=folder, env=_environment(folder), stdout=out, stderr=err,
        )  # fmt: skip
        try:
            since = _work_done(process, case, folder)
            code = _exit_code(process)
            ended = time.time()
        finally:
            process.kill()
            process.wait()
    return Ended(code, ended - since(), _lost(name, folder), *_said(folder))


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(WAIT)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        return process.wait()


def _said(folder: Path) -> list[str]:
    return [(folder / one).read_text("utf-8", "replace") for one in ("out", "err")]


def _work_done(process: subprocess.Popen[bytes], case: Case, folder: Path) -> Callable[[], float]:
    """Send the signal, if one is due; returns what tells when the work was done (s since 1970)."""
    if not case.sent:
        return lambda: max((folder / one).stat().st_mtime for one in ("out", "err"))
    deadline = time.monotonic() + WAIT
    while not (folder / UNDER_WAY).exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the metric did not begin: {_said(folder)}")
        time.sleep(0.02)
    sent = time.time()
    process.send_signal(case.sent)
    return lambda: sent


def _lost(name: str, folder: Path) -> str:
    """What should be there after a case and is not, in words."""
    runs = {"steps": "run", "seconds": "run", "SIGTERM": "run", "SIGINT": "run", "script": "run",
            "resume": "tiny"}  # fmt: skip
    if name in runs and not (folder / runs[name] / "summary.json").exists():
        return "no summary"
    if name.startswith("server"):
        kept = [len(list((run / "checkpoints").glob("*.pt"))) for run in _runs(folder)]
        ended = [(run / "summary.json").exists() for run in _runs(folder)]
        if not kept or not all(ended):
            return f"checkpoints {kept}, summaries {ended}"
    left = [path.name for path in (folder / "tmp").glob("ganlab-*")]
    if left:
        return f"left behind: {', '.join(left)}"
    written = {"export": "tiny.zip", "sample": "9.png", "apply": "applied"}
    if name in written and not (folder / written[name]).exists():
        return f"no {written[name]}"
    return ""


def _runs(folder: Path) -> list[Path]:
    return [path.parent for path in (folder / "runs").glob("*/config.json")]


def _environment(folder: Path) -> dict[str, str]:
    (folder / "tmp").mkdir(exist_ok=True)
    return os.environ | {
        "PYTHONPATH": str(ROOT), "GANLAB_RUNS": str(folder / "runs"),
        "GANLAB_CACHE": str(folder / "cache"), "TMPDIR": str(folder / "tmp"),
    }  # fmt: skip


def _server_options() -> list[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]


def _shown(code: int) -> str:
    """An exit code, or the signal that ended the process."""
    return f"{code}" if code >= 0 else signal.Signals(-code).name


def _row(name: str, found: Sequence[Ended]) -> str:
    case = CASES[name]
    codes = ", ".join(sorted({_shown(one.code) for one in found}))
    lost = "; ".join(sorted({one.lost for one in found} - {""})) or "nothing"
    took = [one.seconds for one in found]
    seconds = f"{statistics.median(took):.1f} (at most {max(took):.1f})"
    return f"| `{case.title}` | {len(found)} | {_shown(case.code)} | {codes} | {lost} | {seconds} |"


def main() -> int:
    import house

    parser = argparse.ArgumentParser(description="Exit codes while a metric is under way.")
    parser.add_argument("--times", type=int, default=5, help="of each case; default 5")
    parser.add_argument("--at-once", type=int, default=4, help="processes side by side; default 4")
    parser.add_argument("--only", nargs="*", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    pieces = [(name, number) for name in options.only for number in range(options.times)]
    with tempfile.TemporaryDirectory() as where, ThreadPoolExecutor(options.at_once) as pool:
        prepared = Path(where) / "prepared"
        prepare(prepared, options.only)

        def ended(piece: tuple[str, int]) -> Ended:
            name, number = piece
            folder = Path(where) / f"{name}-{number}"
            found = play(name, prepared, folder)
            print(name, number, found.code, found.lost, f"{found.seconds:.1f}", file=sys.stderr)
            if found.code != CASES[name].code:
                print(found.err, file=sys.stderr)
            shutil.rmtree(folder)
            return found

        found: dict[str, list[Ended]] = {name: [] for name in options.only}
        for (name, _), one in zip(pieces, pool.map(ended, pieces), strict=True):
            found[name].append(one)
    print(f"`python benchmarks/exits.py --times {options.times} --at-once {options.at_once}`:"
          f" {datetime.now(UTC):%Y-%m-%d}, {house.commit()}, {house.machine()}.\n")  # fmt: skip
    print("| command | times | exit code due | exit codes seen | lost | s to the exit, median |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, ends in found.items():
        print(_row(name, ends))
    well = all(
        one.code == CASES[name].code and not one.lost
        for name, ends in found.items()
        for one in ends
    )
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
