"""Two runs at once, in a real browser: one knob changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import choose, eventually, ledger, newest_run, open_start, start

if TYPE_CHECKING:
    from tests.browser.conftest import Server

TRACES = """() => [...document.querySelectorAll(".gl-chart")].map((chart) => ({
  title: chart.querySelector("h3").textContent,
  names: (chart.querySelector(".gl-plot").data ?? []).map((one) => one.name),
}))"""
BOTH_DRAWN = """() => ["A D", "B D"].every((name) =>
  document.querySelector(".gl-plot")?.data?.some((one) => one.name === name))"""
INK = """(side) => {
  const canvas = document.querySelector(`.gl-side-${side} canvas`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.width, canvas.height, data.some((value) => value > 0)];
}"""


def shown_steps(page: Page, *letters: str) -> None:
    """Wait until pictures and curves of these runs are on the page."""
    for letter in letters:
        page.wait_for_function("(x) => window.__ganlab?.pair?.[x]?.pictureStep > 0", arg=letter)


def row(page: Page, named: str) -> Locator:
    return page.locator("tr", has_text=named).first.locator("td")


def config(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "config.json").read_text("utf-8"))


def test_one_knob_is_changed_and_both_runs_are_watched(  # noqa: PLR0915 -- one story
    page: Page, server: Server
) -> None:
    open_start(page, server)
    start(page)
    parent = newest_run(server)
    page.get_by_role("link", name="Compare").last.click()
    expect(page.get_by_role("heading", name="Two runs at once")).to_be_visible()
    page.wait_for_url("**a=*")
    choose(page, "Knob", "Instance noise (σ)", search=True)
    page.get_by_role("slider", name="Instance noise").press("ArrowRight")
    page.get_by_role("button", name="Train it as B").click()

    # both are drawn, live, in the same places
    shown_steps(page, "A", "B")
    page.wait_for_function(BOTH_DRAWN)
    child = newest_run(server)
    assert child != parent
    changed = eventually(
        lambda: [e for e in ledger(child) if e["path"] == "objective.instance_noise"]
    )
    assert [(e["old"], e["new"], e["outcome"]) for e in changed] == [(0.0, 0.01, "applied")]
    assert config(child)["objective"]["instance_noise"] == 0.01
    assert json.loads((child / "parent.json").read_text("utf-8"))["run"] == parent.name
    assert [page.evaluate(INK, side)[2] for side in "AB"] == [True, True]
    assert page.evaluate(INK, "A")[:2] == page.evaluate(INK, "B")[:2]
    losses = page.evaluate(TRACES)[0]
    assert losses["title"] == "Losses"
    assert {"A D", "A G", "B D", "B G"} <= set(losses["names"])

    # the tables tell the knob, and go on telling how far both are
    expect(row(page, "Instance noise")).to_have_text(["0", "0.01"])
    expect(page.locator(".gl-notes")).to_contain_text("The same z in both")
    expect(page.locator(".gl-notes")).to_contain_text("B went on from A at step")
    swd = page.locator("tr", has_text="Sliced Wasserstein distance").locator("td")
    expect(swd).to_have_text([re.compile(r"^[\d.]+$")] * 2)
    before = row(page, "Images").all_text_contents()
    page.wait_for_function(
        "(text) => [...document.querySelectorAll('.gl-table tr')].find("
        "(row) => row.cells[0].textContent === 'Images').cells[2].textContent !== text",
        arg=before[1],
    )

    # a zoom stays while both train, and another scale has one of its own
    plot = "document.querySelector('.gl-plot')"
    page.evaluate(f"() => Plotly.relayout({plot}, {{'xaxis.range': [2, 7]}})")
    drawn = page.evaluate("() => window.__ganlab.curves")
    page.wait_for_function("(n) => window.__ganlab.curves >= n + 2", arg=drawn)
    assert page.evaluate(f"() => {plot}._fullLayout.xaxis.range") == [2, 7]
    steps = page.evaluate(f"() => {plot}.data[0].x.at(-1)")
    page.get_by_label("Images seen").check()
    page.wait_for_function(f"() => {plot}._fullLayout.xaxis.range[1] > 7")
    assert page.evaluate(f"() => {plot}.data[0].x.at(-1)") > 8 * steps

    page.get_by_role("button", name="Pause both").click()
    for letter in "AB":
        page.wait_for_function("(x) => window.__ganlab.pair[x].state === 'paused'", arg=letter)
    expect(page.get_by_role("button", name="Go on, both")).to_be_visible()
    page.get_by_role("button", name="Resume B").click()
    page.wait_for_function("() => window.__ganlab.pair.B.state === 'running'")
    assert page.evaluate("() => window.__ganlab.pair.A.state") == "paused"

    # the same from the link alone, on a telephone
    url, phone = page.url, page.context.new_page()
    page.goto(server.url)
    missing: list[str] = []
    phone.on("response", lambda r: missing.append(r.url) if r.status == 404 else None)
    phone.set_viewport_size({"width": 400, "height": 800})
    phone.goto(url)
    shown_steps(phone, "A", "B")
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 400
    assert phone.evaluate("""() => {
      const main = document.querySelector('[data-testid="stMain"]');
      return main.scrollWidth <= main.clientWidth;
    }""")
    # Streamlit looks for itself below the page's own path first
    assert all("/compare/_stcore/" in address for address in missing)
    for letter in "AB":
        phone.get_by_role("button", name=f"Stop {letter}").click()
        phone.wait_for_function("(x) => window.__ganlab.pair[x].state === 'stopped'", arg=letter)


def test_points_are_compared_in_two_planes(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    choose(page, "Preset", "Ring of 8", search=True)
    start(page)
    page.get_by_role("link", name="Compare").last.click()
    page.get_by_text("From the beginning, same seed").click()
    choose(page, "Knob", "Size of z", search=True)
    number = page.get_by_role("spinbutton", name="Size of z")
    number.fill("3")
    number.press("Enter")
    page.get_by_role("button", name="Train it as B").click()
    shown_steps(page, "A", "B")
    expect(page.locator(".gl-side .gl-plane canvas")).to_have_count(2)
    expect(page.locator(".gl-notes")).to_contain_text("Not the same z in both")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.gl-table tr')].some((row) =>"
        " row.cells[0].textContent === 'JS' && [1, 2].every((i) => row.cells[i].textContent > '0'))"
    )
    for letter in "AB":
        page.get_by_role("button", name=f"Stop {letter}").click()
        page.wait_for_function("(x) => window.__ganlab.pair[x].state === 'stopped'", arg=letter)
