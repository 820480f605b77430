"""Is anything lost when a training process is killed? kill -9, again and again.

One case: a run trains, is killed at an instant drawn by chance, is resumed, until the rounds are
played; then all of it is compared with a run that nobody disturbed: weights, optimisers, draws,
configuration, ledger, and every reading on disk, to the bit. Checkpoints are written every few
rounds, so that many kills fall into the midst of a write. Half of the kills come by the clock, and
half at a system call that matters (open, write, sync, rename, remove), counted by chance.

Each process is a fork of one that has imported everything and computed nothing, so that a kill
costs a second and not ten. The forked process obeys the command line as it is.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import house  # noqa: F401
import sklearn.datasets  # noqa: F401
import torch
import torch._decomp
import torch._dynamo  # PyTorch imports it at the first optimiser: two seconds of every fork
from states import differences

import gan_lab.cli.train  # noqa: F401, so that a fork need not import it
from gan_lab.cli.main import main
from gan_lab.runs import RunDirectory
from gan_lab.runs.messages import Set, Undo
from gan_lab.runs.worker import Worker
from gan_lab.training import checkpoints

TINY = (
    "data.name=digits", "data.size=0", "latent.dim=6", "networks.g.width=4", "networks.d.width=4",
    "networks.g.max_width=8", "networks.d.max_width=8", "training.batch=8", "training.threads=1",
    "training.checkpoint_steps=2", "training.measuring=0",
)  # fmt: skip
CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "pictures": ("quick", TINY),
    "classes": ("quick", (*TINY, "networks.labels=concat")),
    "points": ("plane-ring", (
        "training.batch=32", "training.threads=1", "training.checkpoint_steps=5",
        "training.measuring=0",
    )),
    "growing": ("progressive-small", (
        *TINY, "training.grow_from=4", "training.stable_images=64", "training.fade_images=64",
    )),
    "unpaired": ("cyclegan-small", (
        *TINY, "data.size=16", "networks.g.blocks=1", "networks.d.blocks=2",
        "networks.g.family=translate", "networks.d.family=dcgan", "data.pairs=unpaired",
        "objective.pool=6",
    )),
}  # fmt: skip
"""A preset, and what makes it small enough to be killed often."""

ROUNDS = 60
PATIENCE = 120.0  # s; a process that takes longer hangs
_CALLS = ("replace", "fsync", "rename", "unlink", "truncate", "link", "mkdir", "open")


class Lost(AssertionError):
    """A run that did not come out as an undisturbed one does."""


# -- one process -------------------------------------------------------------------------------


def forked(act: Callable[[], int], log: Path) -> int:
    """Start a process that does nothing else; what it says goes to ``log``."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        code = act()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def ended(pid: int, after: float | None = None) -> int:
    """Its exit status, negative for a signal; it is killed ``after`` seconds, if it still lives."""
    begun = time.monotonic()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        passed = time.monotonic() - begun
        if passed > (PATIENCE if after is None else after):
            os.kill(pid, signal.SIGKILL)
            after = PATIENCE
        time.sleep(0.002)


def at_each_call(act: Callable[[], None]) -> None:
    """Have ``act`` called before each system call of this process that matters to what is kept:
    also between any two parts of a checkpoint that PyTorch writes."""

    def first(real: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*args: Any, **options: Any) -> Any:
            act()
            return real(*args, **options)

        return instead

    for place, name in (
        *((os, name) for name in _CALLS), (Path, "open"), (checkpoints._Digested, "write"),
    ):  # fmt: skip
        setattr(place, name, first(getattr(place, name)))


def killed_at(call: int) -> None:
    """Have this process killed at its ``call``-th system call that matters, counted from now."""
    calls, lock = itertools.count(1), threading.Lock()

    def act() -> None:
        with lock:
            if next(calls) == call:
                os.kill(os.getpid(), signal.SIGKILL)

    at_each_call(act)


def turning() -> None:
    """Have two knobs turned and the second one turned back by an undo, at fixed rounds, as if a
    visitor's letters arrived just then."""
    obey = Worker._obey

    def instead(self: Worker) -> bool:
        steps, ledger = self.trainer.steps, self.trainer.ledger
        done = [entry.path for entry in ledger]
        turned = done.count("optim.g.lr")
        if steps == 20 and not turned:
            self._mailbox.post(Set("optim.g.lr", 0.001))
        elif steps == 36 and turned == 1 and "undo" not in done:
            self._mailbox.post(Set("optim.g.lr", 0.002))
        elif steps == 44 and "undo" not in done:
            self._mailbox.post(Undo(1))
        return obey(self)

    Worker._obey = instead


def trained(case: str, folder: Path, rounds: int, call: int = 0) -> int:
    """Inside of a forked process: train a run, or go on with it, by the command line."""
    torch.set_num_threads(1)
    turning()
    if call:
        killed_at(call)
    begun = any((folder / "checkpoints").glob("0*.pt"))
    limit = ["--steps", str(rounds), "--json"]
    if begun:
        return main(["train", "--resume", str(folder), *limit])
    shutil.rmtree(folder, ignore_errors=True)  # killed before there was anything to go on from
    preset, changes = CASES[case]
    every = [part for change in changes for part in ("--set", change)]
    return main(["train", "--preset", preset, *every, "--out", str(folder), *limit])


# -- one case ----------------------------------------------------------------------------------


def disturbed(
    case: str,
    folder: Path,
    kills: int,
    chance: random.Random,
    length: float,
    calls: int,
    rounds: int = ROUNDS,
) -> dict[str, int]:
    """Train, kill, go on ... and at last to the end; how many kills fell where.

    Args:
        length: s that an undisturbed run takes.
        calls: system calls that matter in an undisturbed run.

    Raises Lost if a resumed run does not begin, or says anything but what it should.
    """  # fmt: skip
    told = {"clock": 0, "call": 0, "half written": 0}
    log = folder.with_suffix(".log")
    for number in range(kills):
        by_call = number % 2 == 1
        share = 1 / (kills - number + 1)
        call = chance.randint(1, max(2, round(calls * share * 1.5))) if by_call else 0
        after = None if by_call else chance.uniform(0.02, length * share * 1.5)
        begun = time.time()
        code = ended(forked(lambda call=call: trained(case, folder, rounds, call), log), after)
        if code == -signal.SIGKILL:
            told["call" if by_call else "clock"] += 1
            left = [path.stat().st_mtime for path in folder.rglob("*.writing")]
            told["half written"] += any(time_of > begun for time_of in left)
        elif code:
            raise Lost(f"{case}: exit {code}: {log.read_text()[-400:]}")
        if code == 0:  # it was done before its time
            break
    code = ended(forked(lambda: trained(case, folder, rounds), log))
    if code:
        raise Lost(f"{case}: exit {code}: {log.read_text()[-400:]}")
    if "Traceback" in log.read_text():
        raise Lost(f"{case}: {log.read_text()[-1000:]}")
    return told


def compared(a: Path, b: Path) -> None:
    """Raises Lost if two runs differ in a single bit, but for what a clock says."""
    left, right = (RunDirectory(path).read_checkpoint() for path in (a, b))
    found = differing(left, right)
    exact = ("history/readings.f32", "config.json")
    found += [name for name in exact if (a / name).read_bytes() != (b / name).read_bytes()]
    ledgers = [[json.loads(x) for x in (p / "ledger.jsonl").read_text().splitlines()]
               for p in (a, b)]  # fmt: skip
    if ledgers[0] != ledgers[1] or ledgers[0] != [json.loads(x) for x in left["ledger"]]:
        found.append("ledger.jsonl")
    if found:
        raise Lost(f"{b} differs from {a} in {', '.join(found[:5])}")


def differing(a: Any, b: Any) -> list[str]:
    """Where two states of a run differ in a single bit; seconds are of a clock."""
    return [path for path in differences(a, b) if path != "/seconds"]


def undisturbed(case: str, folder: Path, rounds: int = ROUNDS) -> tuple[float, int]:
    """Train one to the end; s that it took, and how many system calls that matter there were."""
    log, counter = folder.with_suffix(".log"), folder.with_suffix(".calls")

    def act() -> int:
        calls = itertools.count()
        at_each_call(lambda: (next(calls), None)[1])
        code = trained(case, folder, rounds)
        counter.write_text(str(next(calls)))
        return code

    begun = time.monotonic()
    code = ended(forked(act, log))
    if code:
        raise Lost(f"{case}: exit {code}: {log.read_text()[-400:]}")
    return time.monotonic() - begun, int(counter.read_text())


def pieces(seed: int = 0, kills: int = 220, each: int = 10) -> list[tuple[str, int]]:
    """Cases and seeds, until there are enough kills."""
    names = list(CASES)
    return [(names[n % len(names)], seed + n) for n in range(-(-kills // each))]


def piece(case: str, seed: int, where: Path, kills: int = 10) -> dict[str, Any]:
    """One run that is killed ``kills`` times; ``where`` keeps what it is compared with."""
    still, folder = where / f"{case}-undisturbed", where / f"{case}-{seed}"
    facts = still.with_suffix(".json")
    if not facts.exists():
        shutil.rmtree(still, ignore_errors=True)
        facts.write_text(json.dumps(undisturbed(case, still)))
    length, calls = json.loads(facts.read_text())
    told = disturbed(case, folder, kills, random.Random(seed), length, calls)
    lost = ""
    try:
        compared(still, folder)
    except Lost as error:
        lost = str(error)
    else:
        shutil.rmtree(folder)
    return {"case": case, "seed": seed, **told, "lost": lost}
