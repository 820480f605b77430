"""Do server, page and folder stay small over a long run?

    python benchmarks/long_run.py [--preset "Ring of 8"] [--steps 100000] [--every 10000]

A server and a Chromium that draws the page with every panel open, on the same cores. Memory of the
server (resident) and of the page (JavaScript heap, after a collection), and the size of the run's
folder, at so many steps; then how much each has grown since the first look.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import psutil
from responsiveness import memory
from stage import button, choose, chromium, counter, open_all, server

LONGEST = 20 * 60_000  # ms from one look to the next


def on_disk(folder: Path) -> float:
    """MB of all that the runs have written."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="Ring of 8", help="its title in the picker")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=10_000)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        server({"GANLAB_RUNS": folder}) as (url, process),
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 2000})
        page.goto(url)
        page.wait_for_timeout(3000)
        choose(page, "Preset", options.preset)
        button(page, "Start")
        page.wait_for_function("window.__ganlab?.step > 10")
        open_all(page)
        watched, first = psutil.Process(process.pid), None
        for step in range(options.every, options.steps + 1, options.every):
            page.wait_for_function(f"window.__ganlab.step >= {step}", timeout=LONGEST)
            sizes = (*memory(page, watched), on_disk(Path(folder)))
            first = first or sizes
            print(
                f"step {counter(page, 'step'):8,.0f}: server {sizes[0]:.0f} MB,"
                f" page {sizes[1]:.1f} MB, folder {sizes[2]:.1f} MB",
                flush=True,
            )
        assert first is not None
        grown = [f"{now / then - 1:+.1%}" for now, then in zip(sizes, first, strict=True)]
        print(f"since step {options.every:,}: server {grown[0]}, page {grown[1]},"
              f" folder {grown[2]}")  # fmt: skip


if __name__ == "__main__":
    main()
