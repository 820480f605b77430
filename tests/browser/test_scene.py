"""The picture of the game on the page of a real run, and alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Server

SHOWN = """() => Object.fromEntries(
  [...document.querySelectorAll(".gl-box")].map((box) => [
    box.dataset.id, box.querySelector(".gl-value span:last-child")?.textContent ?? ""]))"""
# the ends of the strong lines, as plotly drew them
DRAWN = """() => Object.fromEntries(
  [...document.querySelectorAll(".gl-plot")].slice(0, 2).flatMap((plot) =>
    plot.data.filter((trace) => trace.name && trace.name !== "you").map((trace) => [
      trace.name, trace.y[trace.y.length - 1]])))"""
FAKES = "() => document.querySelector('.gl-box[data-id=fake] canvas').toDataURL()"
INKED = """(id) => {
  const canvas = document.querySelector(`.gl-box[data-id=${id}] canvas`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}"""


def begin(page: Page, server: Server) -> None:
    page.goto(server.url)
    button = page.get_by_role("button", name="Start")
    expect(button).to_be_enabled()
    button.click()
    page.wait_for_function("() => window.__ganlab?.pictureStep >= 10")


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("() => window.__ganlab.state === 'stopped'")


@pytest.fixture
def training(page: Page, server: Server) -> Iterator[Page]:
    """The page of a run that trains."""
    begin(page, server)
    yield page
    stop(page)


def test_it_shows_what_the_run_does(training: Page) -> None:
    page = training
    boxes = page.locator(".gl-box")
    assert boxes.evaluate_all("(all) => all.map((box) => box.dataset.id)") == [
        "z", "G", "fake", "D", "real",
    ]  # fmt: skip
    expect(page.locator(".gl-box[data-id=z] .gl-bars svg")).to_have_count(4)
    page.wait_for_function(INKED, arg="real")
    page.wait_for_function(INKED, arg="fake")

    # small pictures change while it trains, those of real pictures do not
    before, real = page.evaluate(FAKES), page.evaluate(FAKES.replace("=fake", "=real"))
    page.wait_for_function(f"(was) => ({FAKES})() !== was", arg=before)
    assert page.evaluate(FAKES.replace("=fake", "=real")) == real

    # the numbers are the ends of the curves
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(
        "() => __ganlab.state === 'paused' && __ganlab.records === __ganlab.step"
    )
    page.wait_for_timeout(500)
    shown, drawn = page.evaluate(SHOWN), page.evaluate(DRAWN)
    assert shown["G"] == f"{drawn['G']:.2f}" and shown["D"] == f"{drawn['D']:.2f}"
    assert shown["real"] == f"{100 * drawn['D(x)']:.0f} %"
    assert shown["fake"] == f"{100 * drawn['D(G(z))']:.0f} %"
    player = page.get_by_role("group", name="The generator.")
    expect(player).to_have_attribute(
        "aria-label", f"G. {player.get_attribute('title')} loss {shown['G']}."
    )


def test_what_never_changes_is_sent_once(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: asked.append(text)))
    begin(page, server)
    expect(page.locator(".gl-bars svg")).to_have_count(4)
    page.wait_for_function(
        "(n) => __ganlab.pictures > n + 4", arg=page.evaluate("__ganlab.pictures")
    )
    stills = [text for text in asked if isinstance(text, str) and "still" in text]
    assert sorted(stills) == ['{"still":"real"}', '{"still":"z"}']
    stop(page)


def test_it_is_folded_away_and_stays_so(training: Page) -> None:
    page = training
    stage, head = page.locator(".gl-stage"), page.locator(".gl-scene summary")
    expect(stage).to_be_visible()
    head.click()
    expect(stage).to_be_hidden()
    page.reload()
    expect(head).to_be_visible()
    expect(stage).to_be_hidden()
    page.wait_for_function("() => window.__ganlab?.pictures >= 2")
    head.click()
    page.wait_for_function(INKED, arg="fake")  # what it missed is drawn now
    expect(page.locator(".gl-bars svg")).to_have_count(4)


def test_nothing_jumps_while_it_trains(training: Page) -> None:
    page = training
    page.evaluate("""() => {
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
          const where = sources.map(({ node }) => node?.className || node?.nodeName).join(" ");
          if (!hadRecentInput) shifts.push([value, where]);
        }
      }).observe({ type: "layout-shift" });
    }""")
    page.wait_for_timeout(10_000)
    shifts = page.evaluate("shifts")
    assert sum(value for value, _ in shifts) < 0.05, shifts


def test_all_of_it_is_reached_on_a_phone(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 400, "height": 860})
    begin(page, server)
    width = "document.scrollingElement.scrollWidth"
    assert page.evaluate(width) <= 400
    outside = """() => [...document.querySelectorAll(".gl-live *, .stButton")].filter((one) => {
      const { left, right, width } = one.getBoundingClientRect();
      return width > 0 && (left < -1 || right > innerWidth + 1);
    }).map((one) => one.outerHTML.slice(0, 100))"""
    assert page.evaluate(outside) == []
    spilled = """() => [...document.querySelectorAll(".gl-box")].filter((box) =>
      [...box.children].some((one) => {
        const [inner, outer] = [one.getBoundingClientRect(), box.getBoundingClientRect()];
        return inner.left < outer.left || inner.right > outer.right + 0.5
          || inner.top < outer.top || inner.bottom > outer.bottom + 0.5;
      })).map((box) => box.dataset.id)"""
    assert page.evaluate(spilled) == []
    stop(page)
