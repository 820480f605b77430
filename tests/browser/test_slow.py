"""Slow motion in a browser: one round of a real run, phase by phase."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from .visitor import (
    choose,
    eventually,
    in_state,
    ledger,
    newest_run,
    open_start,
    start,
    stop,
)

if TYPE_CHECKING:
    from tests.browser.conftest import Server

TITLES = [
    "Draw noise", "G generates", "D judges what is real", "D judges fakes",
    "D's loss and gradient", "D moves", "The same fakes again", "D judges for G",
    "G's loss and gradient", "G moves",
]  # fmt: skip
ON = ".gl-walk-phase.gl-on"
READ = """() => {
  const phase = document.querySelector(".gl-walk-phase.gl-on");
  const all = (selector, what) => [...phase.querySelectorAll(selector)].map(what);
  const value = (one) => Number(one.querySelector("dd").dataset.value);
  return {
    title: phase.querySelector("h3").textContent,
    numbers: Object.fromEntries(
      all(".gl-walk-numbers div", (one) => [one.querySelector("dt").textContent, value(one)])),
    says: all(".gl-says", (one) => Number(one.textContent)),
    acting: [...document.querySelectorAll(".gl-stage .gl-on")].map((one) => one.dataset.id).sort(),
    height: document.querySelector(".gl-walk").offsetHeight,
    board: document.querySelector(".gl-board").getBoundingClientRect().top + scrollY,
  };
}"""


@pytest.fixture
def held(page: Page) -> Page:
    """A visitor for whom nothing moves by itself."""
    page.emulate_media(reduced_motion="reduce")
    return page


def slow(page: Page) -> None:
    page.get_by_role("button", name="Slow motion").click()
    page.wait_for_function("() => window.__ganlab.walk")
    in_state(page, "paused")


def readings(folder: Path, step: int) -> dict[str, float]:
    """A step of the curves as they lie on the disk, by column; {} while it is not there."""
    raw = (folder / "history" / "readings.f32").read_bytes()
    head, _, rest = raw.partition(b"\n")
    columns = json.loads(head)["columns"]
    whole = len(rest) // (4 * len(columns))
    rows = np.frombuffer(rest, "<f4", whole * len(columns)).reshape(whole, -1)
    return dict(zip(columns, rows[-1].tolist(), strict=True)) if whole == step else {}


def test_one_round_is_walked_through_to_its_end(held: Page, server: Server) -> None:
    page = held
    open_start(page, server)
    start(page)
    folder = newest_run(server)
    slow(page)  # while it runs: it pauses and plays one
    entry = eventually(lambda: next((e for e in ledger(folder) if e["path"] == "slow"), None))
    assert entry["outcome"] == "applied"
    step = page.evaluate("() => window.__ganlab.step")
    assert step == entry["step"] + 1
    expect(page.locator(".gl-walk-step")).to_contain_text(f"{step:,}")
    expect(
        page.locator(".gl-walk").get_by_role("button", name="Play")
    ).to_be_visible()  # it waits for the visitor

    told = []
    for number, title in enumerate(TITLES, 1):
        expect(page.locator(".gl-walk-at")).to_have_text(f"{number} of 10")
        told.append(page.evaluate(READ))
        assert told[-1]["title"] == title
        if number == len(TITLES) // 2:
            page.keyboard.press("ArrowRight")
        elif number < len(TITLES):
            page.get_by_role("button", name="Next").click()
    assert page.get_by_role("button", name="Next").is_disabled()
    assert len({one["height"] for one in told}) == 1 == len({one["board"] for one in told})
    assert [one["acting"] for one in told[2:6]] == [
        ["D", "real", "real>D"],
        ["D", "fake", "fake>D"],
        ["D"],
        ["D"],
    ]

    row = eventually(lambda: readings(folder, step))
    numbers = {name: value for one in told for name, value in one["numbers"].items()}
    for name, column in (("D(x), mean of all", "D(x)"), ("D(G(z)), mean of all", "D(G(z))"),
                         ("D's loss", "loss/D"), ("G's loss", "loss/G")):  # fmt: skip
        assert numbers[name] == row[column]
    norms = [one["numbers"]["gradient's norm"] for one in (told[4], told[8])]
    assert norms == [row["grad/D"], row["grad/G"]]
    rates = [np.float32(one["numbers"]["learning rate"]) for one in (told[5], told[9])]
    assert rates == [row["lr/D"], row["lr/G"]]
    assert [len(one["says"]) for one in told] == [0, 0, 16, 16, 0, 0, 0, 16, 0, 0]
    assert all(0 <= says <= 1 for one in told for says in one["says"])

    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"{ON} h3")).to_have_text(TITLES[-2])
    page.locator(".gl-walk-way button").nth(2).click()
    expect(page.locator(f"{ON} h3")).to_have_text(TITLES[2])

    stop(page)
    expect(page.locator(".gl-walk")).to_be_hidden()
    expect(page.get_by_role("button", name="Slow motion")).to_be_disabled()


def test_another_round_and_what_ends_it(held: Page, server: Server) -> None:
    page = held
    open_start(page, server)
    start(page)
    folder = newest_run(server)
    slow(page)
    step = page.evaluate("() => window.__ganlab.step")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    # one more round, without a way through the buttons above
    page.get_by_role("button", name="Another round").click()
    page.wait_for_function("(s) => window.__ganlab.walk?.round === `0:${s + 1}`", arg=step)
    expect(page.locator(".gl-walk-at")).to_have_text("1 of 10")
    eventually(lambda: [e["path"] for e in ledger(folder)][-2:] == ["slow", "slow"])
    page.wait_for_function("(s) => window.__ganlab.records === s + 1", arg=step)  # curves too

    # closed, it stays closed, also when the run is heard of again
    page.get_by_role("button", name="Close slow motion").click()
    expect(page.locator(".gl-walk")).to_be_hidden()
    expect(page.locator(".gl-stage .gl-on")).to_have_count(0)
    page.get_by_role("slider", name="Instance noise").first.press("ArrowRight")
    page.wait_for_timeout(1500)
    expect(page.locator(".gl-walk")).to_be_hidden()

    slow(page)
    expect(page.locator(".gl-walk")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    in_state(page, "running")
    expect(page.locator(".gl-walk")).to_be_hidden()
    assert page.evaluate("() => window.__ganlab.walk") is None
    expect(page.get_by_role("button", name="Pause")).to_be_visible()  # the page has heard, too
    stop(page)


def test_it_plays_by_itself_until_it_is_held(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    slow(page)
    page.wait_for_function("() => window.__ganlab.walk.at >= 2")
    page.get_by_role("button", name="Hold").click()
    at = page.evaluate("() => window.__ganlab.walk.at")
    page.wait_for_timeout(4000)
    assert page.evaluate("() => window.__ganlab.walk.at") == at
    page.locator(".gl-walk").get_by_role("button", name="Play").click()
    page.wait_for_function("(n) => window.__ganlab.walk.at > n", arg=at)
    # arrows that belong to a knob turn the knob
    page.locator(".gl-walk-way button").nth(4).click()
    page.get_by_role("slider", name="Instance noise").first.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.__ganlab.walk.at") == 5
    page.get_by_role("button", name="Undo").click()  # and going back ends it
    expect(page.locator(".gl-walk")).to_be_hidden()
    stop(page)


def test_guests_look_but_do_not_press(
    held: Page, server: Server, browser: Browser, listen: Callable[[Page], list[str]]
) -> None:
    page = held
    open_start(page, server)
    start(page)
    slow(page)
    other = browser.new_context(reduced_motion="reduce")
    guest = other.new_page()
    complaints = listen(guest)
    guest.goto(page.url)  # late: the round was played before
    guest.wait_for_function("() => window.__ganlab?.walk")
    expect(guest.get_by_role("button", name="Another round")).to_be_hidden()
    for _ in range(9):
        guest.keyboard.press("ArrowRight")
    expect(guest.locator(f"{ON} h3")).to_have_text("G moves")
    assert page.evaluate("() => window.__ganlab.walk.at") == 1, "each goes at their own pace"
    # the next round comes to both
    step = page.evaluate("() => window.__ganlab.step")
    page.get_by_role("button", name="Another round").click()
    guest.wait_for_function("(s) => window.__ganlab.walk?.round === `0:${s}`", arg=step + 1)
    page.get_by_role("button", name="Resume").click()
    expect(guest.locator(".gl-walk")).to_be_hidden()
    other.close()
    assert not complaints
    stop(page)


def test_points_are_walked_through_too(held: Page, server: Server) -> None:
    page = held
    open_start(page, server)
    choose(page, "Preset", "Ring of 8", search=True)
    page.wait_for_function("() => document.querySelector('[data-testid=stImage] img')?.complete")
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("() => window.__ganlab?.pictureStep >= 10")
    slow(page)
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.locator(f"{ON} h3")).to_have_text("G's loss and gradient")
    drawn = page.eval_on_selector(
        f"{ON} canvas",
        "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)",
    )
    assert drawn
    expect(page.locator(f"{ON} figcaption")).to_contain_text("arrows")
    stop(page)
