"""A real server and a real Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from gan_lab.data import data_root
from tests import second_chance
from tests.browser.visitor import in_state, open_start, start
from tests.patience import WAIT

ROOT = Path(__file__).parent.parent.parent
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
PATIENCE = int(1000 * WAIT)  # ms
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Here a test that fails is played once more, and the end of the report names it.

    So a landing fails for what is broken, and not for what one time in a thousand comes late; how
    often that is ``python benchmarks/campaign.py rounds`` counts, without second chances.
    """
    second_chance.give(config, items)


def chromium() -> str:
    """Where Debian's Chromium is; without one the tests are skipped, but not in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        why = "these tests need Debian's chromium: apt-get install chromium"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return path


@dataclass
class Server:
    """A playground that runs as users run it.

    Attributes:
        url: of its first page.
        runs: folder of its runs.
    """

    url: str
    runs: Path
    process: subprocess.Popen[bytes]

    def memory(self) -> int:
        """Resident memory, bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return 1024 * int(line.split()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``streamlit run app.py`` on a free port, with runs of its own."""
    with _serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """The same, for a test that must be its first visitor."""
    with _serving(tmp_path) as running:
        yield running


@pytest.fixture
def serve() -> Callable[[Path], contextlib.AbstractContextManager[Server]]:
    """For a test that starts servers itself: one in a folder, with the runs that are there."""
    return _serving


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[Server]:
    chromium()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true",
               f"--server.port={port}", "--server.address=127.0.0.1"]  # fmt: skip
    data = folder / "data"  # the sets that are here, and a place of its own for what visitors send
    if not data.exists():  # a server that is started anew finds what it had
        data.mkdir()
        for entry in data_root().glob("*"):
            (data / entry.name).symlink_to(entry.resolve())
    environment = os.environ | {
        "GANLAB_DATA": str(data),
        "GANLAB_RUNS": str(folder / "runs"),
        "GANLAB_GRACE": "600",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url + "/_stcore/health", process, folder / "log")
        yield Server(url, folder / "runs", process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the server did not start:\n{log.read_text('utf-8', 'replace')}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One visitor."""
    visitor = browser.new_context(viewport={"width": 1280, "height": 900})
    visitor.set_default_timeout(PATIENCE)
    yield visitor
    visitor.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not complain: errors of the console fail the test."""
    opened = context.new_page()
    complaints = _listen(opened)
    yield opened
    assert not complaints


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """One visitor for all tests of a file."""
    one = browser.new_context(viewport={"width": 1280, "height": 900})
    one.set_default_timeout(PATIENCE)
    yield one
    one.close()


@pytest.fixture(scope="module")
def paused_run(visitor: BrowserContext, server: Server, request: pytest.FixtureRequest) -> str:
    """The address of a run that this visitor has paused, for all tests of a file.

    It has ten steps, or as many as the file's ``STEPS`` says.
    """
    page = visitor.new_page()
    open_start(page, server)
    start(page)
    page.wait_for_function("(n) => __ganlab.step >= n", arg=getattr(request.module, "STEPS", 10))
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    address = page.url
    page.close()
    return address


@pytest.fixture
def paused(visitor: BrowserContext, paused_run: str) -> Iterator[Page]:
    """A new page of the paused run, whose visitor has kept nothing; errors fail the test."""
    opened = visitor.new_page()
    complaints = _listen(opened)
    opened.goto(paused_run)
    in_state(opened, "paused")
    yield opened
    opened.evaluate("() => localStorage.clear()")
    opened.close()
    assert not complaints


@pytest.fixture(scope="session")
def listen() -> Callable[[Page], list[str]]:
    """For further pages of a test: the list of what they complain about."""
    return _listen


def _listen(page: Page) -> list[str]:
    """Collects what the page complains about, as it happens."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # opened at /latent, Streamlit looks for its server below that path first, and is told: 404
        url = message.location.get("url", "")
        looking = any(f"/{path}/_stcore/" in url for path in ("latent", "data"))
        if message.type == "error" and not looking:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
