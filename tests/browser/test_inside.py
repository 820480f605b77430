"""Looking inside in a real browser: a channel off and back, and what D looks at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from .visitor import canvas_of, in_state, open_start, shows, start, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server


def changes(page: Page, selector: str, before: str) -> None:
    page.wait_for_function(
        "([s, before]) => document.querySelector(`${s} canvas`).toDataURL() !== before",
        arg=[selector, before],
    )


def test_a_channel_is_switched_off_and_comes_back(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    page.wait_for_function("() => window.__ganlab.step >= 100")
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    page.get_by_role("link", name="Walk its latent space").click()
    page.wait_for_function("() => window.__ganlab.latent >= 1")
    page.get_by_role("tab", name="Look inside").click()
    network = page.get_by_role("group", name="The stages of G, from z to the picture")
    expect(network.get_by_role("button")).to_have_count(4)
    expect(network.locator("[aria-pressed=true]")).to_have_text("2")

    # the channel that matters most, switched off: the large picture follows
    page.get_by_role("button", name="Measure").click()
    best = page.locator(".gl-ranked button").first
    expect(page.locator(".gl-progress")).to_contain_text("for this z: how much")  # all are tried
    best.click()
    number = re.search(r"Channel (\d+)", best.inner_text())
    assert number is not None
    expect(page.get_by_label("Channel", exact=True)).to_have_value(number[1])
    expect(page.locator(".gl-change")).to_have_text("Nothing is turned yet.")
    plain, lattice = canvas_of(page, ".gl-frame"), canvas_of(page, ".gl-into-g .gl-lattice")
    page.get_by_role("button", name="Off", exact=True).click()
    changes(page, ".gl-frame", plain)
    changes(page, ".gl-into-g .gl-lattice", lattice)
    expect(page.locator(".gl-list")).to_contain_text(f"Stage 2, channel {number[1]}: off")
    expect(page.locator(".gl-change")).to_contain_text("of its range")

    # another tool shows G as it is, and back here it is turned again
    page.get_by_role("tab", name="Sliders").click()
    shows(page, plain)
    page.get_by_role("tab", name="Look inside").click()
    changes(page, ".gl-frame", plain)
    page.get_by_role("button", name="Reset all").click()
    shows(page, plain)

    # a click into the lattice chooses; louder by keyboard
    box = page.locator(".gl-into-g .gl-lattice canvas")
    box.click(position={"x": 5, "y": 5})
    expect(page.get_by_label("Channel", exact=True)).to_have_value("0")
    page.get_by_role("slider", name="How loud").press("End")
    expect(page.locator(".gl-list")).to_contain_text("Stage 2, channel 0: × 4.0")
    page.get_by_role("button", name="Reset all").click()

    # what D looks at, in a fake and in a real picture
    page.get_by_role("button", name="What D looks at").click()
    expect(page.locator(".gl-score")).to_contain_text("probability")
    fake = canvas_of(page, ".gl-overlay")
    page.get_by_role("button", name="A real one").click()
    changes(page, ".gl-overlay", fake)
    real = canvas_of(page, ".gl-overlay")
    page.get_by_role("combobox", name="Show").select_option("brighter")
    changes(page, ".gl-overlay", real)
    expect(page.locator(".gl-for")).to_contain_text("brighter here")

    page.get_by_role("link", name="Back to training").click()
    in_state(page, "paused")
    stop(page)
