"""What does the coach tell visitors of healthy runs, and of a knob that they turned too far?

    python benchmarks/clinic_visit.py [PIECE ...] [--kind healthy caused] [--alone] [--seconds S]
                                      [--pictures FOLDER]
    python benchmarks/clinic_visit.py --table

A real server, a real Chromium, the live page open and visible from the first image to the end, two
busy cores: two runs train beside each other in one server, each on a page of its own. Every second
is noted what the page shows.

Healthy runs are presets that nobody touches; any trouble or caution on their pages is a false
alarm. Caused troubles are healthy runs until a visitor turns one knob too far, by the widget on the
page. That training went wrong, and from which step on, is decided by the readings and the
checkpoints on disk. Resumable: a line for each run and seed in ``build/clinic/visits.jsonl``; a
changed coach or case is measured again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import house
import torch
from clinic_coach import coach_hash, named
from clinic_visit_cases import SECONDS, Visit, piece, pieces, together
from clinic_visit_disk import outcome, turn_of
from clinic_visit_page import Neighbour, Trouble, Watch, arrive, stage, watch
from clinic_visit_scores import mismatch, spans, tables

KEPT = house.ROOT / "build" / "clinic"


def key(visit: Visit, seed: int, seconds: float, coach: str) -> str:
    """Of one line: the coach, the case as it is written, how long it is watched, the seed."""
    return f"{coach}-{named(repr(visit))}-{seconds:g}-{seed}"


# -- kept lines --------------------------------------------------------------------------------


def read() -> dict[str, dict[str, Any]]:
    """Lines that are there, by piece and key; a line that was cut is measured again."""
    path, lines = KEPT / "visits.jsonl", {}
    for text in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        lines[f"{line['piece']} {line['key']}"] = line
    return lines


def _keep(line: dict[str, Any]) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "visits.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


# -- measuring ---------------------------------------------------------------------------------


def measured(names: Sequence[str], seconds: float, pictures: Path | None) -> list[dict[str, Any]]:
    """One line for each of one or two pieces that train at the same time.

    Raises Trouble if they did not come about.
    """
    visits = [piece(name) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        with stage(Path(folder)) as (browser, url, runs), Neighbour() as neighbour:
            neighbour.work(len(names) < 2)
            watches = arrive(browser, url, runs, visits)
            watch(watches, seconds, neighbour, pictures)
            ended = [one.stop() for one in watches]
        return [_line(*one) for one in zip(names, watches, ended, strict=True)]


def _line(name: str, one: Watch, ended: str) -> dict[str, Any]:
    line = {
        "piece": name,
        "case": one.visit.name,
        "kind": one.visit.kind,
        "seed": one.seed,
        "spans": spans(one.samples, one.visit),
        # on a busy machine the page's counter lags behind what the coach has looked at
        "steps": [(sample["at"], max(sample["step"], sample["looked"])) for sample in one.samples],
        "ended": ended,
        "lost": mismatch(one.samples),
    }
    if one.visit.turn is None:
        return line
    turned = turn_of(one.run, one.visit.turn.path)
    if turned is None or one.pressed is None:
        return line | {"lost": line["lost"] or "the knob never reached the run"}
    found = outcome(one.run, one.visit, one.seed, turned, ended == "failed")
    return line | {
        "pressed": one.pressed,
        "turned": turned["step"],
        "old": turned["old"],
        "new": turned["new"],
        "there": found.there,
        "began": found.step,
        "before": round(found.before, 5),
        "after": round(found.after, 5),
    }


def run(
    names: Sequence[str], *, at_once: int = 2, seconds: float | None = None,
    pictures: Path | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The lines of these pieces, those that are missing measured now.

    Args:
        at_once: 2 for two runs beside each other; 1 for one, beside a process that only computes.
        seconds: how long a page is watched, instead of what is usual for its kind.
        pictures: folder for a picture of each page at its first alarm; None for none.
    """
    known = read()
    there = {full for full, line in known.items() if not line["lost"]}
    missing = [name for name in names if _full(name, seconds) not in there]
    for here in together(missing, at_once):
        begun, kind = time.monotonic(), piece(here[0])[0].kind
        try:
            lines = measured(here, seconds or SECONDS[kind], pictures)
        except Trouble as error:
            raise SystemExit(f"{' and '.join(here)}: {error}") from None
        facts = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": house.commit(),
                 "took": round(time.monotonic() - begun, 1)}  # fmt: skip
        for line in lines:
            full = _full(line["piece"], seconds)
            known[full] = line | facts | {"key": full.partition(" ")[2]}
            _keep(known[full])
            print(_brief(line), flush=True)
    return [known[_full(name, seconds)] for name in names]


def _full(name: str, seconds: float | None) -> str:
    """Piece and key."""
    visit, seed = piece(name)
    return f"{name} {key(visit, seed, seconds or SECONDS[visit.kind], coach_hash('visits'))}"


def _brief(line: dict[str, Any]) -> str:
    said = "; ".join(
        f"{span['at']:.0f} s step {span['step']}: {span['condition']}"
        f" {[one['rule'] for one in span['findings']]}"
        for span in line["spans"]
    )
    what = f"{line['piece']}{' LOST: ' if line['lost'] else ''}{line['lost']}"
    if "turned" in line:
        wrong = f"wrong from step {line['began']}" if line["there"] else "NOT WRONG"
        what += (f", turned at step {line['turned']}, {wrong},"
                 f" {line['before']:.3g} -> {line['after']:.3g}")  # fmt: skip
    return f"{what} [{said}]"


def tell(names: Sequence[str], seconds: float | None) -> None:
    """The tables of what has been measured of today's coach."""
    known = read()
    lines = [known[full] for name in names if (full := _full(name, seconds)) in known]
    if not lines:
        print("nothing has been measured of this coach yet")
        return
    commits, dates = (", ".join(dict.fromkeys(line[what] for line in lines))
                      for what in ("commit", "date"))  # fmt: skip
    print(f"`python benchmarks/campaign.py clinic`: {len(lines)} of {len(names)} runs with the page"
          f" open. {dates}, {commits}, {house.machine()}.\n")  # fmt: skip
    print(tables(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help="RUN-SEED, such as"
                        " quick-digits-20; by default all")  # fmt: skip
    parser.add_argument("--kind", nargs="*", default=list(SECONDS), choices=list(SECONDS))
    parser.add_argument("--alone", action="store_true", help="one run at a time, beside a process"
                        " that only computes")  # fmt: skip
    parser.add_argument("--seconds", type=float, help="how long each page is watched")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each page at its"
                        " first alarm")  # fmt: skip
    parser.add_argument("--table", action="store_true", help="Markdown of what has been measured")
    options = parser.parse_args()
    names = options.pieces or [p for p in pieces() if piece(p)[0].kind in options.kind]
    torch.set_num_threads(1)
    if options.table:
        tell(names, options.seconds)
        return 0
    if options.pictures is not None:
        options.pictures.mkdir(parents=True, exist_ok=True)
    lines = run(names, at_once=1 if options.alone else 2, seconds=options.seconds,
                pictures=options.pictures)  # fmt: skip
    return int(any(line["lost"] for line in lines))


if __name__ == "__main__":
    sys.exit(main())
