"""The time machine in a real browser: back, as a film, from there anew."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gan_lab.runs.film import Film, Shot
from gan_lab.runs.messages import Picture
from tests.patience import WAIT

from .visitor import eventually, ledger, newest_run

if TYPE_CHECKING:
    from tests.browser.conftest import Server

PIXELS = """(canvas) => {
  const { width, height } = canvas;
  return [width, height, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
}"""
GO = """(slider, place) => {
  slider.value = place;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
# by the numbers at the ends of the axis, another way than the page's own
CURSORS = """(step) => [...document.querySelectorAll(".gl-chart")].filter(
  (chart) => chart.querySelector(".nsewdrag")  // plots out of sight are not drawn
).map((chart) => {
  const plot = chart.querySelector(".gl-plot");
  const { xaxis } = plot._fullLayout;
  const [from, to] = xaxis.range;
  const box = chart.querySelector(".nsewdrag").getBoundingClientRect();
  const line = chart.querySelector(".gl-cursor").getBoundingClientRect();
  return [box.left + (box.width * (step - from)) / (to - from), line.left, line.height];
})"""


AT = re.compile(r"At step ([\d,]+), ")


def started(page: Page, server: Server) -> Path:
    """A run that has been watched for a while, and its folder."""
    page.goto(server.url)
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("() => window.__ganlab?.pictureStep >= 10")
    page.wait_for_function("() => window.__ganlab.shots >= 4 && window.__ganlab.curves >= 1")
    return newest_run(server)


def reaches(page: Page, moments: int) -> int:
    """Reach for the slider until it leads to that many moments at least; to how many it does."""

    def look() -> int:
        page.mouse.move(1, 1)
        page.locator(".gl-time").hover()
        return int(page.locator(".gl-time").get_attribute("max") or 0)

    return eventually(lambda: found if (found := look()) >= moments else 0)


def go(page: Page, place: int) -> int:
    """To a place of the slider; the step that is then on the page."""
    page.locator(".gl-time").evaluate(GO, place)
    said = page.locator(".gl-when").inner_text()
    found = AT.match(said)
    assert found, said
    step = int(found[1].replace(",", ""))
    page.wait_for_function("(step) => window.__ganlab.shot === step", arg=step)
    assert page.locator(".gl-when").inner_text() == said
    return step


def steps_of(folder: Path) -> list[int]:
    return [shot.step for shot in Film(folder / "film").open().shots]


def shot_of(folder: Path, step: int) -> tuple[Film, Shot]:
    film = Film(folder / "film").open()
    return film, next(shot for shot in film.shots if shot.step == step)


def on_canvas(page: Page, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Every pixel of the stored picture, and what the canvas has in the middle of its place."""
    width, height, data = page.locator(".gl-pictures canvas").first.evaluate(PIXELS)
    canvas = np.asarray(data, np.int16).reshape(height, width, 4)[:, :, :3]
    stored = np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB"), np.int16)
    columns, tile = picture.columns, picture.tile
    gap = 1 if tile > 16 else 4
    side = (width - gap * (columns - 1)) // columns
    ys, xs = np.mgrid[: stored.shape[0], : stored.shape[1]]

    def middle(at: np.ndarray) -> np.ndarray:
        inside = ((at % tile) + 0.5) * side / tile
        return ((at // tile) * (side + gap) + inside).astype(int)

    return stored, canvas[middle(ys), middle(xs)]


def state(page: Page, name: str) -> Any:
    return page.evaluate(f"() => window.__ganlab.{name}")


def test_back_in_time_and_back_to_now(page: Page, server: Server) -> None:
    folder = started(page, server)
    page.get_by_role("slider", name="Instance noise").first.press("ArrowRight")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    changed = eventually(lambda: ledger(folder))[0]["step"]
    page.wait_for_function("(s) => window.__ganlab.pictureStep > s + 30", arg=changed)
    past = sum(step <= changed for step in steps_of(folder))
    reaches(page, max(4, past + 1))  # what the page knows, it knows since the change
    expect(page.get_by_role("button", name="New run from here")).to_be_disabled()
    expect(page.get_by_role("button", name="Back to now")).to_be_disabled()

    # the picture of then, pixel by pixel, and nothing newer over it
    step = go(page, 1)
    assert 0 < step < changed
    film, shot = shot_of(folder, step)
    picture = next(iter(film.views(shot).values()))
    assert isinstance(picture, Picture)
    frames = state(page, "frames")
    page.wait_for_function("(n) => window.__ganlab.frames > n + 4", arg=frames)
    stored, shown = on_canvas(page, picture)
    np.testing.assert_array_equal(shown, stored)
    assert stored.std() > 5
    assert state(page, "step") > step  # the run goes on meanwhile

    # a line in every plot, at that step; the readings and the knobs of then
    every = page.evaluate(CURSORS, step)
    assert len(every) >= 2
    for expected, found, height in every:
        assert found == pytest.approx(expected, abs=2.5) and height > 50
    then = page.locator(".gl-then")
    expect(then).to_contain_text("Instance noise (σ) then: 0 (now 0.01)")
    expect(then).to_contain_text(
        f"D {shot.readings['loss/D']:.2f}, G {shot.readings['loss/G']:.2f}"
    )

    # by keyboard, to a moment at which the knob was as it is now
    slider = page.locator(".gl-time")
    slider.press("End")
    page.wait_for_function("() => window.__ganlab.shot === null")
    slider.press("ArrowLeft")
    page.wait_for_function("(s) => window.__ganlab.shot > s", arg=changed)
    expect(then).not_to_contain_text("then:")
    slider.press("Home")
    page.wait_for_function("() => window.__ganlab.shot === 0")

    before = page.locator(".gl-pictures canvas").first.evaluate("(c) => c.toDataURL()")
    page.get_by_role("button", name="Back to now").click()
    page.wait_for_function("(s) => window.__ganlab.pictureStep > s", arg=changed)
    assert state(page, "shot") is None
    expect(page.locator(".gl-cursor").first).to_be_hidden()
    page.wait_for_function(
        "(b) => document.querySelector('.gl-pictures canvas').toDataURL() !== b", arg=before
    )
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("() => window.__ganlab.state === 'stopped'")


def test_as_a_film_and_as_a_file_also_once_the_run_is_over(page: Page, server: Server) -> None:
    folder = started(page, server)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("() => window.__ganlab.state === 'stopped'")
    end = state(page, "step")  # the last moment comes onto the film after it has come to the page
    film = eventually(lambda: shots if (shots := steps_of(folder))[-1] == end else [])
    assert reaches(page, len(film)) == len(film) >= 4
    page.evaluate("""() => {
      window.played = [];
      let now = window.__ganlab.shot;
      Object.defineProperty(window.__ganlab, "shot", {
        get: () => now,
        set: (step) => {
          now = step;
          window.played.push([step, document.querySelector(".gl-play").textContent]);
        },
      });
    }""")
    page.locator(".gl-film").get_by_role("button", name="Play").click()
    page.wait_for_function("() => window.played.length && window.__ganlab.shot === null")
    *played, (last, _) = page.evaluate("() => window.played")
    assert played == [[step, "❚❚ Hold"] for step in film] and last is None
    expect(page.locator(".gl-film").get_by_role("button", name="Play")).to_be_visible()

    for kind in ("gif", "webp"):
        with page.expect_download() as download:
            page.locator(f".gl-save[data-kind={kind}]").click()
        assert download.value.suggested_filename == f"{folder.name}.{kind}"
        with Image.open(download.value.path()) as opened:
            assert opened.n_frames >= 3  # type: ignore[attr-defined]


def test_a_new_run_from_there_names_its_parent_and_a_guest_may_too(
    page: Page, server: Server, browser: Browser, listen: Any
) -> None:
    folder = started(page, server)
    url = page.url
    shown = go(page, reaches(page, 4) - 1)
    fork = page.locator(".gl-fork")
    expect(fork).to_be_enabled()
    at = int("".join(c for c in fork.inner_text() if c.isdigit()))
    assert at <= shown
    fork.click()
    parent = page.locator(".gl-parent")
    expect(parent).to_contain_text(f"of {folder.name}")
    page.wait_for_url(lambda now: now != url)
    page.wait_for_function("(s) => window.__ganlab.step > s + 20", arg=at)
    children = [p for p in server.runs.iterdir() if (p / "parent.json").exists()]
    child = max(children, key=lambda path: path.name[:15])
    assert json.loads((child / "parent.json").read_text()) == {"run": folder.name, "step": at}
    # the step on the page may still have been the parent's: the child writes once it has loaded
    expect(page.locator(".gl-live")).to_have_count(1)
    entry = eventually(lambda: ledger(child))[0]
    assert (entry["path"], entry["step"]) == ("fork", at)
    page.wait_for_function("(s) => window.__ganlab.step > s + 20", arg=at)
    # its film goes back to before it was born
    reaches(page, 2)
    assert go(page, 0) == 0

    born = page.url

    # the parent is one click away, and trains on
    parent.get_by_role("link").click()
    page.wait_for_url(url)
    expect(parent).to_be_hidden()
    page.wait_for_function("(s) => window.__ganlab?.step > s", arg=shown)

    # somebody else, on a telephone
    guest = browser.new_context(viewport={"width": 400, "height": 900})
    guest.set_default_timeout(1000 * WAIT)
    phone = guest.new_page()
    complaints = listen(phone)
    phone.goto(url)
    phone.wait_for_function("() => window.__ganlab?.shots >= 3")
    go(phone, 1)
    widths = phone.locator(".gl-film").evaluate("(box) => [box.scrollWidth, box.clientWidth]")
    assert widths[0] <= widths[1]
    phone.locator(".gl-fork").click()
    # the page is laid out anew, with what its owner has
    expect(phone.locator(".gl-parent", has_text=f"of {folder.name}")).to_be_visible()
    expect(phone.locator(".gl-live")).to_have_count(1)
    expect(phone.get_by_role("button", name="Pause")).to_be_visible()  # it is the guest's own
    phone.get_by_role("button", name="Stop").click()
    phone.wait_for_function("() => window.__ganlab.state === 'stopped'")
    assert not complaints
    guest.close()
    for one in (url, born):
        page.goto(one)
        page.get_by_role("button", name="Stop").click()
        page.wait_for_function("() => window.__ganlab?.state === 'stopped'")
