"""The whole path of a visitor: Start, knob, pause, F5, resume, latent space."""

from __future__ import annotations

import base64
import itertools
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Browser, Page, expect

from gan_lab.config import put
from gan_lab.presets import preset
from gan_lab.share import Link, View, encode
from tests.browser.conftest import PATIENCE

from .visitor import (
    canvas_of,
    choose,
    eventually,
    in_state,
    ledger,
    newest_run,
    open_start,
    settled,
    start,
    stop,
)

if TYPE_CHECKING:
    from tests.browser.conftest import Server

SGD = {"name": "sgd", "lr": 1.0, "momentum": 0.9}
DRAWN = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  canvas.getContext("2d").fillRect(8, 8, 16, 16);
  return canvas.toDataURL().split(",")[1];
}"""


def test_the_whole_path(  # noqa: PLR0915 -- one visitor, one story
    page: Page, server: Server, record_property
) -> None:
    open_start(page, server)
    page.wait_for_timeout(1500)  # the server warms up in the background
    record_property("start_to_picture_s", start(page))
    url = page.url
    assert "run=" in url
    folder = newest_run(server)

    # a live knob, by keyboard, and its way into the ledger
    knob = page.get_by_role("slider", name="Instance noise").first
    knob.focus()
    begun = time.perf_counter()
    knob.press("ArrowRight")
    entry = turned(folder, "objective.instance_noise")
    record_property("knob_to_ledger_s", time.perf_counter() - begun)
    assert (entry["old"], entry["new"], entry["outcome"]) == (0.0, 0.01, "applied")

    # curves are drawn, with a mark where the knob was turned
    page.wait_for_function("() => window.__ganlab.curves >= 2")
    expect(page.locator(".gl-plot .main-svg").first).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    step = page.evaluate("() => window.__ganlab.step")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()

    # F5 finds the same run, paused, with its picture
    page.reload()
    in_state(page, "paused")
    assert page.url == url
    page.wait_for_function("() => window.__ganlab.pictures >= 1")
    assert page.evaluate("() => window.__ganlab.step") == step
    assert newest_run(server) == folder
    page.get_by_role("button", name="Resume").click()
    page.wait_for_function("(s) => window.__ganlab.step > s", arg=step)

    # the picture follows a slider of the latent page while the run goes on
    page.get_by_role("link", name="Walk its latent space").click()
    page.wait_for_function("() => window.__ganlab.latent >= 1")
    expect(page).to_have_url(re.compile("run="))
    slider = page.locator(".gl-sliders input[type=range]").first
    expect(page.locator(".gl-sliders .gl-dial")).to_have_count(64)
    expect(page.locator(".gl-measured")).to_contain_text("Bars")  # nothing changes its place then
    box = slider.bounding_box()
    assert box is not None
    before = canvas_of(page, ".gl-latent")
    page.evaluate("() => { window.__ganlab.rtt.length = 0; }")
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()

    places = itertools.count()

    def followed() -> bool:
        for _ in range(30):  # to the right and back, until five pictures have followed
            away = abs((next(places) + 30) % 60 - 30)
            page.mouse.move(box["x"] + box["width"] * (0.5 + 0.016 * away), middle)
        return page.evaluate("() => window.__ganlab.rtt.length >= 5")

    eventually(followed)
    page.mouse.up()
    record_property("latent_p50_ms", statistics.median(page.evaluate("() => __ganlab.rtt")))
    page.wait_for_function(
        "(old) => document.querySelector('.gl-latent canvas').toDataURL() !== old", arg=before
    )

    # by keyboard, by number, to zero and to somewhere else
    number = page.get_by_label("z2, exact")
    number.fill("2.5")
    expect(page.locator("#gl-z-2")).to_have_value("2.5")
    page.get_by_role("button", name="All to zero").click()
    expect(number).to_have_value("0.00")
    page.get_by_role("button", name="New random z").click()
    page.wait_for_function(  # one of them is drawn as 0.00 once in 250 times
        """() => [...document.querySelectorAll('.gl-dial [type=number]')]
          .some(({ value }) => value !== '0.00')"""
    )

    page.get_by_role("link", name="Back to training").click()
    in_state(page, "running")
    stop(page)
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


def turned(folder: Path, path: str) -> dict[str, Any]:
    """What the ledger says of the first time that a knob was turned."""
    return eventually(lambda: next((e for e in ledger(folder) if e["path"] == path), None))


def test_a_change_is_undone_and_the_curves_go_back(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    folder = newest_run(server)
    page.wait_for_function("() => window.__ganlab.step > 40")
    page.get_by_role("slider", name="Instance noise").first.press("ArrowRight")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    changed = turned(folder, "objective.instance_noise")["step"]
    expect(page.get_by_text(f"changed at step {changed:,}, from 0")).to_be_visible()
    page.wait_for_function("(s) => window.__ganlab.step > s + 30", arg=changed)
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    later = page.evaluate("() => window.__ganlab.step")
    undo.click()
    page.wait_for_function("(s) => window.__ganlab.step === s", arg=changed)
    expect(undo).to_have_count(0)
    assert later > changed
    page.wait_for_timeout(1000)  # a slider that still showed the old value would say so by now
    eventually(lambda: [e["path"] for e in ledger(folder)] == ["undo"])
    page.wait_for_function("(s) => window.__ganlab.records === s", arg=changed)  # curves too

    # from here some rounds at a time
    page.get_by_role("button", name="Step").click()
    page.get_by_role("button", name="D alone").click()
    page.wait_for_function("(s) => window.__ganlab.step === s + 1", arg=changed)
    in_state(page, "paused")
    rounds = page.get_by_label("Rounds")
    rounds.fill("7")
    page.get_by_role("button", name="All play").click()
    page.wait_for_function("(s) => window.__ganlab.step === s + 8", arg=changed)
    in_state(page, "paused")


def test_keys_do_what_buttons_do(page: Page, server: Server) -> None:
    open_start(page, server)
    page.keyboard.press("s")
    in_state(page, "running")
    page.keyboard.press("p")
    in_state(page, "paused")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.keyboard.press("x")
    in_state(page, "stopped")


def test_zoom_survives_an_update(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    page.wait_for_function("() => window.__ganlab.curves >= 2")
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.gl-plot'), {'xaxis.range': [2, 7]})"
    )
    drawn = page.evaluate("() => window.__ganlab.curves")
    page.wait_for_function("(n) => window.__ganlab.curves >= n + 2", arg=drawn)
    shown = page.evaluate("() => document.querySelector('.gl-plot')._fullLayout.xaxis.range")
    assert shown == [2, 7]
    stop(page)


def test_another_visitor_may_look_but_not_control(
    page: Page, server: Server, browser: Browser, listen: Callable[[Page], list[str]]
) -> None:
    open_start(page, server)
    start(page)
    other = browser.new_context()
    other.set_default_timeout(PATIENCE)
    guest = other.new_page()
    complaints = listen(guest)
    guest.goto(page.url)
    guest.wait_for_function("() => window.__ganlab?.pictures >= 1")
    expect(guest.get_by_text("You are watching somebody else's run")).to_be_visible()
    settled(guest)
    for name in ("Pause", "Stop", "Reset"):
        assert guest.get_by_role("button", name=name).count() == 0
    expect(guest.get_by_role("slider", name="Time machine")).to_be_visible()
    assert guest.get_by_role("slider").count() == 1  # through time, which changes nothing
    guest.get_by_role("link", name="Walk its latent space").click()
    guest.wait_for_function("() => window.__ganlab.latent >= 1")
    other.close()
    assert not complaints
    in_state(page, "running")
    stop(page)


def test_a_second_tab_of_the_same_visitor_hears_of_a_pause(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    second = page.context.new_page()
    second.goto(page.url)
    in_state(second, "running")
    page.get_by_role("button", name="Pause").click()
    in_state(second, "paused")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    second.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    second.close()
    stop(page)


def test_what_cannot_train_here_is_refused_before_it_begins(page: Page, server: Server) -> None:
    open_start(page, server)
    page.get_by_test_id("stSidebar").get_by_text("Training").click()
    choose(page, "Device", "mps")  # no machine with Debian's Chromium has one
    expect(page.get_by_role("combobox", name="Device")).to_have_value("mps")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("The run could not begin")).to_contain_text("mps")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_a_run_that_breaks_says_so_and_stays(page: Page, server: Server) -> None:
    steep = {
        "objective.loss": "wasserstein", "regularisation.weight_clip": 0.0,
        "networks.d.spectral_norm": False,
    }  # fmt: skip
    for player in "gd":  # nothing holds D, and both go far at each step
        steep |= {f"optim.{player}.{k}": v for k, v in SGD.items()}
    config = put(preset("quick").config, steep)
    page.goto(f"{server.url}/?share={encode(Link('quick', config, False, View()))}")
    page.get_by_role("button", name="Start").click()
    in_state(page, "failed")
    expect(page.locator(".gl-note")).to_contain_text("became nan")
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


def test_nothing_comes_from_elsewhere(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_start(page, server)
    start(page)
    page.wait_for_function("() => window.__ganlab.curves >= 1")
    stop(page)
    own = (server.url, "blob:", "data:")
    assert [url for url in asked if not url.startswith(own)] == []


def test_a_game_between_two_kinds_of_pictures_shows_its_own(page: Page, server: Server) -> None:
    open_start(page, server)
    choose(page, "Preset", "CycleGAN, small", search=True)
    expect(page.get_by_text("one kind of picture into another")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(
        "() => window.__ganlab?.pictureStep >= 1 && __ganlab.curves >= 1",
        timeout=2 * PATIENCE,  # all the animals are drawn first
    )
    pictures, heads = page.locator(".gl-picture"), page.locator(".gl-heads")
    assert pictures.count() == 2
    assert [heads.nth(i).locator("span").last.text_content() for i in range(2)] == ["and back"] * 2
    expect(page.locator(".gl-chart h3", has_text="Coming back")).to_be_visible()
    assert page.locator(".gl-plot .main-svg").count()
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    page.get_by_role("link", name="Try it on your own picture").click()
    expect(page.get_by_role("heading", name="Your own picture")).to_be_visible()
    drawn = page.evaluate(DRAWN)
    page.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": base64.b64decode(drawn)}
    )
    expect(page.get_by_text("Generated, by G at step")).to_be_visible()
    page.get_by_role("link", name="Back to training").click()
    stop(page)


def test_a_class_is_picked_on_the_latent_page(page: Page, server: Server) -> None:
    open_start(page, server)
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("Classes", exact=True).click()
    choose(page, "Players know the classes", "concat")
    expect(page.get_by_role("button", name="Back to the preset's knobs")).to_be_visible()
    start(page)
    page.get_by_role("link", name="Walk its latent space").click()
    page.wait_for_function("() => window.__ganlab.latent >= 1")
    chosen = page.get_by_role("combobox", name="Class")
    expect(chosen.locator("option")).to_have_count(10)
    chosen.select_option("7")
    drawn = page.evaluate("() => window.__ganlab.latent")
    page.wait_for_function("(n) => window.__ganlab.latent > n", arg=drawn)
    expect(chosen).to_have_value("7")
    page.get_by_role("link", name="Back to training").click()
    stop(page)
