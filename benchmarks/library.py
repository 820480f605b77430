"""How long it takes to list many runs: the first time, again, and after one of them has changed.

python benchmarks/library.py --runs 500
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)

from gan_lab.config import put
from gan_lab.presets import preset
from gan_lab.runs import Budget, Run, RunDirectory
from gan_lab.runs.library import Library


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500, help="how many (default 500)")
    count = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        first = root / "20260101-000000-quick-digits-000000"
        _train(first)
        for number in range(1, count):
            shutil.copytree(first, root / f"20260101-000000-quick-digits-{number:06x}")
        library = Library(root)
        files = sum(1 for path in root.rglob("*") if path.is_file())
        print(f"{count} runs, {files:,} files, {library.used() / 1e6:,.0f} MB")
        fresh = Library(root)
        for what in ("first", "again", "again"):
            print(f"{what}: {_timed(fresh):.2f} s")
        (first / "summary.json").touch()
        print(f"after one has changed: {_timed(fresh):.2f} s")


def _train(path: Path) -> None:
    config = put(preset("quick").config, {"training.checkpoint_seconds": 1.0})
    run = Run(config, RunDirectory.create(path), budget=Budget(seconds=8.0)).start()
    run.join()


def _timed(library: Library) -> float:
    begun = time.perf_counter()
    library.entries("a visitor")
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
