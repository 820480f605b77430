"""What a visitor does, for all tests of the pages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooSlow

if TYPE_CHECKING:
    from tests.browser.conftest import Server


Seen = TypeVar("Seen")


def open_start(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    expect(page.locator(".gl-real-pictures canvas")).to_be_visible()


def start(page: Page) -> float:
    """Press Start; the seconds until a picture of ten rounds or more is on the screen."""
    begun = time.perf_counter()
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("() => window.__ganlab?.pictureStep >= 10")
    return time.perf_counter() - begun


def in_state(page: Page, state: str) -> None:
    page.wait_for_function("(s) => window.__ganlab?.state === s", arg=state)


def settled(page: Page) -> None:
    """Wait until a page that is being drawn has been drawn to its end.

    Right after something was typed or pressed that is true too early: the page has not begun yet.
    """
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def ledger(folder: Path) -> list[dict]:
    path = folder / "ledger.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def eventually(look: Callable[[], Seen], within: float = 60.0) -> Seen:
    """What ``look`` finds, as soon as that is something."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return seen


def newest_run(server: Server) -> Path:
    # begun last in the app: others may still be written to, or were put there by a test
    dated = [path for path in server.runs.iterdir() if path.name[:8].isdecimal()]
    return max(dated, key=lambda path: (path.name[:15], path.stat().st_mtime))


def canvas_of(page: Page, selector: str) -> str:
    return page.eval_on_selector(f"{selector} canvas", "(canvas) => canvas.toDataURL()")


def shows(page: Page, picture: str) -> None:
    """Wait until the large picture is that one (a data URL, as ``canvas_of`` gives it).

    As far as one z can be drawn the same twice: questions that come together pass the network
    together, which rounds otherwise, by a step of 255 or two.
    """
    page.wait_for_function(
        """(picture) => new Promise((resolve) => {
          const canvas = document.querySelector('.gl-frame canvas');
          const image = new Image();
          image.onload = () => {
            const other = document.createElement('canvas');
            other.width = canvas.width; other.height = canvas.height;
            other.getContext('2d').drawImage(image, 0, 0);
            const [a, b] = [canvas, other].map((one) =>
              one.getContext('2d').getImageData(0, 0, one.width, one.height).data);
            resolve(a.every((value, i) => Math.abs(value - b[i]) <= 3));
          };
          image.src = picture;
        })""",
        arg=picture,
    )


def choose(page: Page, box: str, option: str, *, search: bool = False) -> None:
    """Open a list and choose; a page that is being redrawn may close the list again.

    A long list holds only what is in sight: there the option is searched for.
    """
    wanted = page.get_by_role("option", name=option)
    for _ in range(5):
        page.get_by_role("combobox", name=box).click()
        if search:
            page.get_by_role("combobox", name=box).fill(option)
        try:
            wanted.click(timeout=3000)
        except TooSlow:
            continue
        return
    raise AssertionError(f"{box} never offered {option}")


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    in_state(page, "stopped")


def explore(page: Page, *tool: str) -> None:
    """From the page where a run is, to its latent space, and there to one of the tools."""
    page.get_by_role("link", name="Walk its latent space").click()
    page.wait_for_function("() => window.__ganlab.latent >= 1")
    for name in tool:
        page.get_by_role("tab", name=name).click()


def drag(page: Page, selector: str, dx: float, dy: float, steps: int = 20) -> None:
    """Press in the middle of something, move by so many px, release."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=steps)
    page.mouse.up()
