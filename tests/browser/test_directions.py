"""The panel "Directions" of the latent page: found, moved, named, kept, downloaded."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from gan_lab.runs.kept_directions import NAME
from tests.browser.conftest import PATIENCE, Server
from tests.browser.test_components import mount
from tests.browser.test_dials_and_map import alone, answer, asked
from tests.browser.visitor import canvas_of, in_state, newest_run, shows

__all__ = ["alone", "mount"]  # fixtures


@pytest.fixture
def panel(paused: Page, server: Server) -> Iterator[Page]:
    """The panel, of a run of digits that its owner has paused; nothing is kept with the run."""
    paused.get_by_role("link", name="Walk its latent space").click()
    paused.wait_for_function("() => window.__ganlab.latent >= 1")
    paused.get_by_role("tab", name="Directions").click()
    yield paused
    (newest_run(server) / NAME).unlink(missing_ok=True)


def goes_on_to_tell(panel: Page) -> None:
    """First it learns what the real pictures show, in a thread that gives way to all others: on a
    busy machine that takes its time, but never stands still."""
    told, status = panel.locator(".gl-told").first, panel.locator(".gl-predictions .gl-status")
    while not told.text_content():
        panel.wait_for_function(
            """(was) => document.querySelector('.gl-told').textContent
              || document.querySelector('.gl-predictions .gl-status').textContent !== was""",
            arg=status.text_content(),
        )


def test_directions_are_found_moved_named_kept_and_downloaded(
    panel: Page, server: Server, browser: Browser
) -> None:
    panel.get_by_role("button", name="Find by SeFa").click()
    expect(panel.locator(".gl-way")).to_have_count(6)
    before = canvas_of(panel, ".gl-frame")
    slider = panel.get_by_role("slider", name="SeFa 1")
    slider.fill("3")
    panel.wait_for_function(
        "(before) => document.querySelector('.gl-frame canvas').toDataURL() !== before", arg=before
    )
    expect(panel.locator(".gl-way output").first).to_have_text("+3.00 σ")
    # somewhere else is a new middle
    panel.get_by_role("button", name="New random z").click()
    expect(panel.locator(".gl-way output").first).to_have_text("0.00 σ")
    # previews differ from end to end
    panel.wait_for_function(
        """() => {
          const strip = document.querySelector('.gl-strip canvas');
          if (strip.width !== 5 * strip.height) return false;
          const context = strip.getContext('2d');
          const side = strip.height;
          const [a, b] = [0, 4 * side].map((x) => context.getImageData(x, 0, side, side).data);
          return a.some((value, i) => value !== b[i]);
        }"""
    )
    # a name is text and nothing else
    name = '<img src=x onerror="alert(1)">'
    first = panel.locator(".gl-way").first
    first.get_by_role("textbox").fill(name)
    first.get_by_role("textbox").press("Enter")
    first.get_by_role("button", name="Save").click()
    expect(panel.locator(".gl-status").first).to_contain_text("Saved with the run")
    kept = json.loads((newest_run(server) / NAME).read_text("utf-8"))["directions"]
    assert [one["name"] for one in kept] == [name]
    assert panel.locator(".gl-directions img[src='x']").count() == 0
    with panel.expect_download() as told:
        panel.get_by_role("button", name="Download JSON").click()
    listed = json.loads(told.value.path().read_text("utf-8"))["directions"]
    assert len(listed) == 6 and listed[0]["vector"] == kept[0]["vector"]
    with panel.expect_download() as told:
        panel.get_by_role("button", name="Download for NumPy").click()
    with np.load(told.value.path()) as file:
        assert file["vectors"].shape == (6, len(kept[0]["vector"]))
    # whoever has the link uses what is kept, and keeps in their own browser
    visitor = browser.new_context()
    guest = visitor.new_page()
    guest.set_default_timeout(PATIENCE)
    guest.goto(panel.url)
    guest.wait_for_function("() => window.__ganlab?.latent >= 1")
    guest.get_by_role("tab", name="Directions").click()
    expect(guest.locator(".gl-way")).to_have_count(1)
    expect(guest.get_by_role("textbox", name="Name of this direction")).to_have_value(name)
    guest.get_by_role("button", name="Find by PCA").click()
    expect(guest.locator(".gl-way")).to_have_count(7)
    guest.get_by_role("button", name="Save PCA 1").click()
    expect(guest.locator(".gl-status").first).to_contain_text("in this browser")
    guest.reload()
    guest.wait_for_function("() => window.__ganlab?.latent >= 1")
    expect(guest.locator(".gl-way")).to_have_count(2)
    visitor.close()
    assert len(json.loads((newest_run(server) / NAME).read_text("utf-8"))["directions"]) == 1


def test_all_are_saved_however_fast_one_presses(alone) -> None:
    page = alone(2)
    page.get_by_role("tab", name="Directions").click()
    page.get_by_role("button", name="Find by SeFa").click()
    plain = {"vector": [1.0, 0.0], "sigma": 1.0, "reach": 3.0, "step": 1, "source": "", "note": ""}
    found = [plain | {"name": name} for name in ("one", "two")]
    answer(page, "directions", b"", found=found)
    listing = asked(page, "kept")
    for name in ("one", "two"):  # who owns the run has not been told yet
        page.get_by_role("button", name=f"Save {name}").click()
    answer(page, "kept", b"", kept=[], owns=True)
    for k, name in enumerate(("one", "two")):
        page.wait_for_function(
            "(id) => sockets[0].sent.some((text) => text.includes('keep') && text.includes(id))",
            arg=f'"name":"{name}"',
        )
        question = asked(page, "kept")
        assert question["direction"]["name"] == name and question["id"] > listing["id"] + k
        answer(page, "kept", b"", kept=found[: k + 1], owns=True)
    expect(page.locator(".gl-way button:disabled")).to_have_text(["Saved", "Saved"])


def test_a_direction_from_clicked_pictures_and_what_it_predicts(panel: Page) -> None:
    panel.get_by_text("Choose pictures: these, not those").click()
    fold = panel.locator(".gl-choosing details").first
    picks = fold.locator(".gl-lattice .gl-pick")
    expect(picks).to_have_count(24)
    find = fold.get_by_role("button", name="Find the direction")
    expect(find).to_be_disabled()
    for place in range(3):
        picks.nth(place).click()
        picks.nth(place + 3).click(click_count=1)
        picks.nth(place + 3).click(click_count=1)
    expect(fold.get_by_text("3 these (+), 3 not these (−)")).to_be_visible()
    fold.get_by_role("button", name="More pictures").click()
    expect(fold.locator(".gl-chosen .gl-pick")).to_have_count(6)  # what was chosen stays
    fold.get_by_role("textbox", name="Name of the direction").fill("loops")
    find.click()
    expect(panel.get_by_role("slider", name="loops")).to_be_visible()
    expect(panel.locator(".gl-note").first).to_contain_text("3 against 3 pictures")
    panel.get_by_role("button", name="What do they change?").click()
    goes_on_to_tell(panel)
    expect(panel.locator(".gl-told").first).to_contain_text("Predicts")
    panel.get_by_text("the whole table").click()
    expect(panel.locator(".gl-table thead th")).to_have_count(11)
    expect(panel.locator(".gl-table tbody tr")).to_have_count(1)


def test_a_difference_goes_from_one_kept_picture_to_the_other(panel: Page) -> None:
    keep, fresh = (panel.get_by_role("button", name=name) for name in ("Keep", "New random z"))
    keep.click()
    shown = canvas_of(panel, ".gl-frame")
    fresh.click()
    panel.wait_for_function(
        "(before) => document.querySelector('.gl-frame canvas').toDataURL() !== before", arg=shown
    )
    keep.click()
    there = canvas_of(panel, ".gl-frame")
    panel.get_by_text("From one kept picture to another").click()
    fold = panel.locator(".gl-choosing details").nth(1)
    fold.locator(".gl-pick").nth(0).click()
    fold.locator(".gl-pick").nth(1).click()
    fold.get_by_role("button", name="Find the direction").click()
    slider = panel.get_by_role("slider", name="difference")
    expect(slider).to_be_visible()
    shows(panel, shown)
    slider.fill(slider.get_attribute("max") or "")
    shows(panel, there)


def test_a_direction_of_an_older_generator_says_so(panel: Page) -> None:
    panel.get_by_role("button", name="Find by SeFa").click()
    expect(panel.locator(".gl-way")).to_have_count(6)
    expect(panel.locator(".gl-aged")).to_be_hidden()
    panel.get_by_role("link", name="Back to training").click()
    panel.get_by_role("button", name="Resume").click()
    in_state(panel, "running")
    panel.get_by_role("link", name="Walk its latent space").click()
    panel.get_by_role("tab", name="Directions").click()
    panel.get_by_role("button", name="Find by SeFa").click()
    expect(panel.locator(".gl-way")).to_have_count(6)
    expect(panel.locator(".gl-aged")).to_contain_text("may have moved on")
    panel.get_by_role("link", name="Back to training").click()
    panel.get_by_role("button", name="Pause").click()
    in_state(panel, "paused")
