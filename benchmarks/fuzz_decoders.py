"""Mutants of valid files at every decoder of untrusted bytes, in the limited worker process.

    python benchmarks/fuzz_decoders.py                 # 10,000 of each decoder
    python benchmarks/fuzz_decoders.py --count 700 --seed 3 --kept build/fuzz

It fails if a mutant takes 5 s of the processor or more, or crashes its worker. ``--kept`` is a
folder for the slowest mutant of each kind.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import house

from benchmarks.mutants import DECODERS, Tried, fuzz, kinds
from gan_lab.sandbox import Limits, Pool

LONGEST = 5.0  # processor seconds
COLUMNS = ("decoder", "kind", "mutants", "decoded", "refused", "killed", "max CPU s", "peak MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutants of each decoder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--decoder", choices=DECODERS, action="append")
    parser.add_argument("--kept", type=Path, help="folder for the slowest mutants")
    options = parser.parse_args()
    rows, bad = list[list[str]](), 0
    for name in options.decoder or DECODERS:
        every = kinds(name)
        for number, kind in enumerate(every):
            count = options.count // len(every) + (number < options.count % len(every))
            tried = tried_kind(name, kind, count, options.seed)
            rows.append(row(name, kind, tried))
            print(rows[-1], file=sys.stderr, flush=True)
            bad += tried.seconds >= LONGEST or bool(tried.killed.get("crash"))
            if options.kept:
                options.kept.mkdir(parents=True, exist_ok=True)
                (options.kept / f"{name}-{kind}").write_bytes(tried.worst)
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    print(f"`{' '.join(['python', *sys.argv])}`, {date}, {house.commit()}, {house.machine()}.\n")
    for line in (list(COLUMNS), ["---"] * len(COLUMNS), *rows):
        print(f"| {' | '.join(line)} |")
    return bool(bad)


def tried_kind(name: str, kind: str, count: int, seed: int) -> Tried:
    """With workers of their own, so that the peak of their memory is of this kind alone."""
    pool = Pool(1, preload=("benchmarks.mutants",))
    try:
        return fuzz(name, kind, count, seed, pool, Limits(cpu_seconds=LONGEST))
    finally:
        pool.close()


def row(name: str, kind: str, tried: Tried) -> list[str]:
    """Of the table."""
    killed = ", ".join(f"{count} by {why}" for why, count in tried.killed.items()) or "0"
    return [
        name, kind, f"{tried.count:,}", f"{tried.decoded:,}", f"{tried.refused:,}", killed,
        f"{tried.seconds:.2f}", f"{tried.peak / 1e6:.0f}",
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
