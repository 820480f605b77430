"""The components alone, on an empty page: a socket that the test speaks for, no run."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gan_lab.config import RunConfig
from gan_lab.runs import Moment, State, wire
from gan_lab.runs.messages import Picture
from gan_lab.runs.pictures import png
from gan_lab.server import PREFIX
from gan_lab.server.assets import version
from gan_lab.training.history import History
from gan_lab.training.trainer import Counts

if TYPE_CHECKING:
    from tests.browser.conftest import Server

PREPARE = """() => {
  window.sockets = [];
  window.WebSocket = class {
    static OPEN = 1;
    constructor() {
      this.readyState = 1;
      this.sent = [];
      sockets.push(this);
      setTimeout(() => this.onopen());
    }
    send(message) { this.sent.push(typeof message === "string" ? message : "bytes"); }
    close() { this.readyState = 3; }
  };
  window.drawn = [];
  window.Plotly = {
    react: (plot, traces, layout) => {
      if (window.broken) throw new Error("a plot broke");
      drawn.push(layout.uirevision);
    },
    purge: () => drawn.push("purged"),
  };
  window.hear = (text) =>
    sockets.at(-1).onmessage({ data: Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer });
  window.asked = () => sockets.at(-1).sent.filter((text) => text.includes("curves")).length;
}"""
MOUNT = """async ([folder, name, data]) => {
  const root = document.body.appendChild(document.createElement("div"));
  root.style.width = "200px"; // all that a page without styles has room for
  const { mount } = await import(`${folder}/${name}.js`);
  window.data = data;
  window.thing = mount(root, { data, setStateValue() {} });
  await new Promise((resolve) => setTimeout(resolve, 20));
}"""
TEXT = "() => thing.box.textContent"
INK = """() => {
  const { width, height } = thing.tiles.canvas;
  const { data } = thing.tiles.canvas.getContext("2d").getImageData(0, 0, width, height);
  return data.some((value) => value > 0);
}"""

FOLDER = f"{PREFIX}/{version()}"
PICTURE = png(np.full((8, 8), 200, np.uint8))
LIVE = {"socket": "/none/a", "plotly": "/none.js", "heard": "", "colours": {}, "resting": {}}
LATENT = {"socket": "/none/a", "dim": 2, "reach": 3}


@pytest.fixture
def mount(context: Any, server: Server) -> Callable[[str, dict[str, Any]], Page]:
    def put(name: str, data: dict[str, Any]) -> Page:
        page = context.new_page()
        page.goto(f"{server.url}{FOLDER}/wire.js")
        page.evaluate(PREPARE)
        page.evaluate(MOUNT, [FOLDER, name, data])
        return page

    return put


def hear(page: Page, *frames: bytes) -> None:
    for frame in frames:
        page.evaluate("hear", base64.b64encode(frame).decode())


def moment(state: State, steps: int, number: int = 1) -> list[bytes]:
    picture = Picture(PICTURE, "image/png", 8, 1, 1)
    return wire.moment_frames(
        Moment(number, state, Counts(steps, steps, steps, 0.1), RunConfig(),
               pictures={"samples": picture}, pictures_step=steps)
    )  # fmt: skip


def curves(records: int) -> bytes:
    history = History(("loss/D",))
    history.append(np.ones((records, 1), np.float32))
    return wire.curves_frame(history.curves(), [], 0)


def latent(state: str = "paused") -> bytes:
    header = {"step": 1, "state": state, "mime": "image/png", "tile": 8}
    return wire.encode("latent", header, PICTURE)


def test_a_run_that_is_over_is_asked_once_more_and_then_left_alone(mount) -> None:
    page = mount("live", LIVE)
    hear(page, *moment(State.FAILED, 10))
    assert page.evaluate("asked()") == 1
    hear(page, curves(7))
    page.wait_for_timeout(1500)
    assert page.evaluate("asked()") == 1


def test_curves_that_came_before_the_end_are_not_the_last(mount) -> None:
    page = mount("live", LIVE)
    hear(page, *moment(State.RUNNING, 10))
    page.wait_for_function("() => __ganlab.pictureStep === 10")
    hear(page, *moment(State.RUNNING, 10, 2))
    page.wait_for_function("() => asked() === 1")
    hear(page, *moment(State.FAILED, 12, 3), curves(10))
    page.wait_for_function("() => asked() === 2")


def test_curves_are_asked_for_again_after_a_plot_broke(mount) -> None:
    page = mount("live", LIVE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate("() => { window.broken = true; }")
    hear(page, *moment(State.PAUSED, 10), curves(7))
    page.wait_for_function("() => asked() === 2")
    assert errors == ["a plot broke"]


def test_pictures_go_on_after_one_that_cannot_be_read(mount) -> None:
    page = mount("live", LIVE)
    bad = wire.encode("picture", {"name": "samples", "mime": "image/png", "tile": 8}, b"nothing")
    hear(page, bad)
    page.wait_for_timeout(100)
    hear(page, *moment(State.PAUSED, 10))
    page.wait_for_function("() => __ganlab.pictures === 1")


def test_another_run_begins_with_empty_places_and_without_a_zoom(mount) -> None:
    page = mount("live", LIVE)
    hear(page, *moment(State.PAUSED, 10), curves(10))
    page.wait_for_function("() => __ganlab.pictures === 1 && drawn.includes('/none/a')")
    assert page.evaluate(INK)
    page.evaluate("""() => {
      drawn.length = 0;
      thing.update({ data: { ...data, socket: "/none/b" }, setStateValue() {} });
    }""")
    assert not page.evaluate(INK)
    assert "pictures by G" not in page.evaluate(TEXT)
    assert set(page.evaluate("drawn")) == {"purged"}
    hear(page, *moment(State.PAUSED, 3), curves(3))
    page.wait_for_function("() => drawn.includes('/none/b')")
    assert page.evaluate(INK)
    assert "/none/a" not in page.evaluate("drawn")


def test_why_a_socket_closed_is_said(mount) -> None:
    page = mount("live", LIVE)
    said = []
    for code in (4403, 4404, 1006):
        page.evaluate("(code) => sockets.at(-1).onclose({ code })", code)
        said.append(page.locator(".gl-state").text_content())
    assert "does not answer" in said[0]
    assert "not here any more" in said[1]
    assert "trying again" in said[2]


def test_a_round_trip_is_from_the_movement_of_the_slider_and_of_nothing_else(mount) -> None:
    page = mount("latent", LATENT)
    hear(page, latent("running"))  # the first picture, which nobody asked for
    page.wait_for_function("() => __ganlab.latent === 1")
    page.wait_for_function("() => sockets[0].sent.length === 2")  # a refresh
    page.locator("#gl-z-1").evaluate(
        "(slider) => { slider.value = 1; slider.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_timeout(300)
    hear(page, latent("running"))
    page.wait_for_function("() => __ganlab.latent === 2")
    assert page.evaluate("__ganlab.rtt") == []
    hear(page, latent("paused"))  # of the slider, which had to wait for the refresh
    page.wait_for_function("() => __ganlab.latent === 3")
    (took,) = page.evaluate("__ganlab.rtt")
    assert took >= 300
    assert math.isfinite(took)
    expect(page.locator("figcaption")).to_have_text("G at step 1")


def test_the_latent_walk_goes_on_after_a_picture_that_cannot_be_read(mount) -> None:
    page = mount("latent", LATENT)
    hear(page, wire.encode("latent", {"state": "paused", "mime": "image/png", "tile": 8}, b"no"))
    expect(page.locator("figcaption")).to_contain_text("could not be read")
    page.get_by_role("button", name="All to zero").click()
    page.wait_for_function("() => sockets[0].sent.length === 2")
