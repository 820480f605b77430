"""Points of a plane on the page: layers, measures, and points that a visitor draws."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from .visitor import canvas_of, choose, eventually, in_state, newest_run, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server

LAYERS = ("D's opinion", "G's fabric", "Real", "Fakes", "D's push")

# how many pixels of the plane have a colour near one of the three (by name of the variable)
COUNT = """([name, canvas]) => {
  const style = getComputedStyle(canvas);
  const hex = style.getPropertyValue(`--gl-${name}`).trim();
  const want = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const far = Math.max(...want.map((value, c) => Math.abs(value - data[i + c])));
    if (data[i + 3] > 100 && far < 40) count++;
  }
  return count;
}"""


def open_points(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    choose(page, "Preset", "Ring of 8", search=True)
    expect(page.get_by_text("random numbers into points of a plane")).to_be_visible()


def start(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("() => window.__ganlab?.pictureStep >= 10")


def coloured(page: Page, name: str) -> int:
    canvas = page.locator(".gl-plane canvas").element_handle()
    return page.evaluate(COUNT, [name, canvas])


def test_every_layer_is_drawn_and_can_be_switched_off(page: Page, server: Server) -> None:
    open_points(page, server)
    start(page)
    page.wait_for_function("() => window.__ganlab.measures?.near > 0.5")
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    boxes = {name: page.locator(".gl-layer", has_text=name).locator("input") for name in LAYERS}
    for name in LAYERS:
        before = canvas_of(page, ".gl-plane")
        boxes[name].uncheck()
        assert canvas_of(page, ".gl-plane") != before, name
    assert coloured(page, "real") == coloured(page, "g") == 0
    boxes["Real"].check()
    assert coloured(page, "real") > 100 and coloured(page, "g") == 0
    boxes["Fakes"].check()
    assert coloured(page, "g") > 100

    page.reload()  # what was switched off stays so
    page.wait_for_function("() => window.__ganlab?.measures")
    on = [name for name in LAYERS if boxes[name].is_checked()]
    assert on == ["Real", "Fakes"]
    stop(page)


def test_the_measures_are_told_and_follow_training(page: Page, server: Server) -> None:
    open_points(page, server)
    start(page)
    measures = page.locator(".gl-measures")
    page.wait_for_function("() => window.__ganlab.measures?.modes === 8")
    page.wait_for_function("() => window.__ganlab.measures?.near > 0.8")
    stop(page)
    page.wait_for_function(  # asked again: the last picture may come after the word that it ended
        """() => {
          const { modes, near, js } = window.__ganlab.measures;
          const told = [`${modes} of 8`, `${(100 * near).toFixed(0)} %`, js.toFixed(3)];
          const page = document.querySelector('.gl-measures').textContent;
          return modes === 8 && near > 0.5 && told.every((one) => page.includes(one));
        }"""
    )
    expect(measures).to_contain_text("8 of 8")
    label = page.locator(".gl-plane canvas").get_attribute("aria-label")
    assert label and "Heaps found: 8 of 8" in label


@pytest.mark.parametrize("dim", [1, 5])
def test_other_latents_have_a_fabric_too(page: Page, server: Server, dim: int) -> None:
    open_points(page, server)
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("Latent noise", exact=True).click()
    box = sidebar.get_by_role("spinbutton", name="Size of z")
    box.fill(str(dim))
    box.press("Enter")
    expect(page.get_by_role("button", name="Back to the preset's knobs")).to_be_visible()
    start(page)
    config = json.loads((newest_run(server) / "config.json").read_text())
    assert (config["objective"]["game"], config["latent"]["dim"]) == ("plane", dim)
    for name in ("D's opinion", "Real", "Fakes", "D's push"):
        page.locator(".gl-layer", has_text=name).locator("input").uncheck()
    eventually(lambda: coloured(page, "g") > 20)  # the fabric alone, once it has spread
    stop(page)


REAL = "() => document.querySelector('[data-testid=stImage] img')?.src ?? ''"


def test_what_a_visitor_draws_becomes_real(page: Page, server: Server) -> None:
    open_points(page, server)
    others = page.evaluate(REAL)
    choose(page, "Real pictures", "Points: draw your own", search=True)
    sheet = page.locator(".gl-sketch canvas")
    expect(sheet).to_be_visible()
    before = page.evaluate("(c) => c.toDataURL()", sheet.element_handle())
    page.wait_for_function(f"(old) => ({REAL})() !== old", arg=others)
    shown = page.evaluate(REAL)
    page.get_by_role("button", name="Wipe it off").click()
    room = sheet.bounding_box()
    assert room is not None
    middle = room["y"] + room["height"] / 2
    page.mouse.move(room["x"] + 0.1 * room["width"], middle)
    page.mouse.down()
    page.mouse.move(room["x"] + 0.9 * room["width"], middle, steps=20)
    page.mouse.up()
    assert page.evaluate("(c) => c.toDataURL()", sheet.element_handle()) != before
    page.wait_for_function(f"(old) => ({REAL})() !== old", arg=shown)
    start(page)
    config = json.loads((newest_run(server) / "config.json").read_text())
    name = config["data"]["name"]
    assert name.startswith("drawn:") and len(name) > 20

    from gan_lab.data import plane_of

    places = plane_of(name).places
    assert float(places[:, 1].abs().max()) < 0.15, "a level line through the middle"
    assert float(places[:, 0].min()) < -1.4 and float(places[:, 0].max()) > 1.4
    page.wait_for_function("() => window.__ganlab.measures?.near > 0.6")
    stop(page)
