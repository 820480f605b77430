"""What does watching cost the training?

    python benchmarks/live_overhead.py [--data mnist] [--pairs 5] [--seconds 8] [--no-browser]
    python benchmarks/live_overhead.py --only-measures --seconds 60

Speed of a watched run over the speed of the bare Trainer on the same configuration with the same
number of intra-op threads, in turns within one run; wall clock, so publishing counts. Once with
a viewer in a process of its own that receives all and draws nothing (in real life it sits on
another machine), once with a whole Chromium drawing the page on the same cores, every panel open
and in sight. And, of runs that nobody watches, the speed with measures and coach as they are by
default over the speed of a run that nobody looks after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import pytest
import torch
from plain import plain_speed, trainer_speed

from gan_lab.config import RunConfig, put
from gan_lab.data import Pictures, load
from gan_lab.presets import preset
from gan_lab.training.devices import share_threads

TALL = 2000  # px of the window: what is out of sight is not drawn


def bare(config: RunConfig, pictures: Pictures, seconds: float, threads: int) -> float:
    """The bare Trainer in a thread of its own, as a run has."""

    def play() -> float:
        torch.set_num_threads(threads)
        return trainer_speed(config, pictures, seconds)

    with ThreadPoolExecutor(1) as one:
        return one.submit(play).result()


def receive_all(address: str) -> None:
    """The viewer: takes every frame and asks for the curves once a second, like a page."""
    import websockets.sync.client

    from gan_lab.runs import wire

    with websockets.sync.client.connect(address, max_size=None) as socket:
        level, since, asked = -1, 0, 0.0
        while True:
            header, _ = wire.decode(socket.recv())
            if header["kind"] == "curves":
                level, since = header["level"], header["first"] + header["buckets"]
            if time.monotonic() - asked > 1:
                asked = time.monotonic()
                cursor = {"level": level, "since": since, "marks": 0, "points": 300}
                socket.send(json.dumps({"curves": cursor}))


def quiet_viewer(config: RunConfig, pictures: Pictures, pairs: int, seconds: float) -> list[float]:
    """Ratios with a viewer that draws nothing."""
    import uvicorn
    from stage import free_port
    from starlette.applications import Starlette

    from gan_lab.runs import Registry
    from gan_lab.runs.messages import Pause, Resume
    from gan_lab.server import PREFIX, routes

    registry = Registry(grace=3600)
    port = free_port()
    serving = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes(registry)), port=port, log_level="error")
    )
    threading.Thread(target=lambda: asyncio.run(serving.serve()), daemon=True).start()
    hosted = registry.start(config, "benchmark")
    address = f"ws://127.0.0.1:{port}{PREFIX}/live/{hosted.view_id}"
    time.sleep(1)
    viewer = multiprocessing.get_context("spawn").Process(
        target=receive_all, args=(address,), daemon=True
    )
    viewer.start()
    time.sleep(5)
    ratios = []
    for _ in range(pairs):
        hosted.run.send(Resume()).result()
        begun, images = time.perf_counter(), hosted.run.latest().counts.images
        time.sleep(seconds)
        hosted.run.send(Pause()).result()
        took = time.perf_counter() - begun
        time.sleep(0.3)
        watched = (hosted.run.latest().counts.images - images) / took
        ratios.append(watched / bare(config, pictures, seconds, config.training.threads))
    viewer.terminate()
    registry.close()
    serving.should_exit = True
    return ratios


def chromium_viewer(data: str, config: RunConfig, pictures: Pictures, pairs: int,
                    seconds: float) -> list[float]:  # fmt: skip
    """Ratios with the whole page in a browser on the same cores."""
    from stage import button, choose, chromium, open_all, server

    from gan_lab.data import NAMED

    ratios = []
    with server() as (url, _), chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": TALL})
        page.goto(url)
        page.wait_for_timeout(3000)
        choose(page, "Real pictures", NAMED[data].title)
        button(page, "Start")
        page.wait_for_function("window.__ganlab && window.__ganlab.step > 10", timeout=60_000)
        open_all(page)
        page.wait_for_timeout(5000)
        for index in range(pairs):
            if index:
                button(page, "Resume")
                page.wait_for_function("window.__ganlab.state === 'running'")
                page.wait_for_timeout(1000)
            begun, steps = newest(page)
            page.wait_for_timeout(1000 * seconds)
            ended, now = newest(page)
            watched = (now - steps) / (ended - begun)
            button(page, "Pause")
            page.wait_for_function("window.__ganlab.state === 'paused'")
            page.wait_for_timeout(1500)
            speed = bare(config, pictures, seconds, config.training.threads)
            ratios.append(watched * config.training.batch / speed)
    return ratios


def looked_after(config: RunConfig, pictures: Pictures, pairs: int, seconds: float) -> list[float]:
    """Ratios of runs with measures and coach to runs without an observer, in turns."""
    return [
        run_speed(config, pictures, seconds)
        / run_speed(put(config, {"training.measuring": 0.0}), pictures, seconds, observer=False)
        for _ in range(pairs)
    ]


def run_speed(
    config: RunConfig, pictures: Pictures, seconds: float, *, observer: bool = True
) -> float:
    """Pictures a second of a run of some seconds on the wall, its beginning included."""
    from gan_lab.runs import Budget, Run, RunDirectory
    from gan_lab.runs.observer import Observer

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        if not observer:
            patched.setattr(Observer, "begin", lambda *_: None)
        directory = RunDirectory.create(Path(folder) / "run")
        run = Run(config, directory, budget=Budget(seconds=seconds), pictures=pictures,
                  threads=config.training.threads)  # fmt: skip
        begun = time.perf_counter()
        run.start().join()
        return run.latest().counts.images / (time.perf_counter() - begun)


def newest(page) -> tuple[float, float]:  # noqa: ANN001
    """When a new moment reached the page, s, and its step; an old one would lag behind."""
    from stage import counter

    known = counter(page, "step")
    page.wait_for_function(f"window.__ganlab.step > {known}")
    return time.perf_counter(), counter(page, "step")


def report(what: str, ratios: list[float]) -> None:
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(f"{what}: median {statistics.median(ratios):.3f} ({spread})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--only-browser", action="store_true")
    parser.add_argument("--only-measures", action="store_true")
    options = parser.parse_args()
    # what a first run is given: one core is left to server and browser
    threads = share_threads(0)
    config = put(preset("quick").config, {"data.name": options.data, "training.threads": threads})
    pictures = load(config.data)
    torch.set_num_threads(threads)
    plain = plain_speed(config, pictures, 3.0)
    print(f"quick on {options.data}, {threads} intra-op thread(s), plain loop {plain:.0f} images/s")
    if not options.only_browser:
        ratios = looked_after(config, pictures, options.pairs, options.seconds)
        report("measures and coach with defaults / nobody looks after it", ratios)
    if options.only_measures:
        return
    if not options.only_browser:
        with tempfile.TemporaryDirectory() as runs:
            os.environ["GANLAB_RUNS"] = runs
            ratios = quiet_viewer(config, pictures, options.pairs, options.seconds)
            report("watched / bare, a viewer that draws nothing", ratios)
    if not options.no_browser:
        ratios = chromium_viewer(options.data, config, pictures, options.pairs, options.seconds)
        report("watched / bare, Chromium drawing on the same cores", ratios)


if __name__ == "__main__":
    main()
