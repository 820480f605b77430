"""A real server and a real Chromium for the benchmarks."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator

from house import ROOT
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(env: dict[str, str] | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`streamlit run app.py` as a process of its own; its address and itself."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
        command += ["--server.port", str(port), "--server.headless", "true"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "GANLAB_RUNS": runs, **(env or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(url)
            yield url, process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:  # it is told of, and holds up nothing
                process.kill()
                process.wait()
                print("the server did not end within 30 s and was killed", file=sys.stderr)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).read()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def button(page: Page, name: str) -> None:
    """Press a button by its label."""
    page.get_by_role("button", name=name, exact=False).first.click()


def counter(page: Page, name: str) -> float:
    """One of the page's own counters (assets/components/counters.js)."""
    return page.evaluate(f"window.__ganlab ? window.__ganlab.{name} : 0")


def choose(page: Page, box: str, option: str) -> None:
    """One option of a list that can be searched."""
    field = page.get_by_role("combobox", name=box)
    field.click()
    field.fill(option)
    page.get_by_role("option", name=option).first.click()
    page.wait_for_timeout(1500)


def open_all(page: Page) -> None:
    """Unfold every panel of the live view."""
    page.evaluate(
        "document.querySelectorAll('.gl-live details').forEach((d) => { d.open = true; })"
    )
