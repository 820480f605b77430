"""Sliders and the map of a latent space, with a real mouse; what a slow server lets one see."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gan_lab.runs import wire
from gan_lab.runs.pictures import png

from .test_components import LATENT, hear, latent, mount
from .visitor import (
    canvas_of,
    drag,
    eventually,
    explore,
    in_state,
    shows,
)

if TYPE_CHECKING:
    pass

__all__ = ["mount"]  # a fixture
FULL = "() => __ganlab.tiles >= 40"
MAP = ".gl-chart canvas"
WHERE = re.compile(r"= ([−\d.]+), \S+( C)? = ([−\d.]+)")


def where(page: Page) -> tuple[float, float]:
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    found = WHERE.search(page.locator(".gl-where").inner_text())
    assert found, page.locator(".gl-where").inner_text()
    x, y = (float(found[k].replace("−", "-")) for k in (1, 3))
    return x, y


# Rows follow z once they are in sight: this hears of it after the page does, whose own observer is
# older.
WATCH = """(panel) => {
  window.met = new Set();
  window.meeting?.disconnect();
  window.meeting = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) met.add(target);
  }, { root: panel });
  for (const row of panel.children) meeting.observe(row);
}"""
ALL_MET = """() => {
  const panel = document.querySelector(".gl-sliders");
  const next = [...panel.children].find((row) => !met.has(row));
  const top = (box) => box.getBoundingClientRect().top;
  panel.scrollTop = next ? panel.scrollTop + top(next) - top(panel) : 0;
  return !next;
}"""


def numbers(page: Page) -> np.ndarray:
    """z as the sliders show it, in its own order."""
    page.get_by_role("tab", name="Sliders").click()
    page.get_by_label("Order").select_option("number")
    page.locator(".gl-sliders").evaluate(WATCH)
    page.wait_for_function(ALL_MET)
    boxes = page.locator(".gl-dial input[type=number]")
    assert boxes.count() == 64
    return np.array(
        [float(value) for value in boxes.evaluate_all("(all) => all.map((b) => b.value)")]
    )


@contextlib.contextmanager
def another_picture(page: Page) -> Iterator[None]:
    """What is done within asks for one, which is then on the page."""
    before = page.evaluate("() => __ganlab.latent")
    yield
    page.wait_for_function("(n) => __ganlab.latent > n", arg=before)


def leave(page: Page) -> None:
    page.get_by_role("link", name="Back to training").click()
    in_state(page, "paused")


def test_whoever_drags_the_map_moves_and_nothing_else_of_z_does(paused: Page) -> None:
    page = paused
    explore(page)
    expect(page.locator(".gl-measured")).to_contain_text("Bars")
    before = numbers(page)
    page.get_by_role("tab", name="Map").click()
    page.wait_for_function(FULL)
    page.get_by_label("Axes").select_option("numbers")
    page.get_by_label("across z").fill("3")
    page.get_by_label("across z").press("Enter")
    page.get_by_label("up z").fill("5")
    page.get_by_label("up z").press("Enter")
    expect(page.locator(".gl-x")).to_have_text("z3 →")
    expect(page.locator(".gl-y")).to_have_text("↑ z5")
    expect(page.locator(".gl-where")).to_contain_text(", z5 =")  # that plane is drawn
    page.wait_for_function(FULL)
    assert where(page) == pytest.approx((before[2], before[4]), abs=0.011)

    picture = canvas_of(page, ".gl-frame")
    drag(page, MAP, -120, -60)  # the map to the left and up: to the right and down on it
    x, y = where(page)
    assert x > before[2] + 0.3 and y < before[4]
    assert (x - before[2]) / (before[4] - y) == pytest.approx(2, abs=0.1)
    page.wait_for_function(
        "(old) => document.querySelector('.gl-frame canvas').toDataURL() !== old", arg=picture
    )
    after = numbers(page)
    assert after[[2, 4]] == pytest.approx((x, y), abs=0.011)
    others = [i for i in range(64) if i not in (2, 4)]
    assert (after[others] == before[others]).all()
    leave(page)


def test_the_map_has_no_edge_and_obeys_keys_wheel_and_clicks(paused: Page) -> None:
    page = paused
    explore(page, "Map")
    page.wait_for_function(FULL)
    begun = where(page)
    for _ in range(6):  # three maps farther
        drag(page, MAP, 220, 0, steps=8)
        page.wait_for_function(FULL)
    x, y = where(page)
    assert x < begun[0] - 5 and y == pytest.approx(begun[1], abs=0.02)

    canvas = page.locator(MAP)
    canvas.focus()
    page.keyboard.press("Shift+ArrowRight")
    step = where(page)[0] - x
    assert step > 0.1
    page.keyboard.press("ArrowUp")
    assert where(page)[1] - y == pytest.approx(step / 4, abs=0.02)

    there = where(page)
    canvas.evaluate("(canvas) => canvas.addEventListener('wheel', () => { window.turned = true; })")
    page.mouse.wheel(0, -240)  # over the map, where the mouse has been since it dragged
    page.wait_for_function("() => window.turned")
    assert where(page) == there

    box = canvas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2)
    nearer = (begun[0] - x) / (6 * 220) / 2**0.5  # units of z in a px of what the wheel made larger
    expected = there[0] + 60 * nearer
    eventually(lambda: abs(where(page)[0] - expected) < 0.02)
    assert where(page)[1] == pytest.approx(there[1], abs=0.02)
    page.get_by_role("button", name="To the middle").click()
    expect(page.locator(".gl-where")).to_contain_text(re.compile(r"= −?0\.00, z\d+ = −?0\.00"))
    leave(page)


def test_three_kept_pictures_span_a_map(paused: Page) -> None:
    page = paused
    explore(page, "Map")
    page.get_by_label("Axes").select_option("pictures")
    expect(page.locator(".gl-three")).to_contain_text("Keep three pictures")
    for kept in range(1, 4):
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.locator(".gl-shelf .gl-kept")).to_have_count(kept)
        last = canvas_of(page, ".gl-frame")
        page.get_by_role("button", name="New random z").click()
        page.wait_for_function(
            "(old) => document.querySelector('.gl-frame canvas').toDataURL() !== old", arg=last
        )
    for k in range(3):
        page.locator(".gl-three button").nth(k).click()
    expect(page.locator(".gl-three b")).to_have_text(["A", "B", "C"])
    expect(page.locator(".gl-x")).to_have_text("A to B →")
    expect(page.locator(".gl-where")).to_contain_text("A to B =")
    page.wait_for_function(FULL)
    expect(page.locator(".gl-where")).not_to_contain_text("not on this plane")
    page.locator(".gl-shelf img").first.click()  # one of the three lies on it
    expect(page.locator(".gl-where")).not_to_contain_text("not on this plane")
    page.get_by_role("button", name="New random z").click()
    expect(page.locator(".gl-where")).to_contain_text("not on this plane")
    drag(page, MAP, 30, 0)
    expect(page.locator(".gl-where")).not_to_contain_text("not on this plane")
    page.get_by_label("Axes").select_option("principal")
    expect(page.locator(".gl-x")).not_to_contain_text("A to B")
    page.wait_for_function(FULL)
    leave(page)


def test_sliders_the_strongest_first_locks_a_seed_and_truncation(paused: Page) -> None:
    page = paused
    explore(page)
    expect(page.locator(".gl-measured")).to_contain_text("grey levels of 255")
    # a row is filled once it is in sight, so also the one that has just come to the top
    expect(page.locator(".gl-dial").first.locator("i")).to_be_attached()
    bars = page.locator(".gl-dial i").evaluate_all(
        "(all) => all.map((bar) => Number(bar.style.getPropertyValue('--share')))"
    )
    assert bars[0] == 1 and bars == sorted(bars, reverse=True) and bars[-1] < 0.9

    seed = page.get_by_label("Seed")
    seed.fill("42")
    with another_picture(page):
        seed.press("Enter")
    drawn, picture = numbers(page), canvas_of(page, ".gl-frame")
    page.get_by_role("checkbox", name="Lock z2", exact=True).check()
    page.get_by_label("z2, exact").fill("1.5")
    expect(page.locator(".gl-dials .gl-drawn")).to_have_text("z has moved since it was drawn")
    page.get_by_role("button", name="New random z").click()
    expect(page.locator(".gl-dials .gl-drawn")).to_have_text("")
    other = numbers(page)
    # of 63 new numbers, told with two digits, one or two are the old ones by chance
    assert other[1] == 1.5 and np.isclose(other, drawn).sum() < 6
    page.get_by_role("button", name="All to zero").click()
    assert numbers(page).tolist() == [0, 1.5] + 62 * [0]
    page.get_by_role("checkbox", name="Lock z2", exact=True).uncheck()
    seed.fill("42")
    seed.press("Enter")
    expect(page.locator(".gl-dials .gl-drawn")).to_have_text("")
    shows(page, picture)

    truncation = page.get_by_label("Truncation")
    truncation.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".gl-draws output")).to_have_text("× 0.50")
    assert numbers(page) == pytest.approx(0.5 * drawn, abs=0.011)
    page.get_by_role("button", name="New random z").click()
    expect(seed).not_to_have_value("42")
    other = numbers(page)
    assert np.isclose(other, 0.5 * drawn, atol=0.011).sum() < 16  # one or two, as above
    assert other.std() == pytest.approx(0.5, abs=0.2)
    page.get_by_title("z1 back to 0").click()
    assert numbers(page)[0] == 0
    leave(page)


@pytest.fixture
def alone(mount) -> Callable[[int], Page]:
    """``alone(2)``: the latent page without a server, with a z of so many numbers."""

    def put(dim: int) -> Page:
        page = mount("latent", LATENT | {"dim": dim})
        page.evaluate("() => { thing.box.parentElement.style.width = '1000px'; }")
        hear(page, latent(z=[0.0] * dim))
        page.wait_for_function("() => __ganlab.latent === 1")
        return page

    return put


def asked(page: Page, name: str) -> dict[str, Any]:
    """The newest question of a name."""
    page.wait_for_function(
        '(name) => sockets[0].sent.some((text) => text.includes(`"ask":"${name}"`))', arg=name
    )
    sent = page.evaluate("sockets[0].sent")
    return json.loads([text for text in sent if f'"ask":"{name}"' in text][-1])


def answer(page: Page, name: str, payload: bytes, **header: Any) -> None:
    told = {"id": asked(page, name)["id"], "done": True, "step": 1}
    hear(page, wire.encode(name, told | header, payload))


def test_512_sliders_are_made_as_they_come_into_sight(alone) -> None:
    page = alone(512)
    effects = np.arange(512, dtype="<f4")[::-1]  # z1 is the strongest
    answer(page, "effects", effects.tobytes(), unit="grey levels of 255")
    expect(page.locator("#gl-z-1")).to_be_visible()
    made = page.locator(".gl-sliders input[type=range]").count()
    assert 1 < made < 100
    expect(page.locator("#gl-z-512")).to_have_count(0)
    page.locator(".gl-sliders").evaluate("(panel) => { panel.scrollTop = panel.scrollHeight; }")
    page.evaluate("""() => {
      const { send } = sockets[0];
      sockets[0].send = (message) => {
        if (typeof message !== "string") window.z = [...new Float32Array(message)];
        send.call(sockets[0], message);
      };
    }""")
    last = page.get_by_label("z512, exact")
    last.fill("1.25")
    page.wait_for_function("() => window.z?.length === 512")
    assert page.evaluate("z") == [0] * 511 + [1.25]


def test_who_shrinks_z_while_a_draw_is_under_way_gets_that_draw_shrunk(alone) -> None:
    page = alone(2)
    seed, said = page.get_by_label("Seed"), page.locator(".gl-dials .gl-drawn")
    seed.fill("42")
    seed.press("Enter")
    page.get_by_label("Truncation").press("ArrowLeft")
    expect(page.locator(".gl-draws output")).to_have_text("× 0.95")
    draws = "sockets[0].sent.filter((text) => text.includes('42'))"
    assert page.evaluate(f"{draws}.length") == 1  # one question at a time
    hear(page, latent(z=[1.0, 2.0], seed=42))
    page.wait_for_function(f"() => {draws}.length === 2")
    assert json.loads(page.evaluate(draws)[-1]) == {"random": True, "seed": 42, "scale": 0.95}
    hear(page, latent(z=[0.95, 1.9], seed=42))
    expect(page.get_by_label("z1, exact")).to_have_value("0.95")
    expect(page.get_by_label("z2, exact")).to_have_value("1.90")
    expect(said).to_have_text("")
    page.get_by_label("Truncation").press("ArrowRight")  # it has come: now it is z that grows
    expect(page.get_by_label("z2, exact")).to_have_value("2.00")


def test_what_is_kept_is_what_one_sees(alone) -> None:
    page = alone(2)
    page.get_by_label("z1, exact").fill("1.5")  # its picture has not come
    page.get_by_role("button", name="Keep", exact=True).click()
    hear(page, latent())
    page.wait_for_function("() => __ganlab.latent === 2")
    page.get_by_role("button", name="Keep", exact=True).click()
    kept = page.evaluate("thing.explorer.shelf.items.map(({ z }) => [...z])")
    assert kept == [[0, 0], [1.5, 0]]


def test_the_nearest_picture_so_far_is_the_newest_whichever_is_read_first(alone) -> None:
    page = alone(2)
    page.get_by_role("tab", name="Find z").click()
    found = page.evaluate("""async () => {
      const { panel } = thing.tools.find(({ id }) => id === "inversion");
      const reads = [];
      window.createImageBitmap = () => new Promise((resolve) => reads.push(resolve));
      for (const at of [1, 2]) {
        const known = { of: 2, psnr: [at], best: at, length: 1, shell: 1, step: 1, tile: 8 };
        panel.follow({ at, ...known }, new Uint8Array());
      }
      const row = (colour) => {
        const canvas = new OffscreenCanvas(24, 8);
        const pen = canvas.getContext("2d");
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 24, 8);
        return canvas.transferToImageBitmap();
      };
      reads[1](row("#00ff00"));
      await new Promise((go) => setTimeout(go, 20));
      reads[0](row("#ff0000"));
      await new Promise((go) => setTimeout(go, 20));
      const pen = panel.tiles[1].canvas.getContext("2d");
      return [...pen.getImageData(4, 4, 1, 1).data];
    }""")  # fmt: skip
    assert found == [0, 255, 0, 255]


def test_while_the_server_is_slow_the_map_s_own_pictures_answer_a_drag(alone) -> None:
    page = alone(2)
    page.get_by_role("tab", name="Map").click()
    frame = np.array([[0, 0], [1, 0], [0, 1]], "<f4")
    answer(page, "plane", frame.tobytes(), numbers=[0, 1], typical=1.4)
    question = asked(page, "lattice")
    # a ramp: the grey of a tile tells its x, 128 in the middle
    greys = [min(255, max(0, round(128 + 60 * x))) for x, _ in question["places"]]
    row = np.concatenate([np.full((8, 8), grey, np.uint8) for grey in greys], 1)
    answer(page, "lattice", png(row), first=0, count=len(greys), columns=len(greys), tile=8,
           mime="image/png")  # fmt: skip
    page.wait_for_function("() => __ganlab.tiles > 0")

    page.wait_for_timeout(100)  # so long no exact picture has come
    drag(page, MAP, -20, 0)
    x, _ = where(page)
    assert x > 0.2
    shown = page.evaluate("""() => {
      const canvas = document.querySelector(".gl-frame canvas");
      const { width, height } = canvas;
      return canvas.getContext("2d").getImageData(width / 2, height / 2, 1, 1).data[0];
    }""")
    assert shown == pytest.approx(128 + 60 * x, abs=16)  # of the last frame before the release
    assert abs(shown - 128) > 8
    assert page.evaluate("__ganlab.latent") == 1  # no exact picture has come

    hear(page, latent())  # it comes, and counts for more
    page.wait_for_function("() => __ganlab.latent === 2")
    exact = page.evaluate("""() => document.querySelector(".gl-frame canvas")
      .getContext("2d").getImageData(9, 9, 1, 1).data[0]""")
    assert exact == 200


def test_a_refused_map_says_why_and_the_page_goes_on(alone) -> None:
    page = alone(2)
    page.get_by_role("tab", name="Map").click()
    question = asked(page, "plane")
    hear(page, wire.encode("error", {"id": question["id"], "text": "Points have no map."}))
    expect(page.locator(".gl-where")).to_have_text("Points have no map.")
    drag(page, MAP, 50, 0)
    page.get_by_role("tab", name="Sliders").click()
    page.get_by_label("z1, exact").fill("1")
    page.wait_for_function("() => sockets[0].sent.includes('bytes')")
