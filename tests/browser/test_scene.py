"""The picture of the game on the page of a real run, and alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, WebSocket, expect

from gan_lab.games import Scene, game_of
from gan_lab.presets import preset
from gan_lab.server import PREFIX
from gan_lab.server.assets import COMPONENTS, version
from gan_lab.ui.live import scene_data

from .visitor import eventually, in_state, settled, start, stop

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
WIDE: ViewportSize = {"width": 1280, "height": 900}
FAKES = "() => document.querySelector('.gl-box[data-id=fake] canvas').toDataURL()"
INKED = """(id) => {
  const canvas = document.querySelector(`.gl-box[data-id=${id}] canvas`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}"""


SPILLED = """() => [...document.querySelectorAll(".gl-box")].filter((box) =>
  [...box.children].some((one) => {
    const [inner, outer] = [one.getBoundingClientRect(), box.getBoundingClientRect()];
    return inner.left < outer.left || inner.right > outer.right + 0.5
      || inner.top < outer.top || inner.bottom > outer.bottom + 0.5;
  })).map((box) => box.dataset.id)"""


def begin(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    start(page)


@pytest.fixture(scope="module")
def begun(
    visitor: BrowserContext, server: Server, listen: Callable[[Page], list[str]]
) -> Iterator[tuple[Page, list[str]]]:
    """The page of a run for all tests of this file that need one, and the page's complaints."""
    page = visitor.new_page()
    complaints = listen(page)
    begin(page, server)
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    yield page, complaints
    stop(page)


@pytest.fixture
def training(begun: tuple[Page, list[str]], request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of a run that trains; between the tests it waits. Errors fail the test."""
    page, complaints = begun
    if getattr(request.node, "execution_count", 1) > 1:  # as a test that failed has left it
        page.evaluate("() => localStorage.clear()")
        page.set_viewport_size(WIDE)
        page.reload()
    page.wait_for_function("() => window.__ganlab?.state")
    if page.evaluate("__ganlab.state") == "paused":
        page.get_by_role("button", name="Resume").click()
    in_state(page, "running")
    yield page
    if page.evaluate("__ganlab.state") == "running":
        page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    assert not complaints


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

    def as_drawn() -> dict[str, str]:
        drawn = page.evaluate(DRAWN)
        return {
            **{name: f"{drawn[name]:.2f}" for name in "GD"},
            "real": f"{100 * drawn['D(x)']:.0f} %", "fake": f"{100 * drawn['D(G(z))']:.0f} %",
        }  # fmt: skip

    # plots are drawn one after the other, and come last
    eventually(lambda: page.evaluate(SHOWN).items() >= as_drawn().items())
    shown = page.evaluate(SHOWN)
    player = page.get_by_role("group", name="The generator.")
    expect(player).to_have_attribute(
        "aria-label", f"G. {player.get_attribute('title')} loss {shown['G']}."
    )


def test_what_never_changes_is_sent_once(training: Page) -> None:
    page = training
    asked: list[str | bytes] = []

    def hear(socket: WebSocket) -> None:
        socket.on("framesent", lambda text: asked.append(text))

    page.on("websocket", hear)
    page.reload()
    expect(page.locator(".gl-bars svg")).to_have_count(4)
    page.wait_for_function("() => window.__ganlab?.pictures > 4")
    page.remove_listener("websocket", hear)
    stills = [text for text in asked if isinstance(text, str) and "still" in text]
    assert sorted(stills) == ['{"still":"real"}', '{"still":"z"}']


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


def test_nothing_jumps_while_it_trains(training: Page, record_property) -> None:
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
    drawn = page.evaluate("() => [__ganlab.pictures, __ganlab.curves]")
    page.wait_for_function(
        "([pictures, curves]) => __ganlab.pictures > pictures + 12 && __ganlab.curves > curves + 2",
        arg=drawn,
    )
    shifts = page.evaluate("shifts")
    record_property("layout_shift", sum(value for value, _ in shifts))
    assert sum(value for value, _ in shifts) < 0.05, shifts


def test_a_pause_moves_nothing_on_a_wide_page(training: Page) -> None:
    page = training
    settled(page)
    top = "() => document.querySelector('.gl-live').getBoundingClientRect().top"
    before = page.evaluate(top)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.evaluate(top) == before


def test_all_of_it_is_reached_on_a_phone(training: Page) -> None:
    page = training
    page.set_viewport_size({"width": 400, "height": 860})
    page.reload()
    page.wait_for_function("() => window.__ganlab?.pictures >= 1")
    settled(page)
    width = "document.scrollingElement.scrollWidth"
    assert page.evaluate(width) <= 400
    outside = """() => [...document.querySelectorAll(".gl-live *, .stButton")].filter((one) => {
      const { left, right, width } = one.getBoundingClientRect();
      return width > 0 && (left < -1 || right > innerWidth + 1);
    }).map((one) => one.outerHTML.slice(0, 100))"""
    assert page.evaluate(outside) == []
    assert page.evaluate(SPILLED) == []
    page.set_viewport_size(WIDE)


MOUNT = """async ([folder, data, width]) => {
  document.body.innerHTML = "<div class=gl-live><details class=gl-scene></details></div>";
  document.body.style.cssText = `margin: 0; width: ${width}px; --st-text-color: #222`;
  const { Scene } = await import(`${folder}/scene.js`);
  window.asked = [];
  window.scene = new Scene(document.querySelector("details"), {
    drawn: () => null, ask: (name) => asked.push(name) > 0,
  });
  scene.update(data);
  await new Promise((resolve) => setTimeout(resolve, 100));
}"""
GAMES = {
    "quick": 5, "cgan": 6, "progressive-small": 5, "srgan-small": 5, "pix2pix-small": 5,
    "cyclegan-small": 8, "plane-ring": 5,
}  # fmt: skip
RECTS = """() => [...document.querySelectorAll(".gl-box")].map((box) => {
  const { left, top, right, bottom } = box.getBoundingClientRect();
  return [left, top, right, bottom];
})"""
# where the lines of the arrows begin and end
ENDS = """() => [...document.querySelectorAll(".gl-arrow")].map((arrow) => {
  const line = arrow.querySelector(".gl-line");
  const stage = document.querySelector(".gl-stage").getBoundingClientRect();
  const [a, b] = [line.getPointAtLength(0), line.getPointAtLength(line.getTotalLength())];
  return [arrow.dataset.id, a.x + stage.left, a.y + stage.top, b.x + stage.left, b.y + stage.top];
})"""


def scene_of(name: str) -> Scene:
    config = preset(name).config
    return game_of(config).scene(config)


def alone(page: Page, server: Server, name: str, width: int = 650) -> None:
    """The picture of a preset's game, and nothing else on the page."""
    page.goto(f"{server.url}{PREFIX}/{version()}/wire.js")
    for style in ("live", "scene"):
        page.add_style_tag(path=COMPONENTS / f"{style}.css")
    page.evaluate(MOUNT, [f"{PREFIX}/{version()}", scene_data(scene_of(name)), width])


@pytest.mark.parametrize("name", GAMES)
def test_boxes_stand_apart_and_arrows_join_them(page: Page, server: Server, name: str) -> None:
    for width in (360, 650, 1000):
        alone(page, server, name, width)
        stands_apart(page, name, width)


def stands_apart(page: Page, name: str, width: int) -> None:
    scene, rects = scene_of(name), page.evaluate(RECTS)
    assert len(rects) == GAMES[name]
    for i, (left, top, right, bottom) in enumerate(rects):
        assert 0 <= left < right <= width and top < bottom
        for other in rects[:i]:
            apart = left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]
            assert apart, (rects[i], other)
    assert page.evaluate(SPILLED) == []
    where = {box.id: rect for box, rect in zip(scene.boxes, rects, strict=True)}

    def touches(place: str, x: float, y: float) -> bool:
        left, top, right, bottom = where[place]
        return left - 4 <= x <= right + 4 and top - 4 <= y <= bottom + 4

    ends = page.evaluate(ENDS)
    assert [one[0] for one in ends] == [arrow.id for arrow in scene.arrows]
    for arrow, (_, ax, ay, bx, by) in zip(scene.arrows, ends, strict=True):
        assert touches(arrow.start, ax, ay), arrow
        assert touches(arrow.end, bx, by), arrow
    height = page.locator(".gl-stage").bounding_box()
    assert height is not None
    assert height["height"] <= (215 if name == "cyclegan-small" else 150)


def test_who_acts_stands_out_and_the_others_fade(page: Page, server: Server) -> None:
    alone(page, server, "quick")
    seen = """() => Object.fromEntries([...document.querySelectorAll("[data-id]")].map((one) => [
      one.dataset.id, Number(getComputedStyle(one).opacity)]))"""
    usual = page.evaluate(seen)
    assert set(usual.values()) == {1}
    page.evaluate("scene.act(['G', 'z>G'])")
    acting = page.evaluate(seen)
    assert {name for name, opacity in acting.items() if opacity == 1} == {"G", "z>G"}
    assert all(opacity < 0.5 for name, opacity in acting.items() if name not in {"G", "z>G"})
    page.set_viewport_size({"width": 500, "height": 900})  # arrows are drawn anew
    page.evaluate("document.body.style.width = '450px'")
    page.wait_for_timeout(200)
    assert page.evaluate(seen) == acting
    page.evaluate("scene.act([])")
    assert page.evaluate(seen) == usual


def test_every_part_says_what_it_is(page: Page, server: Server) -> None:
    alone(page, server, "cgan")
    for box in scene_of("cgan").boxes:
        part = page.locator(f'.gl-box[data-id="{box.id}"]')
        expect(part).to_have_attribute("title", box.hint)
        expect(part).to_have_attribute("aria-label", re.compile(re.escape(f"{box.label}. ")))
    titles = page.locator(".gl-arrow title").all_text_contents()
    assert titles == [arrow.hint for arrow in scene_of("cgan").arrows]


@pytest.mark.parametrize("width", [360, 650])
def test_it_says_in_words_what_somebody_points_at(page: Page, server: Server, width: int) -> None:
    alone(page, server, "quick", width)
    words = page.locator(".gl-scene-hint")
    height = "document.querySelector('details').getBoundingClientRect().height"
    nothing, before = words.text_content(), page.evaluate(height)
    for box in scene_of("quick").boxes:
        page.locator(f'.gl-box[data-id="{box.id}"]').click()
        expect(words).to_have_text(box.hint)
        assert words.evaluate("(p) => p.scrollHeight <= p.clientHeight + 1")  # all of it
        assert page.evaluate(height) == before  # nothing jumps for it
    page.locator(".gl-box[data-id=G]").focus()  # by keyboard
    expect(words).to_have_text(scene_of("quick").boxes[1].hint)
    page.locator(".gl-stage").hover(position={"x": 1, "y": 1})
    expect(words).to_have_text(nothing or "?")


def test_what_was_on_its_way_when_the_line_broke_is_asked_for_again(
    page: Page, server: Server
) -> None:
    alone(page, server, "quick")
    page.evaluate("scene.hearMoment({ state: 'loading' })")
    assert page.evaluate("asked") == []
    page.evaluate("scene.hearMoment({ state: 'running' })")
    page.evaluate("scene.hearMoment({ state: 'running' })")
    assert page.evaluate("asked") == ["z", "real"]
    page.evaluate("scene.lost()")
    page.evaluate("scene.hearMoment({ state: 'running' })")
    assert page.evaluate("asked") == ["z", "real", "z", "real"]


def test_dashes_move_with_the_run_alone(page: Page, server: Server) -> None:
    alone(page, server, "quick")
    offset = "scene.lines.style.strokeDashoffset"
    page.evaluate("scene.hearMoment({ state: 'running' })")
    first = page.evaluate(offset)
    page.evaluate("scene.hearMoment({ state: 'running' })")
    second = page.evaluate(offset)
    assert first != second
    page.evaluate("scene.hearMoment({ state: 'paused' })")
    page.locator("summary").click()
    page.evaluate("scene.hearMoment({ state: 'running' })")  # nobody sees it
    assert page.evaluate(offset) == second
    page.locator("summary").click()
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("scene.hearMoment({ state: 'running' })")
    assert page.evaluate(offset) == second
    assert page.evaluate("document.getAnimations().length") == 0
