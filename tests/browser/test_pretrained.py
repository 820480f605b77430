"""The latent page of a server that has seen nobody: alive without a run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE

from .visitor import canvas_of

if TYPE_CHECKING:
    from tests.browser.conftest import Server

DRAWN = "(n) => (window.__ganlab?.latent ?? 0) > n"


def drawn(page: Page) -> int:
    return page.evaluate("() => window.__ganlab.latent")


def test_the_first_page_of_a_fresh_server_shows_a_picture(
    page: Page, fresh_server: Server, record_property: Callable[[str, object], None]
) -> None:
    begun = time.perf_counter()
    page.goto(f"{fresh_server.url}/latent")
    page.wait_for_function(DRAWN, arg=0)
    record_property("latent_first_picture_s", time.perf_counter() - begun)
    assert not list(fresh_server.runs.glob("*"))  # without any run
    # the page is ours, with its menu, though nobody had opened the first one
    expect(page.get_by_role("link", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Latent space")).to_be_visible()
    expect(page.locator(".gl-latent figcaption")).to_contain_text("G at step")


def test_another_generator_is_chosen_and_f5_finds_it(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/latent")
    page.wait_for_function(DRAWN, arg=0)
    face = canvas_of(page, ".gl-latent")
    before = drawn(page)
    page.get_by_role("radio", name="Clothes, by class").click()
    page.wait_for_function(DRAWN, arg=before)
    expect(page.locator(".gl-latent figcaption")).to_contain_text("G at step 3")
    assert canvas_of(page, ".gl-latent") != face
    expect(page).to_have_url(re.compile("model=fashion"))
    page.reload()
    page.wait_for_function(DRAWN, arg=0)
    expect(page.get_by_role("radio", name="Clothes, by class")).to_be_checked()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_has_room_for_it(browser: Browser, server: Server, theme: str) -> None:
    context = browser.new_context(
        viewport={"width": 400, "height": 860}, color_scheme="dark" if theme == "dark" else "light"
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{server.url}/latent")
    page.wait_for_function(DRAWN, arg=0)
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    canvas = page.locator(".gl-latent figure canvas").first.bounding_box()
    assert canvas and canvas["y"] + canvas["height"] < 860  # without scrolling
    context.close()
