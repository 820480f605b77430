"""Long checks, piece by piece, so that they can be interrupted and go on.

    python benchmarks/campaign.py NAME [--part K/N] [--pieces N]
    python benchmarks/campaign.py NAME --table

Each finished piece is a line of JSON in ``build/campaigns/NAME.jsonl``; what stands there is not
done again. A part takes less than an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clinic_visit_cases
import faults
import hostile
import house
import kills
import rounds
from clinic_coach import coach_hash

Line = dict[str, Any]
KEPT = house.ROOT / "build" / "campaigns"


@dataclass(frozen=True)
class Campaign:
    """A check in pieces.

    Attributes:
        about: one sentence, above the table.
        pieces: names of all.
        run: does some at the same time, in a folder that all pieces share; what each one found,
            "lost" being "" if all is well.
        table: rows of a Markdown table, the head first, of all lines.
        at_once: of the pieces that are left, how many of the first ones are done together.
        current: whether a line still holds; if not, its piece is done again.
        tell: prints what the table does not hold.
    """

    about: str
    pieces: Callable[[], Sequence[str]]
    run: Callable[[Sequence[str], Path], list[Line]]
    table: Callable[[Sequence[Line]], list[list[str]]]
    at_once: Callable[[Sequence[str]], int] = lambda _: 1
    current: Callable[[Line], bool] = lambda _: True
    tell: Callable[[], None] = lambda: None


def _kills(names: Sequence[str], where: Path) -> list[Line]:
    (case, seed) = names[0].rsplit("-", 1)
    return [kills.piece(case, int(seed), where)]


def _faults(names: Sequence[str], where: Path) -> list[Line]:
    return [faults.piece(names[0], where)]


def _rounds(names: Sequence[str], where: Path) -> list[Line]:
    return [rounds.piece(names[0].rsplit("-", 1)[0], where)]


# -- the coach's clinic, which keeps lines of its own and prints its own tables ------------------

_PARTS = ("points", "pictures", "cures")


def _clinic(names: Sequence[str], _: Path) -> list[Line]:
    """A part of clinic.py, or one or two runs of clinic_visit.py."""
    if names[0] in _PARTS:
        done = _asked("clinic.py", "--part", names[0])
    else:
        done = _asked("clinic_visit.py", *names)
    lost = "" if done == 0 else f"exit {done}"
    return [{"part": _part(name), "coach": coach_hash(_part(name)), "lost": lost} for name in names]


def _part(name: str) -> str:
    return name if name in _PARTS else "visits"


def _asked(script: str, *more: str) -> int:
    """The exit code of a benchmark in a process of its own."""
    sys.stdout.flush()
    command = [sys.executable, str(house.ROOT / "benchmarks" / script), *more]
    return subprocess.run(command, check=False).returncode


def _clinic_at_once(left: Sequence[str]) -> int:
    """Runs are watched in pairs, each the other's busy neighbour."""
    return 1 if _part(left[0]) in _PARTS else len(next(clinic_visit_cases.together(left)))


def _clinic_tables() -> None:
    for script in ("clinic_visit.py", "clinic.py"):
        print()
        _asked(script, "--table")


def _hostile(name: str, _: Path) -> Line:
    return hostile.piece(name)


def _summed(by: str, columns: Sequence[str], lines: Sequence[Line]) -> list[list[str]]:
    """A row for each value of ``by`` with the sums of columns, and one of all."""
    names = list(dict.fromkeys(str(line[by]) for line in lines))
    rows = [[by, "pieces", *columns, "lost"]]
    for name in (*names, "all"):
        mine = [line for line in lines if name in ("all", str(line[by]))]
        sums = [str(sum(line[column] for line in mine)) for column in columns]
        rows.append([name, str(len(mine)), *sums, str(sum(bool(line["lost"]) for line in mine))])
    return rows


CAMPAIGNS = {
    "kills": Campaign(
        "kill -9 over real runs, each resumed and compared to the bit with an undisturbed one",
        lambda: [f"{case}-{seed}" for case, seed in kills.pieces()],
        _kills,
        lambda lines: _summed("case", ("clock", "call", "half written"), lines),
    ),
    "faults": Campaign(
        "every file of a run's folder truncated at 20 places, a bit flipped in checkpoints",
        faults.pieces,
        _faults,
        lambda lines: _summed("file", ("faults", "went on", "refused"), lines),
    ),
    "rounds": Campaign(
        "the browser tests, again and again, without a second chance",
        lambda: [f"{file}-{number}" for file, number in rounds.pieces()],
        _rounds,
        lambda lines: _summed("file", ("tests", "failed"), lines),
    ),
    "clinic": Campaign(
        "the coach's clinic, alone and on visitors' pages",
        lambda: [*clinic_visit_cases.pieces(), *_PARTS],
        _clinic,
        lambda lines: _summed("part", (), lines),
        _clinic_at_once,
        lambda line: not line["lost"] and line.get("coach") == coach_hash(line["part"]),
        _clinic_tables,
    ),
    "hostile": Campaign(
        "the worst known input of each entrance, beside an innocent visitor, see hostile.py",
        lambda: list(hostile.ATTACKS),
        _hostile,
        lambda lines: [[*hostile.HEAD, "lost"], *([*line["row"], line["lost"]] for line in lines)],
    ),
}


def lines_of(name: str) -> list[Line]:
    """What has been done and still holds, oldest first; a line that was cut is done again."""
    path, found = KEPT / f"{name}.jsonl", []
    for text in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    return [line for line in found if CAMPAIGNS[name].current(line)]


def go_on(name: str, part: tuple[int, int], most: int | None) -> bool:
    """Do what is left of a part; returns whether all of it is well."""
    campaign = CAMPAIGNS[name]
    done = {line["piece"] for line in lines_of(name)}
    left = [one for one in campaign.pieces()[part[0] - 1 :: part[1]] if one not in done][:most]
    KEPT.mkdir(parents=True, exist_ok=True)
    well = True
    number = 0
    with tempfile.TemporaryDirectory() as where:
        while number < len(left):
            here = left[number:][: campaign.at_once(left[number:])]
            begun = time.monotonic()
            every = campaign.run(here, Path(where))
            took, date = round(time.monotonic() - begun, 1), f"{datetime.now(UTC):%Y-%m-%d}"
            for one, found in zip(here, every, strict=True):
                number += 1
                well &= not found["lost"]
                found |= {"piece": one, "date": date, "commit": house.commit(), "took": took}
                with (KEPT / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
                print(f"{number} of {len(left)}: {json.dumps(found)}", flush=True)
    return well


def tell(name: str) -> None:
    """The table, as it stands in the document."""
    lines, campaign = lines_of(name), CAMPAIGNS[name]
    if not lines:
        print("nothing has been done yet")
        return
    first, *rows = campaign.table(lines)
    commits = ", ".join(dict.fromkeys(line["commit"] for line in lines))
    print(f"`python benchmarks/campaign.py {name}`: {campaign.about}. "
          f"{lines[-1]['date']}, {commits}, {house.machine()}.\n")  # fmt: skip
    for row in (first, ["---"] * len(first), *rows):
        print(f"| {' | '.join(row)} |")
    campaign.tell()


def main() -> int:
    parser = argparse.ArgumentParser(description="Long checks, piece by piece.")
    parser.add_argument("name", choices=CAMPAIGNS)
    parser.add_argument("--part", default="1/1", metavar="K/N", help="the K-th of N parts")
    parser.add_argument("--pieces", type=int, help="stop after so many")
    parser.add_argument("--table", action="store_true", help="print what has been done")
    options = parser.parse_args()
    if options.table:
        tell(options.name)
        return 0
    k, n = (int(number) for number in options.part.split("/"))
    well = go_on(options.name, (k, n), options.pieces)
    tell(options.name)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
