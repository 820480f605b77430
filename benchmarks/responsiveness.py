"""How quickly does the page answer, and does it stay lean?

    python benchmarks/responsiveness.py [--data mnist] [--minutes 10]

In a real Chromium on the server's own machine: Start to the first trained picture, live knob to
ledger entry, latent slider to picture while training, F5, console errors; then the memory of
page and server while a run is watched. Medians over several tries, so a busy machine shows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import psutil
from playwright.sync_api import Page
from stage import button, choose, chromium, counter, server

from gan_lab.data import NAMED

TRIES = 5
DRAGS = 200


def first_picture(page: Page, url: str, data: str) -> float:
    """Seconds from the press on Start to a picture on the canvas after at least ten rounds."""
    page.goto(url)
    page.get_by_role("button", name="Start").first.wait_for()
    if data != "digits":
        choose(page, "Real pictures", NAMED[data].title)
    page.evaluate(
        """() => { window.__begun = null; window.__first = null;
            document.addEventListener('click', () => { window.__begun ??= performance.now();
                const look = () => {
                    const g = window.__ganlab;
                    if (g && g.pictures > 0 && g.pictureStep >= 10)
                        window.__first = performance.now() - window.__begun;
                    else setTimeout(look, 10);
                }; look(); }, {capture: true, once: true}); }"""
    )
    button(page, "Start")
    page.wait_for_function("window.__first !== null", timeout=60_000)
    return page.evaluate("window.__first") / 1000


def entries(runs: Path) -> int:
    """Ledger lines of all runs together."""
    return sum(path.read_text().count("\n") for path in runs.glob("*/ledger.jsonl"))


def knob_to_ledger(page: Page, runs: Path) -> float:
    """Seconds from a key on a live slider to the entry on disk."""
    slider = page.get_by_role("slider", name="Instance noise").first
    before = entries(runs)
    slider.focus()
    begun = time.perf_counter()
    slider.press("ArrowRight")
    while entries(runs) == before:
        if time.perf_counter() - begun > 10:
            raise TimeoutError("the knob never reached the ledger")
        time.sleep(0.005)
    return time.perf_counter() - begun


def latent_times(page: Page) -> list[float]:
    """ms from a slider's movement to its picture on the canvas, while the run trains."""
    page.get_by_role("link", name="Latent space").first.click()
    page.wait_for_function("window.__ganlab && window.__ganlab.latent > 0")
    page.wait_for_timeout(1000)
    slider = page.locator(".gl-latent input[type=range], input[type=range]").first
    box = slider.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 3, y)
    page.mouse.down()
    page.evaluate("window.__ganlab.rtt.length = 0")
    for index in range(DRAGS):
        page.mouse.move(box["x"] + 3 + (box["width"] - 6) * (index % 100) / 100, y)
        page.wait_for_timeout(40)
    page.mouse.up()
    return page.evaluate("window.__ganlab.rtt")


def memory(page: Page, process: psutil.Process) -> tuple[float, float]:
    """MB of the server (resident) and of the page (JavaScript heap, after a collection)."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return process.memory_info().rss / 2**20, heap / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    errors: list[str] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        runs = Path(folder)
        starts = []
        with server({"GANLAB_RUNS": folder, "GANLAB_GRACE": "2"}) as (url, process):
            time.sleep(8)  # the warm-up of the server's start
            for _ in range(TRIES):
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
                page.on("pageerror", lambda error: errors.append(str(error)))
                starts.append(first_picture(page, url, options.data))
                if len(starts) < TRIES:
                    button(page, "Stop")
                    page.wait_for_function("window.__ganlab.state === 'stopped'")
                    page.close()
            print(f"Start to first picture: {summary(starts, 's')}", flush=True)
            page.wait_for_timeout(3000)
            knobs = []
            for _ in range(10):
                knobs.append(knob_to_ledger(page, runs))
                page.wait_for_timeout(500)
            print(f"live knob to ledger: {summary(knobs, 's')}", flush=True)
            address, step = page.url, counter(page, "step")
            page.reload()
            page.wait_for_function(f"window.__ganlab && window.__ganlab.step > {step}")
            print(f"F5 re-attached to the same run: {page.url == address}", flush=True)
            rtt = sorted(latent_times(page))
            p95 = rtt[int(0.95 * len(rtt))]
            print(
                f"latent slider to picture while training: p50 {statistics.median(rtt):.1f} ms,"
                f" p95 {p95:.1f} ms over {len(rtt)} pictures",
                flush=True,
            )
            page.get_by_role("link", name="Train").first.click()
            page.wait_for_function("window.__ganlab.state === 'running'")
            page.wait_for_timeout(20_000)
            watched = psutil.Process(process.pid)
            begin = memory(page, watched)
            print(f"memory at the start: server {begin[0]:.0f} MB, page {begin[1]:.1f} MB")
            minutes = 0.0
            while minutes < options.minutes:
                page.wait_for_timeout(60_000 * min(1.0, options.minutes - minutes))
                minutes += min(1.0, options.minutes - minutes)
                now = memory(page, watched)
                print(f"  {minutes:4.1f} min: server {now[0]:.0f} MB, page {now[1]:.1f} MB",
                      flush=True)  # fmt: skip
            end = memory(page, watched)
            print(
                f"memory after {options.minutes:g} min: server {end[0] / begin[0] - 1:+.1%},"
                f" page {end[1] / begin[1] - 1:+.1%}; step {counter(page, 'step'):.0f}"
            )
            # before the server goes: afterwards the page rightly complains
            print(f"console errors: {errors or 'none'}; cores: {os.cpu_count()}")


def summary(values: list[float], unit: str) -> str:
    return f"median {statistics.median(values):.2f} {unit}, worst {max(values):.2f} {unit}"


if __name__ == "__main__":
    main()
