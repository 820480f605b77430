"""Pictures of every page, wide and narrow, light and dark, for people to look at."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE

from .visitor import choose

if TYPE_CHECKING:
    from tests.browser.conftest import Server

KEPT = Path(__file__).parent.parent.parent / "docs" / "screenshots"
SIZES = {"wide": (1280, 900), "narrow": (400, 860)}
KEEP = os.environ.get("GANLAB_SCREENSHOTS") == "1"
STEPS = 600 if KEEP else 20  # of the run that is shown; whether a page fits needs few
TALL = 1750  # px


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``docs/screenshots`` if GANLAB_SCREENSHOTS=1, else a place that is thrown away."""
    chosen = KEPT if KEEP else tmp_path_factory.mktemp("screenshots")
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@contextlib.contextmanager
def trained(browser: Browser, server: Server, preset: str = "", seed: int = 0) -> Iterator[str]:
    """The query of a run of a visitor of its own that has learnt something and now stands still."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(server.url)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    if preset:
        choose(page, "Preset", preset, search=True)
    box = page.get_by_role("spinbutton", name="Seed")
    box.fill(str(seed))
    box.press("Enter")
    rest(page, 1000)
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("(n) => window.__ganlab?.step >= n", arg=STEPS, timeout=2 * PATIENCE)
    page.get_by_role("slider", name="Instance noise").first.press("ArrowRight")
    page.wait_for_function("(n) => window.__ganlab?.step >= n", arg=2 * STEPS, timeout=2 * PATIENCE)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    yield page.url.partition("?")[2]
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    context.close()


@pytest.fixture(scope="module")
def run(browser: Browser, server: Server) -> Iterator[str]:
    """The query of a run on digits."""
    with trained(browser, server) as query:
        yield query


@pytest.fixture(scope="module")
def other(browser: Browser, server: Server, run: str) -> Iterator[str]:
    """The same with another seed; after ``run``, whose visitor is the first."""
    with trained(browser, server, seed=1) as query:
        yield query


@pytest.fixture(scope="module")
def points(browser: Browser, server: Server, run: str) -> Iterator[str]:
    """The query of a run with points."""
    with trained(browser, server, "Ring of 8") as query:
        yield query


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Literal["light", "dark"]:
    return request.param


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def visitors(
    browser: Browser, server: Server, run: str
) -> Iterator[Callable[[str, Literal["light", "dark"]], BrowserContext]]:
    """Of every size and theme one visitor with the right to control the run. Its pages share what
    the browser has read."""
    owner = browser.contexts[0].cookies()  # of ``run``

    @cache
    def visitor(size: str, theme: Literal["light", "dark"]) -> BrowserContext:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies(owner)  # the run's owner, seen anew
        page = context.new_page()
        page.goto(server.url)  # a cookie of the server's own
        page.close()
        made.append(context)
        return context

    made: list[BrowserContext] = []
    yield visitor
    for context in made:
        context.close()


@pytest.fixture
def opened(
    visitors: Callable[[str, Literal["light", "dark"]], BrowserContext],
    theme: Literal["light", "dark"],
    size: str,
) -> Iterator[Page]:
    """A page as its visitor sees it, with the right to control the run."""
    page = visitors(size, theme).new_page()
    yield page
    page.evaluate("() => localStorage.clear()")
    page.close()


def rest(page: Page, ms: int) -> None:
    """Until all that is still on its way has come, for a picture that people will look at."""
    if KEEP:
        page.wait_for_timeout(ms)


FITS = "() => document.documentElement.scrollWidth <= window.innerWidth"


def fits(page: Page) -> None:
    """Nothing sticks out to the right once all has its place, and nothing that comes later does."""
    page.wait_for_function(FITS)
    page.wait_for_timeout(300)
    assert page.evaluate(FITS)


def shown(page: Page, url: str) -> None:
    """The page of a run, with its pictures and curves."""
    page.goto(url)
    page.wait_for_function("() => window.__ganlab?.pictures >= 1 && __ganlab.curves >= 1")
    rest(page, 1000)
    fits(page)


def test_start(opened: Page, server: Server, folder: Path, theme: str, size: str) -> None:
    opened.goto(server.url)
    expect(opened.locator(".gl-real-pictures canvas")).to_be_visible()
    rest(opened, 1000)
    fits(opened)
    opened.screenshot(path=folder / f"start-{theme}-{size}.png")


def test_train(opened: Page, server: Server, folder: Path, run: str, theme: str, size: str) -> None:
    if size == "wide":  # all of it in one picture
        opened.set_viewport_size({"width": SIZES[size][0], "height": TALL})
    shown(opened, f"{server.url}/?{run}")
    opened.screenshot(path=folder / f"train-{theme}-{size}.png")
    if size == "narrow":  # what lies below the first screen too
        for part in ("chart", "opinion"):
            opened.locator(f".gl-{part}").last.scroll_into_view_if_needed()
            rest(opened, 700)
            opened.screenshot(path=folder / f"train-{theme}-{size}-{part}.png")


def test_points(
    opened: Page, server: Server, folder: Path, points: str, theme: str, size: str
) -> None:
    shown(opened, f"{server.url}/?{points}")
    opened.screenshot(path=folder / f"plane-{theme}-{size}.png")


def test_slow_motion(
    opened: Page, server: Server, folder: Path, run: str, theme: str, size: str
) -> None:
    shown(opened, f"{server.url}/?{run}")
    opened.get_by_role("button", name="Slow motion").first.click()
    panel = opened.locator(".gl-walk")
    expect(panel).to_be_visible()
    for _ in range(3):  # to where D judges fakes
        panel.get_by_role("button", name="Next").click()
    panel.scroll_into_view_if_needed()
    rest(opened, 700)
    fits(opened)
    opened.screenshot(path=folder / f"slow-{theme}-{size}.png")


def test_runs(
    opened: Page, server: Server, folder: Path, run: str, other: str, theme: str, size: str
) -> None:
    opened.goto(f"{server.url}/runs")
    expect(opened.locator(".gl-run").first).to_be_visible()
    rest(opened, 1000)  # its small pictures
    fits(opened)
    opened.screenshot(path=folder / f"runs-{theme}-{size}.png")


def test_compare(
    opened: Page, server: Server, folder: Path, run: str, other: str, theme: str, size: str
) -> None:
    a, b = (query.partition("run=")[2].partition("&")[0] for query in (run, other))
    opened.goto(f"{server.url}/compare?a={a}&b={b}")
    # both grids; the plots may be out of sight
    told = opened.locator(".gl-compare figcaption", has_text="At step")
    expect(told).to_have_count(2)
    rest(opened, 2500)
    fits(opened)
    opened.screenshot(path=folder / f"compare-{theme}-{size}.png")


def test_latent(
    opened: Page, server: Server, folder: Path, run: str, theme: str, size: str
) -> None:
    opened.goto(f"{server.url}/latent?{run}&model=faces")
    opened.wait_for_function("() => window.__ganlab?.latent >= 1")
    opened.get_by_role("tab", name="Sliders").click()
    for kept in range(3):
        opened.get_by_role("button", name="New random z").click()
        opened.wait_for_function("(n) => window.__ganlab.latent >= n", arg=kept + 2)
        opened.get_by_role("button", name="Keep").click()
    rest(opened, 1500)
    fits(opened)
    opened.screenshot(path=folder / f"latent-{theme}-{size}.png")


TOOLS = {
    "Directions": ("Find by PCA", ".gl-ways-found > li"),
    "Look inside": ("", ".gl-inside canvas"),
}
"""The telling ones: what is pressed there, if anything, and what then comes."""


@pytest.mark.parametrize("tool", TOOLS)
def test_tools_of_the_latent_page(
    opened: Page, server: Server, folder: Path, tool: str, theme: str, size: str
) -> None:
    press, comes = TOOLS[tool]
    opened.goto(f"{server.url}/latent?model=faces")
    opened.wait_for_function("() => window.__ganlab?.latent >= 1")
    opened.get_by_role("tab", name=tool).click()
    if press:
        opened.get_by_role("button", name=press).click()
    expect(opened.locator(comes).first).to_be_visible()
    opened.locator(".gl-latent").scroll_into_view_if_needed()
    rest(opened, 3000)  # its small pictures
    fits(opened)
    if (theme, size) == ("light", "wide"):  # one of each is enough to keep
        name = tool.lower().replace(" ", "-")
        opened.screenshot(path=folder / f"latent-{name}-{theme}-{size}.png")
