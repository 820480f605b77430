"""Films on the latent page: between pictures, at random, through time; played and saved."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import Page, expect

from .visitor import in_state, open_start, start, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server


# whether both films show the same; each is drawn by then
ALIKE = """(alike) => {
  const canvases = ["linear", "spherical"].map(
    (way) => document.querySelector(`[data-way=${way}] canvas`));
  if (canvases.some(({ width }) => width === 1)) return false;
  const [one, other] = canvases.map((canvas) => canvas.toDataURL());
  return (one === other) === alike;
}"""
# whether the large picture of time shows what is on the card of that number
SHOWS_CARD = """(i) => {
  const image = document.querySelectorAll(".gl-ages-strip img")[i];
  const canvas = document.querySelector("#gl-panel-ages canvas");
  if (!image.complete || image.naturalWidth !== canvas.width) return false;
  const other = document.createElement("canvas");
  other.width = other.height = canvas.width;
  other.getContext("2d").drawImage(image, 0, 0);
  return other.toDataURL() === canvas.toDataURL();
}"""


def saved(page: Page, panel: str, name: str) -> tuple[Any, Path]:
    with page.expect_download() as waiting:
        page.locator(panel).get_by_role("button", name=name).click()
    film = Image.open(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    return film, Path(waiting.value.suggested_filename)


def to_frame(page: Page, panel: str, frame: int) -> None:
    page.locator(f"{panel} .gl-play-bar input").evaluate(
        "(slider, at) => { slider.value = at; slider.dispatchEvent(new Event('input')); }", frame
    )


def test_paths_play_and_are_saved(page: Page, server: Server) -> None:  # noqa: PLR0915 -- one story
    open_start(page, server)
    start(page)
    page.wait_for_function("() => window.__ganlab.step > 60")
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    page.get_by_role("link", name="Walk its latent space").click()
    page.wait_for_function("() => window.__ganlab.latent >= 1")
    page.get_by_role("tab", name="Paths").click()
    panel = page.locator("#gl-panel-paths")

    # something plays at once, both ways in step
    expect(panel.locator(".gl-stops button")).to_have_count(4)
    status = panel.locator(".gl-path-status")
    expect(status).to_contain_text("Made by G at step")
    page.wait_for_function("() => window.__ganlab.frame > 3")
    expect(panel.get_by_role("button", name="GIF")).to_be_enabled()
    panel.get_by_role("button", name="Hold").click()
    held = page.evaluate("() => window.__ganlab.frame")
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.__ganlab.frame") == held

    # half-way between two pictures the straight line is nearer to 0, and looks otherwise
    to_frame(page, "#gl-panel-paths", 0)
    page.wait_for_function(ALIKE, arg=True)
    to_frame(page, "#gl-panel-paths", 7)
    page.wait_for_function(ALIKE, arg=False)
    words = panel.locator(".gl-norms p").inner_text()
    straight, arc = (float(words.split(f"{name} ")[1].split(",")[0].rstrip(".").split(". ")[0])
                     for name in ("(dashed)", "arc"))  # fmt: skip
    assert straight < arc - 0.5

    # other pictures, other frames, no loop
    panel.get_by_role("button", name="Add where I am").click()
    expect(panel.locator(".gl-stops button")).to_have_count(5)
    panel.get_by_label("Take out picture 1").click()
    expect(panel.locator(".gl-stops button")).to_have_count(4)
    panel.get_by_label("Frames").fill("12")
    panel.get_by_label("Go round").uncheck()
    expect(panel.get_by_role("slider", name="Frame")).to_have_attribute("max", "11")
    page.wait_for_function("() => window.__ganlab.frame === 11")  # and there it ends
    expect(panel.get_by_role("button", name="Play")).to_be_visible()
    film, name = saved(page, "#gl-panel-paths", "GIF")
    assert (film.format, name.name, film.size) == ("GIF", "path.gif", (256, 256))
    assert film.n_frames > 6
    strip, _ = saved(page, "#gl-panel-paths", "PNG strip")
    assert strip.width == 12 * strip.height
    expect(panel.locator(".gl-saver output")).to_have_text(re.compile("^Saved"))

    # what is on the path can be gone to
    drawn = page.evaluate("() => window.__ganlab.latent")
    to_frame(page, "#gl-panel-paths", 6)
    panel.get_by_role("button", name="Go to this frame").click()
    page.wait_for_function("(n) => window.__ganlab.latent > n", arg=drawn)
    expect(panel.get_by_role("slider", name="Frame")).to_have_value("6")
    shown = page.eval_on_selector(
        ".gl-frame canvas", "(c) => { const d = c.getContext('2d'); const n = c.width;"
        " return [0.3, 0.5, 0.7].map((f) => d.getImageData(f * n, f * n, 1, 1).data[0]); }",
    )  # fmt: skip
    film_shown = page.eval_on_selector(
        "[data-way=spherical] canvas", "(c) => { const d = c.getContext('2d'); const n = c.width;"
        " return [0.3, 0.5, 0.7].map((f) => d.getImageData(f * n, f * n, 1, 1).data[0]); }",
    )  # fmt: skip
    assert max(abs(a - b) for a, b in zip(shown, film_shown, strict=True)) <= 2

    # from there at random
    panel.get_by_text("Random walk from here").click()
    expect(panel.locator("[data-way=random] canvas")).to_be_visible()
    expect(panel.locator("[data-way=linear] canvas")).to_be_hidden()
    expect(panel.get_by_role("button", name="WebP")).to_be_enabled()
    film, name = saved(page, "#gl-panel-paths", "WebP")
    assert (film.format, name.name) == ("WEBP", "wander.webp")

    # nothing plays while another tool is in sight
    page.wait_for_function("() => window.__ganlab.frame === 11")  # the walk has ended
    panel.get_by_label("Go round").check()
    page.wait_for_function("() => window.__ganlab.frame > 2 && window.__ganlab.frame < 11")
    page.get_by_role("tab", name="Sliders").click()
    stands = page.evaluate("() => window.__ganlab.frame")
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.__ganlab.frame") == stands
    page.get_by_role("link", name="Back to training").click()
    stop(page)


def test_the_same_z_through_training(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    page.wait_for_function("() => window.__ganlab.step > 30")
    page.get_by_role("button", name="Pause").click()  # a moment is kept
    in_state(page, "paused")
    page.get_by_role("link", name="Walk its latent space").click()
    page.wait_for_function("() => window.__ganlab.latent >= 1")
    page.get_by_role("tab", name="Through time").click()
    panel = page.locator("#gl-panel-ages")
    strip = panel.locator(".gl-ages-strip button")
    expect(panel.get_by_role("button", name="GIF")).to_be_enabled()
    count = strip.count()
    assert count >= 2
    expect(strip.first).to_have_attribute("aria-label", "Step 0")
    pictures = strip.evaluate_all(
        """(all) => Promise.all(all.map(async (card) => {
          const bytes = await (await fetch(card.firstElementChild.src)).arrayBuffer();
          return [...new Uint8Array(bytes)].join();
        }))"""
    )
    assert pictures[0] != pictures[-1]
    strip.last.click()
    page.wait_for_function(SHOWS_CARD, arg=count - 1)
    strip.first.click()
    page.wait_for_function(SHOWS_CARD, arg=0)
    expect(panel.locator(".gl-play-bar output")).to_have_text("step 0")
    panel.get_by_role("button", name="Play").click()
    page.wait_for_function("(n) => window.__ganlab.frame === n - 1", arg=count)
    film, name = saved(page, "#gl-panel-ages", "GIF")
    assert (name.name, film.n_frames) == ("ages.gif", count)

    # another z, the same moments
    src = "(image) => image.src"
    before = strip.first.locator("img").evaluate(src)
    page.get_by_role("button", name="New random z").click()
    page.wait_for_function(
        "(old) => document.querySelector('.gl-ages-strip img').src !== old", arg=before
    )
    expect(panel.get_by_role("button", name="GIF")).to_be_enabled()
    assert strip.count() == count
    page.get_by_role("link", name="Back to training").click()
    stop(page)
