"""Runs are found again: after a kill, and among many."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from gan_lab.config import RunConfig, put
from gan_lab.presets import DEFAULT, preset
from gan_lab.runs import Budget, Run, RunDirectory
from gan_lab.share import Link, encode
from tests.patience import WAIT

from .visitor import eventually, in_state, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server

Serve = Callable[[Path], AbstractContextManager["Server"]]


def runs_page(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.locator(".gl-run").first).to_be_visible()


def card(page: Page, words: str):
    return page.locator(".gl-run", has_text=words)


def newest_checkpoint(folder: Path) -> int:
    """Its step."""
    return max((int(path.stem) for path in (folder / "checkpoints").glob("*.pt")), default=0)


def test_a_killed_server_loses_no_run(page: Page, serve: Serve, tmp_path: Path) -> None:
    config = put(preset(DEFAULT).config, {"training.checkpoint_seconds": 0.5})
    link = encode(Link(DEFAULT, config))
    with serve(tmp_path) as server:
        page.goto(f"{server.url}/?share={link}")
        page.get_by_role("button", name="Start").click()
        page.wait_for_function("() => window.__ganlab?.step >= 10")
        (folder,) = (path for path in server.runs.iterdir() if (path / "config.json").exists())
        page.goto("about:blank")  # who looks on would complain of a server that is gone
        eventually(lambda: newest_checkpoint(folder) > 0)
        server.process.kill()
        server.process.wait()
    kept = newest_checkpoint(folder)
    assert kept > 0
    with serve(tmp_path) as server:
        page.goto(server.url)
        page.get_by_role("link", name="left behind").click()
        expect(page.locator(".gl-run-state")).to_have_text("Left behind")
        page.get_by_role("button", name="Go on training").click()
        page.wait_for_function("(n) => window.__ganlab?.step > n", arg=kept)
        in_state(page, "running")
        page.wait_for_function("() => window.__ganlab.pictures >= 1 && __ganlab.curves >= 1")
        stop(page)
    steps = json.loads((folder / "summary.json").read_text("utf-8"))["steps"]
    assert steps > kept


@pytest.fixture
def two(server: Server, small: Callable[..., RunConfig]) -> tuple[str, str]:
    """Folders of two finished runs that the command line, or another machine, trained."""
    names = "elsewhere-one", "elsewhere-two"
    for name, lr in zip(names, (0.001, 0.004), strict=True):
        directory = RunDirectory.create(server.runs / name)
        run = Run(small({"optim.g.lr": lr}), directory, budget=Budget(steps=20))
        run.start()
        run.join(WAIT)
    return names


def test_a_run_is_found_named_deleted_and_had_back(
    page: Page, server: Server, two: tuple[str, str]
) -> None:
    runs_page(page, server)
    search = page.get_by_role("searchbox", name="Search")
    search.fill(two[0])
    expect(page.locator(".gl-run")).to_have_count(1)
    page.get_by_role("button", name="Name and tags").click()
    page.get_by_label("Name", exact=True).fill("<b>My</b> **first**")
    page.get_by_label("Tags").fill("school, slow")
    page.get_by_label("Note").fill("G was too <i>slow</i>")
    page.get_by_role("button", name="Save").click()
    named = card(page, "<b>My</b> **first**")  # as it was written
    expect(named).to_be_visible()
    expect(named.locator("b, i, strong")).to_have_count(0)

    search.fill("too slow nonsense")
    expect(page.locator(".gl-run")).to_have_count(0)
    search.fill("<i>slow school")
    expect(page.locator(".gl-run")).to_have_count(1)
    search.fill("")
    page.get_by_role("combobox", name="Tag", exact=True).select_option("slow")
    expect(page.locator(".gl-run")).to_have_count(1)

    folder = server.runs / two[0]
    named.get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()  # so the keyboard has it
    assert not folder.exists()
    undo.press("Enter")
    expect(named.get_by_role("button", name="Delete")).to_be_visible()
    assert (folder / "config.json").exists()

    named.get_by_role("button", name="Open").click()
    page.wait_for_function("() => window.__ganlab?.pictures >= 1 && __ganlab.curves >= 1")
    assert page.evaluate("() => window.__ganlab.step") == 20
