"""The whole test suite, several times in a row beside a busy neighbour: does it decide by chance?

    python benchmarks/suite.py [--commit REV ...] [--runs N] [--neighbours N]
    python benchmarks/suite.py --table
    python benchmarks/suite.py --times

One piece is one run of the README's own test command in a fresh clone, with so many processes
beside it that never rest. Each finished piece is a line of JSON in ``build/campaigns/suite.jsonl``
and is not run again, so an interrupted check goes on. Two commits are compared on one machine:
``--commit BEFORE --commit AFTER`` runs them by turns. ``--times`` writes ``tests/seconds.json``,
from which the tests' order follows, out of the newest piece.

The neighbours count to the machine, not to the suite: CPU seconds are those of pytest and of the
processes that it started and waited for.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import house

Line = dict[str, Any]
KEPT = house.ROOT / "build" / "campaigns" / "suite.jsonl"
TIMES = house.ROOT / "tests" / "seconds.json"
LONG = 5.0  # s; shorter files need no place in the order
_NAMED = re.compile(r"^(FAILED|ERROR|RERUN) (tests/[\w/]+\.py)", re.MULTILINE)


def command_of(readme: str) -> list[str]:
    """The README's test command without what it installs. Raises ValueError if there is none."""
    found = re.search(r"^pip install -r requirements-dev\.txt && python (-m pytest.*)$", readme,
                      re.MULTILINE)  # fmt: skip
    if found is None:
        raise ValueError("README.md has no test command")
    return [sys.executable, *found[1].split()]


def told(report: Path, output: str) -> Line:
    """What a JUnit report and pytest's own summary say of a run.

    Returns:
        tests, failed: numbers; a test that passed at its second time has not failed.
        rerun: how many tests ran a second time.
        rerun elsewhere: how many of these are not of tests/browser.
        named: by file, how often it stands in the summary as FAILED, ERROR or RERUN.
        seconds: by file, how long its tests took.
    """
    cases = list(ET.parse(report).getroot().iter("testcase"))
    failed = [one for one in cases if {"failure", "error"} & {part.tag for part in one}]
    seconds: Counter[str] = Counter()
    for one in cases:
        seconds[one.get("classname", "").replace(".", "/") + ".py"] += float(one.get("time", 0))
    named: dict[str, dict[str, int]] = {}
    for kind, file in _NAMED.findall(output):
        of_file = named.setdefault(file, {})
        of_file[kind] = of_file.get(kind, 0) + 1
    rerun = {file: kinds["RERUN"] for file, kinds in named.items() if "RERUN" in kinds}
    elsewhere = [n for file, n in rerun.items() if not file.startswith("tests/browser/")]
    names = {(one.get("classname"), one.get("name")) for one in cases}  # a rerun stands there twice
    return {
        "tests": len(names), "failed": len(failed), "rerun": sum(rerun.values()),
        "rerun elsewhere": sum(elsewhere), "named": named,
        "seconds": {name: round(took, 1) for name, took in seconds.items() if took >= LONG},
    }  # fmt: skip


@contextlib.contextmanager
def neighbours(count: int) -> Iterator[None]:
    """So many processes that never rest, while inside."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
        for one in busy:
            one.wait()


def piece(commit: str, busy: int, where: Path) -> Line:
    """One run of the suite as it is at a commit; ``where`` is an empty folder.

    Raises CalledProcessError if there is no such commit.
    """
    clone, report = where / "clone", where / "report.xml"
    git = ["git", "-c", "advice.detachedHead=false"]
    subprocess.run([*git, "clone", "-q", str(house.ROOT), str(clone)], check=True)
    subprocess.run([*git, "-C", str(clone), "checkout", "-q", commit], check=True)
    command = command_of((clone / "README.md").read_text("utf-8"))
    with neighbours(busy):
        begun, before = time.monotonic(), _cpu()
        done = subprocess.run(
            [*command, f"--junitxml={report}"], cwd=clone, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        wall, cpu = time.monotonic() - begun, _cpu() - before  # the neighbours are not over yet
    if done.returncode not in (0, 1) or not report.exists():
        sys.stderr.write(done.stdout[-4000:] + done.stderr[-4000:])
        raise SystemExit(f"pytest ended with exit code {done.returncode} and is no piece")
    return {**told(report, done.stdout), "wall": round(wall), "cpu": round(cpu)}


def _cpu() -> float:
    """User and system time, s, of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _short(revision: str) -> str:
    """The short name of a commit. Raises CalledProcessError if there is none."""
    done = subprocess.run(["git", "rev-parse", "--short", f"{revision}^{{commit}}"],
                          cwd=house.ROOT, capture_output=True, text=True, check=True)  # fmt: skip
    return done.stdout.strip()


def lines() -> list[Line]:
    """What has been done, oldest first; a line that was cut is left out."""
    found = []
    for text in KEPT.read_text("utf-8").splitlines() if KEPT.exists() else ():
        with contextlib.suppress(ValueError):
            found.append(json.loads(text))
    return found


def left(done: Sequence[Line], commits: Sequence[str], runs: int, busy: int) -> list[str]:
    """The commits that are still to be run, by turns."""
    have = Counter(line["commit"] for line in done if line["neighbours"] == busy)
    turns = [(number, commit) for number in range(runs) for commit in commits]
    return [commit for number, commit in turns if number >= have[commit]]


def go_on(commits: Sequence[str], runs: int, busy: int) -> bool:
    """Run what is left; returns whether no test failed and none outside of tests/browser was
    rerun."""
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    for commit in left(lines(), commits, runs, busy):
        with tempfile.TemporaryDirectory() as where:
            found = piece(commit, busy, Path(where))
        date = f"{datetime.now(UTC):%Y-%m-%d}"
        found |= {"commit": commit, "neighbours": busy, "date": date, "machine": house.machine()}
        with KEPT.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")
        print({name: found[name] for name in found if name != "seconds"}, flush=True)
    mine = [line for line in lines() if line["commit"] in commits and line["neighbours"] == busy]
    return not any(line["failed"] or line["rerun elsewhere"] for line in mine)


def table(done: Sequence[Line]) -> list[list[str]]:
    """Rows of a Markdown table, the head first: every run, then the mean of each commit."""
    head = ["commit", "neighbours", "run", "tests", "failed", "rerun", "rerun elsewhere",
            "wall, min", "CPU, min", "against the first commit"]  # fmt: skip
    rows, kinds = [head], list(dict.fromkeys((one["commit"], one["neighbours"]) for one in done))
    first: dict[int, float] = {}
    for commit, busy in kinds:
        mine = [one for one in done if (one["commit"], one["neighbours"]) == (commit, busy)]
        for number, one in enumerate(mine, 1):
            told = [str(one[name]) for name in ("tests", "failed", "rerun", "rerun elsewhere")]
            minutes = [f"{one[name] / 60:.1f}" for name in ("wall", "cpu")]
            rows.append([commit, str(busy), str(number), *told, *minutes, ""])
        wall, cpu = (sum(one[name] for one in mine) / len(mine) for name in ("wall", "cpu"))
        ratio = wall / first.setdefault(busy, wall)
        sums = [str(sum(one[n] for one in mine)) for n in ("failed", "rerun", "rerun elsewhere")]
        means = [f"{wall / 60:.1f}", f"{cpu / 60:.1f}", f"{ratio:.2f}"]
        rows.append([commit, str(busy), "mean", "", *sums, *means])
    return rows


def tell() -> None:
    """The table, as it stands in the document, and the files that failed or were rerun."""
    done = lines()
    if not done:
        print("nothing has been done yet")
        return
    first, *rows = table(done)
    print(f"`python benchmarks/suite.py`: {done[-1]['date']}, {done[-1]['machine']}.\n")
    for row in (first, ["---"] * len(first), *rows):
        print(f"| {' | '.join(row)} |")
    for one in done:
        for file, kinds in one["named"].items():
            print(f"\n{one['commit']}: {file}: {kinds}")


def write_times() -> None:
    """``tests/seconds.json`` from the newest piece."""
    took = {name.removeprefix("tests/"): s for name, s in lines()[-1]["seconds"].items()}
    there = {name: took[name] for name in sorted(took) if (TIMES.parent / name).is_file()}
    TIMES.write_text(json.dumps(there, indent=1) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="The whole test suite beside a busy neighbour.")
    parser.add_argument("--commit", action="append", metavar="REV", help="HEAD if there is none")
    parser.add_argument("--runs", type=int, default=3, help="of each commit")
    parser.add_argument("--neighbours", type=int, default=1, help="busy processes beside it")
    parser.add_argument("--table", action="store_true", help="print what has been done")
    parser.add_argument("--times", action="store_true", help="write tests/seconds.json")
    options = parser.parse_args()
    if options.table:
        tell()
        return 0
    if options.times:
        write_times()
        return 0
    commits = [_short(revision) for revision in options.commit or ["HEAD"]]
    well = go_on(commits, options.runs, options.neighbours)
    tell()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
