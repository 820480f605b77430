"""How quickly does the latent page answer: one finger in a browser, and many people at once?

    python benchmarks/latent_latency.py [--data digits] [--windows 5] [--seconds 8]
        [--visitors 30] [--only finger|crowd]

One finger: real mouse drags over a slider of the page in Chromium, on the server's own machine;
ms from the slider's event to the picture on the canvas, while the run stands still and while it
trains. A crowd: so many sockets in one other process, each as a browser is: one question under way,
at most sixty a second; what each gets, and the speed of training beside it over its speed in the
windows before and after, when nobody asks. Everything shares the machine's cores, so the processor
time of the other process is told too. Medians over the windows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from house import commit, machine
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page
from stage import button, chromium, counter, server

from gan_lab.config import RunConfig, put
from gan_lab.presets import preset
from gan_lab.server import PREFIX
from gan_lab.share import Link, encode

FRAMES = 60  # a second: a browser hands on the movements of a mouse once a frame
SETTLING = 2.0  # s between two windows
DRAG = 3.0  # s of one drag: fewer pictures than the page keeps round trips of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits")
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0, help="of a window of the crowd")
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--only", choices=("finger", "crowd"))
    parser.add_argument("--set", default={}, type=json.loads, help="other knobs, as JSON by path")
    options = parser.parse_args()
    config = put(preset("quick").config, {"data.name": options.data, "data.size": 32} | options.set)
    print(f"{machine()}; commit {commit()}; quick on {options.data}, 32×32", flush=True)
    if options.only != "crowd":
        with running(config) as (_, page, _):
            finger(page, options.windows)
    if options.only != "finger":
        with running(config) as (browser, page, readings):
            address = f"{page.url.split('/?')[0]}{PREFIX}/latent/{view_id(page)}"
            browser.close()
            crowd(address.replace("http", "ws", 1), readings, options)


@contextmanager
def running(config: RunConfig) -> Iterator[tuple[Browser, Page, Path]]:
    """A server with one run that trains, the page that began it, and its file of readings."""
    with tempfile.TemporaryDirectory() as runs, server(
        {"GANLAB_RUNS": runs, "GANLAB_GRACE": "600"}
    ) as (url, _), chromium() as browser:  # fmt: skip
        time.sleep(8)  # the warm-up of the server's start
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/?share={encode(Link('quick', config, starts=True))}")
        page.wait_for_function("window.__ganlab && window.__ganlab.step > 50", timeout=60_000)
        (readings,) = Path(runs).glob("*/history/readings.f32")
        yield browser, page, readings


def view_id(page: Page) -> str:
    """Of the run on a page, by its address."""
    return page.url.split("run=")[1].split("&")[0]


# -- one finger ----------------------------------------------------------------------------------


def finger(page: Page, windows: int) -> None:
    """Drags on a run that stands still, and on one that trains."""
    begun = page.url
    button(page, "Pause")
    page.wait_for_function("window.__ganlab.state === 'paused'")
    for idle in (True, False):
        if not idle:
            page.goto(begun)
            button(page, "Resume")
            page.wait_for_function("window.__ganlab.state === 'running'")
        page.get_by_role("link", name="Latent space").first.click()
        page.wait_for_function("window.__ganlab.latent > 0")
        page.wait_for_timeout(2000)
        report_drags("an idle server" if idle else "while it trains", drags(page, windows))


def drags(page: Page, windows: int) -> list[tuple[list[float], float]]:
    """Of each drag: ms from the slider's event to the picture on the canvas; pictures a second."""
    slider = page.locator(".gl-latent input[type=range]").first
    box = slider.bounding_box()
    assert box is not None
    y, left, width = box["y"] + box["height"] / 2, box["x"] + 3, box["width"] - 6
    done = []
    for _ in range(windows):
        page.mouse.move(left, y)
        page.mouse.down()
        page.wait_for_timeout(300)
        page.evaluate("window.__ganlab.rtt.length = 0")
        begun, pictures, moved = time.perf_counter(), counter(page, "latent"), 0
        while (now := time.perf_counter()) - begun < DRAG:
            at = (now - begun) % 2.0  # there in one second, and back in another
            page.mouse.move(left + width * (at if at < 1.0 else 2.0 - at), y)
            moved += 1
            time.sleep(max(0.0, begun + moved / FRAMES - time.perf_counter()))
        speed = (counter(page, "latent") - pictures) / (time.perf_counter() - begun)
        page.mouse.up()
        page.wait_for_timeout(300)
        done.append((page.evaluate("window.__ganlab.rtt"), speed))
    return done


def report_drags(where: str, drags: list[tuple[list[float], float]]) -> None:
    p50, p95 = percentiles([times for times, _ in drags])
    worst = max(max(times) for times, _ in drags)
    print(
        f"one finger, {where}: p50 {p50:.1f} ms, p95 {p95:.1f} ms (the longest of"
        f" {sum(len(times) for times, _ in drags)}: {worst:.0f} ms),"
        f" {median(drags, lambda d: d[1]):.0f} pictures/s",
        flush=True,
    )


# -- a crowd -------------------------------------------------------------------------------------


@dataclass
class Told:
    """What the crowd saw in one window.

    Attributes:
        times: of each visitor, ms from question to answer.
        seconds: how long it was.
        cpu: seconds of the processor that the visitors' process took.
    """

    times: list[list[float]]
    seconds: float
    cpu: float


def crowd(address: str, readings: Path, options: argparse.Namespace) -> None:
    """Windows with everybody, between windows with nobody."""
    here, there = multiprocessing.Pipe()
    dim = preset("quick").config.latent.dim
    process = multiprocessing.get_context("spawn").Process(
        target=visitors, args=(there, address, options.visitors, dim), daemon=True
    )
    process.start()
    here.recv()  # it has imported what it needs
    told: list[Told] = []
    alone, beside = [], []
    for _ in range(options.windows):
        alone.append(speed(readings, lambda: time.sleep(options.seconds)))
        here.send(options.seconds)
        time.sleep(SETTLING)
        beside.append(speed(readings, lambda: told.append(here.recv())))
        time.sleep(SETTLING)
    alone.append(speed(readings, lambda: time.sleep(options.seconds)))
    process.kill()
    ratios = [2 * now / (a + b) for a, now, b in zip(alone, beside, alone[1:], strict=False)]
    report_crowd(told, ratios, statistics.median(alone))


def speed(readings: Path, meanwhile: Callable[[], Any]) -> float:
    """Steps a second of the run; they reach the disk about once a second, so from arrival to
    arrival."""
    begun, before = arrival(readings)
    meanwhile()
    ended, after = arrival(readings)
    return (after - before) / (ended - begun)


def arrival(readings: Path) -> tuple[float, float]:
    """When the next readings reach the disk, s, and how many steps there are then."""
    with readings.open("rb") as file:
        head = file.readline()
    record = 4 * len(json.loads(head)["columns"])
    known = readings.stat().st_size
    while (now := readings.stat()).st_size == known:
        time.sleep(0.01)
    return now.st_mtime, (now.st_size - len(head)) / record


def visitors(orders: Connection, address: str, count: int, dim: int) -> None:
    """The crowd's process: for each order, so many seconds of dragging by everybody."""
    import websockets.asyncio.client  # noqa: F401

    orders.send(None)
    while True:
        orders.send(asyncio.run(everybody(address, count, dim, orders.recv())))


async def everybody(address: str, count: int, dim: int, seconds: float) -> Told:
    begin = asyncio.Event()
    times: list[list[float]] = [[] for _ in range(count)]
    tasks = [
        asyncio.create_task(one_visitor(address, dim, number, begin, own))
        for number, own in enumerate(times)
    ]
    await asyncio.sleep(SETTLING)
    for own in times:
        own.clear()
    cpu, begun = time.process_time(), time.perf_counter()
    begin.set()
    await asyncio.sleep(seconds)
    told = Told([list(own) for own in times], time.perf_counter() - begun, 0.0)
    told.cpu = time.process_time() - cpu
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return told


async def one_visitor(
    address: str, dim: int, number: int, begin: asyncio.Event, times: list[float]
) -> None:
    """Drags without end: the next movement is a frame later, or when the answer is there."""
    from websockets.asyncio.client import connect

    z = np.random.default_rng(number).standard_normal((FRAMES, dim)).astype("<f4")
    async with connect(address, compression=None, max_size=None) as socket:
        await begin.wait()
        await asyncio.sleep(number / FRAMES / 7 % (1 / FRAMES))  # nobody's frames are another's
        asked = 0
        while True:
            begun = time.perf_counter()
            await socket.send(z[asked % FRAMES].tobytes())
            answer = await socket.recv()
            assert b'"latent"' in answer[:40], answer[:200]
            took = time.perf_counter() - begun
            times.append(1000 * took)
            asked += 1
            await asyncio.sleep(max(0.0, 1 / FRAMES - took))


def report_crowd(told: list[Told], ratios: list[float], alone: float) -> None:
    every = [[len(own) / one.seconds for own in one.times] for one in told]
    together = [[x for own in one.times for x in own] for one in told]
    p50, p95 = percentiles(together)
    print(
        f"a crowd of {len(told[0].times)} while it trains: each gets"
        f" {median(every, statistics.median):.1f} pictures/s, the unluckiest"
        f" {median(every, min):.1f} (worst window {min(map(min, every)):.1f}); p50 {p50:.0f} ms,"
        f" p95 {p95:.0f} ms\n"
        f"training beside it: {statistics.median(ratios):.2f} of its speed"
        f" ({min(ratios):.2f} to {max(ratios):.2f}; alone {alone:.0f} steps/s); the crowd's own"
        f" process took {median(told, lambda t: t.cpu / t.seconds):.2f} of a core",
        flush=True,
    )


def percentiles(windows: list[list[float]]) -> NDArray[np.float64]:
    """The 50th and the 95th of each window, and of those the medians."""
    return np.median([np.percentile(times, (50, 95)) for times in windows], axis=0)


def median(windows: list[Any], of: Callable[[Any], Any]) -> float:
    return float(statistics.median(of(window) for window in windows))


if __name__ == "__main__":
    main()
