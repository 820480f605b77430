"""Wells, the way back from a picture, and memorised or new, in a real browser."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .test_components import mount
from .test_dials_and_map import alone, answer, asked
from .visitor import canvas_of

if TYPE_CHECKING:
    pass

__all__ = ["alone", "mount"]  # fixtures


def a_picture() -> bytes:
    pixels = np.zeros((40, 60), np.uint8)
    pixels[8:32, 26:34] = 255  # a one, nearly
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def drag(page: Page, source: str, target: str) -> None:
    a, b = page.locator(source).first.bounding_box(), page.locator(target).bounding_box()
    assert a and b
    page.mouse.move(a["x"] + 12, a["y"] + 12)
    page.mouse.down()
    page.mouse.move(a["x"] + 40, a["y"] + 30)
    page.mouse.move(b["x"] + 30, b["y"] + 60)
    page.mouse.up()


STEPS = 200
"""Of the paused run."""


@pytest.fixture
def explored(paused: Page) -> Page:
    """The latent space of a paused run."""
    paused.get_by_role("link", name="Walk its latent space").click()
    paused.wait_for_function("() => window.__ganlab.latent >= 1")
    return paused


def differs(page: Page, before: str) -> None:
    page.wait_for_function(
        "(old) => document.querySelector('.gl-frame canvas').toDataURL() !== old", arg=before
    )


def tells(page: Page, place: str, words: str) -> None:
    """Wait for what a tool says at last. It works in threads that give way to all others: on a busy
    machine that takes its time, but never stands still."""
    while words not in (told := page.locator(place).text_content() or ""):
        page.wait_for_function(
            "([place, told]) => document.querySelector(place).textContent !== told",
            arg=[place, told],
        )


def test_pictures_are_dragged_pressed_and_typed_into_wells(explored: Page) -> None:
    page = explored
    for count in (1, 2, 3):
        shown = canvas_of(page, ".gl-frame")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.locator(".gl-kept")).to_have_count(count)
        page.get_by_role("button", name="New random z").click()
        differs(page, shown)

    # one dragged from the shelf, one pressed, one by keyboard
    page.get_by_role("tab", name="Arithmetic").click()
    here = canvas_of(page, ".gl-frame")
    drag(page, ".gl-kept > button:first-child", "[data-well=a]")
    expect(page.locator("[data-well=a] .gl-in button")).to_have_count(1)
    assert canvas_of(page, ".gl-frame") == here, "a drag is no press"
    page.locator("[data-well=b] .gl-name").click()
    page.get_by_role("button", name="Put picture 2 into B").click()
    page.locator("[data-well=c] .gl-name").press("Enter")
    page.get_by_role("button", name="Put picture 3 into C").press("Enter")
    expect(page.locator(".gl-wells .gl-says")).to_contain_text("Length of z, usually 8.0: A ")
    expect(page.locator(".gl-wells .gl-says")).to_contain_text("C ")
    page.locator(".gl-wells .gl-there").click()
    differs(page, here)
    page.get_by_role("button", name="Take picture 1 out of A").click()
    expect(page.locator("[data-well=a] .gl-in button")).to_have_count(0)


def test_a_picture_of_one_s_own_is_looked_for(explored: Page) -> None:
    page = explored
    page.get_by_role("tab", name="Find z").click()
    begin = page.get_by_role("button", name="Find z", exact=True)
    subject = page.locator(".gl-inversion .gl-subject")
    subject.locator("select").select_option("file")
    expect(begin).to_be_disabled()
    file = subject.locator("input[type=file]")
    file.set_input_files({"name": "no.png", "mimeType": "image/png", "buffer": b"<b>nothing</b>"})
    expect(subject.locator("p")).to_contain_text("no picture that can be read")
    expect(begin).to_be_disabled()
    file.set_input_files({"name": "1.png", "mimeType": "image/png", "buffer": a_picture()})
    expect(subject.locator("img")).to_be_visible()
    before = canvas_of(page, ".gl-frame")
    begin.click()
    tells(page, ".gl-inversion .gl-says", "Done: the nearest is at")
    page.get_by_role("button", name="Go there").click()
    differs(page, before)


def test_a_picture_that_comes_late_is_not_that_of_another_kind_chosen_since(alone) -> None:
    page = alone(2)
    page.get_by_role("tab", name="Find z").click()
    answer(page, "real", a_picture(), numbers=[7, 8], columns=2, mime="image/png")
    subject = page.locator(".gl-inversion .gl-subject")
    subject.get_by_role("button", name="Real picture 7").click()
    asked(page, "subject")
    subject.locator("select").select_option("file")
    answer(page, "subject", a_picture(), mime="image/png")
    expect(subject.locator("img")).to_be_hidden()
    expect(subject.locator("p")).to_contain_text("A photograph or a drawing")
    expect(page.get_by_role("button", name="Find z", exact=True)).to_be_disabled()
    subject.locator("select").select_option("train")
    answer(page, "real", a_picture(), numbers=[7, 8], columns=2, mime="image/png")
    subject.get_by_role("button", name="Real picture 8").click()
    answer(page, "subject", a_picture(), mime="image/png")
    expect(subject.locator("p")).to_contain_text("Real picture 8.")
    expect(page.get_by_role("button", name="Find z", exact=True)).to_be_enabled()


def test_a_training_picture_is_found_and_a_thousand_samples(explored: Page) -> None:
    page = explored
    page.get_by_role("tab", name="Memorised?").click()
    subject = page.locator(".gl-neighbours .gl-subject")
    subject.locator("select").select_option("train")
    subject.locator(".gl-reals button").nth(5).click()
    page.locator(".gl-one").click()
    tells(page, ".gl-says-one", "The first one is the very same picture.")
    page.locator(".gl-all").click()
    tells(page, ".gl-says-all", "1,000 samples")
    expect(page.locator(".gl-legend")).to_contain_text("held-out real pictures")
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
