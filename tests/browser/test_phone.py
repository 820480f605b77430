"""The page on a phone, whose side bar lies over it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from gan_lab.presets import presets

from .visitor import choose, eventually, in_state, ledger, newest_run, open_start, start, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server


def test_the_side_bar_over_the_page_turns_no_knob(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    open_start(page, server)
    page.get_by_role("button", name="Expand sidebar").click()
    choose(page, "Preset", "D is too strong", search=True)
    expect(page.get_by_role("combobox", name="Preset")).to_have_value(re.compile("^D is too"))
    about = next(one.about for one in presets().values() if one.title.startswith("D is too strong"))
    expect(page.get_by_test_id("stSidebar").get_by_text(about)).to_be_visible()  # it is taken
    page.get_by_role("button", name="Collapse sidebar").click()
    start(page)
    slider = page.get_by_role("slider", name="G: Learning rate")
    expect(slider).to_have_attribute("aria-valuetext", "2e-4")
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    run = newest_run(server)
    assert [entry["path"] for entry in eventually(lambda: ledger(run))] == ["pause"]
    page.get_by_role("button", name="Resume").click()
    in_state(page, "running")
    stop(page)
    assert not any("." in entry["path"] for entry in ledger(run))
