"""Save now: a press, an answer, and a file; on a phone too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE

from .visitor import in_state, newest_run, open_start, start, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server


SAVED = """() => document.querySelector('[data-testid="stToast"]')?.textContent
  .match(/Saved at step ([\\d,]+)\\./)?.[1]"""


@pytest.mark.parametrize("width", [1280, 400])
def test_a_run_is_saved_now(
    page: Page, context: BrowserContext, server: Server, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_start(page, server)
    start(page)
    page.get_by_role("button", name="Save now").click()
    told = page.wait_for_function(SAVED).json_value()  # in one look: it goes after some seconds
    step = int(told.replace(",", ""))
    assert (newest_run(server) / "checkpoints" / f"{step:09d}.pt").is_file()
    in_state(page, "running")
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= width, "the page has grown wider than the screen"
    guest = context.browser.new_context().new_page()  # who has the link alone
    guest.context.set_default_timeout(PATIENCE)
    guest.goto(page.url)
    guest.wait_for_function("() => window.__ganlab?.step > 0")
    expect(guest.get_by_role("button", name="Save now")).to_have_count(0)
    guest.context.close()
    stop(page)
    expect(page.get_by_role("button", name="Save now")).to_be_disabled()
    ended = page.evaluate("() => window.__ganlab.step")
    assert ended >= step
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function("(n) => window.__ganlab?.step > n", arg=ended)
    in_state(page, "running")
    stop(page)
