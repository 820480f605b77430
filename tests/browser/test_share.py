"""A link goes from one visitor to another, and the marks on the curves tell what a change did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect

from gan_lab.config import RunConfig, from_tree, put
from gan_lab.presets import preset
from gan_lab.share import Link, View, decode, encode
from tests.browser.conftest import PATIENCE

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

CHANGED = put(
    preset("quick").config,
    {"optim.g.lr": 3e-4, "training.seed": 7, "data.name": "digits:3,8", "latent.dim": 9},
)


def config_of(folder: Path) -> RunConfig:
    return from_tree(json.loads((folder / "config.json").read_text("utf-8")))


def shared(page: Page, said: Callable[[RunConfig], bool] = lambda _: True) -> str:
    """The link that the page offers, once the experiment in it is as was said."""
    page.get_by_role("button", name="Share").click()
    field = page.get_by_label("Link to this experiment")
    expect(field).to_be_visible()

    def offered() -> str:
        link = field.input_value()
        return link if said(decode(link.split("?share=")[1])[0].config) else ""

    return eventually(offered)


def test_a_link_of_one_visitor_is_the_same_experiment_for_another(
    page: Page, server: Server, browser: Browser, listen: Callable[[Page], list[str]]
) -> None:
    open_start(page, server)
    choose(page, "Real pictures", "Points: Two heaps", search=True)
    page.get_by_text("Knobs that you can turn at any time").click()
    knob = page.get_by_role("slider", name="Instance noise").first
    knob.press("ArrowRight")
    expect(knob).to_have_value("0.01")
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("12")
    seed.press("Enter")
    expect(page.get_by_text("Back to the preset's knobs").first).to_be_visible()
    link = shared(page, lambda config: config.training.seed == 12)
    wanted = decode(link.split("?share=")[1])[0].config
    assert (wanted.training.seed, wanted.objective.instance_noise) == (12, 0.01)
    expect(page.get_by_text("The same link for the camera of a phone")).to_be_visible()
    page.get_by_text("It starts by itself").click()
    field = page.get_by_label("Link to this experiment")
    expect(field).not_to_have_value(link)
    link = field.input_value()
    assert link.startswith(server.url + "/?share=") and len(link) < 200
    expect(page.get_by_text(f"{len(link)} characters")).to_be_visible()
    page.keyboard.press("Escape")
    start(page)
    mine = newest_run(server)
    stop(page)

    other = browser.new_context(viewport={"width": 400, "height": 800})
    other.set_default_timeout(PATIENCE)
    guest = other.new_page()
    complaints = listen(guest)
    guest.goto(link)
    guest.wait_for_function("() => window.__ganlab?.pictureStep >= 10")
    expect(guest.get_by_text("An experiment that somebody shared")).to_be_visible()
    theirs = newest_run(server)
    assert theirs != mine and config_of(theirs) == config_of(mine)
    config = config_of(theirs)
    assert config.training.seed == 12 and config.objective.instance_noise == 0.01
    assert config.data.name == "gaussians"
    # F5 finds that run, and begins none
    runs = len(list(server.runs.iterdir()))
    address = guest.url
    guest.reload()
    guest.wait_for_function("() => window.__ganlab?.pictures >= 1")
    assert guest.url == address and len(list(server.runs.iterdir())) == runs
    expect(guest.get_by_role("button", name="Pause")).to_be_visible()
    guest.get_by_role("button", name="Stop").click()
    in_state(guest, "stopped")
    assert not complaints
    other.close()


def test_a_link_for_a_lesson_hides_and_locks(page: Page, server: Server) -> None:
    only = frozenset({"optim.g.lr", "objective.instance_noise"})
    view = View(only, frozenset({"optim.g.lr"}), restart=False)
    page.goto(f"{server.url}/?share={encode(Link('quick', CHANGED, False, view))}")
    expect(page.get_by_role("heading", name="An experiment that somebody shared")).to_be_visible()
    start(page)
    folder = newest_run(server)
    assert config_of(folder) == CHANGED
    expect(page.get_by_role("slider", name="G: Learning rate")).to_be_disabled()
    expect(page.get_by_text("Whoever made this link has locked it.")).to_have_count(1)
    expect(page.get_by_role("slider", name="Learning rate")).to_have_count(1)
    expect(page.get_by_role("combobox", name="Preset")).to_have_count(0)
    page.get_by_role("slider", name="Instance noise").press("ArrowRight")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("button", name="Show all knobs").click()
    expect(page.get_by_role("slider", name="D: Learning rate")).to_be_enabled()
    expect(page.get_by_role("slider", name="G: Learning rate")).to_be_disabled()
    expect(page.get_by_role("combobox", name="Preset")).to_be_disabled()
    # who shares it on passes on what is locked
    again, ignored = decode(shared(page).split("?share=")[1])
    assert again.view.locked == {"optim.g.lr"} and not ignored
    page.keyboard.press("Escape")
    stop(page)


def test_a_wrong_link_opens_with_a_sentence(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/?share=1nonsense")
    expect(page.get_by_text("This link is damaged")).to_be_visible()
    page.get_by_role("button", name="Understood").click()
    expect(page.get_by_text("This link is damaged")).to_have_count(0)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


# -- marks -------------------------------------------------------------------------------------


# by then all curves are here, and the first plot is drawn to their end
PAUSE_IS_MARKED = """() => __ganlab.records === __ganlab.step
  && document.querySelector(".gl-plot").data?.some(({ meta, customdata }) =>
    meta === "marks" && customdata.includes(__ganlab.step))"""


def means(folder: Path, step: int) -> dict[str, tuple[float, float]]:
    """Of each column over the hundred steps before and after, from the file."""
    head, _, body = (folder / "history" / "readings.f32").read_bytes().partition(b"\n")
    columns = json.loads(head)["columns"]
    rows = np.frombuffer(body, "<f4").reshape(-1, len(columns))
    parts = rows[max(0, step - 100) : step], rows[step : step + 100]
    before, after = (np.ma.masked_invalid(part).mean(axis=0).filled(np.nan) for part in parts)
    return {name: (before[i], after[i]) for i, name in enumerate(columns)}


def table_of(panel: Locator) -> dict[str, list[float]]:
    """Before, after and change, by curve, as the panel shows them."""
    return {
        row.locator("th").inner_text(): [
            float(cell.inner_text().replace("−", "-")) for cell in row.locator("td").all()
        ]
        for row in panel.locator("tbody tr").all()
    }


def click_on_mark(page: Page, step: int) -> None:
    """On the first plot, a little above the triangle, where the line of the mark is."""
    x, y = page.evaluate(
        """(step) => {
          const plot = document.querySelector(".gl-plot.js-plotly-plot");
          plot.scrollIntoView({ block: "center" });
          const { xaxis, yaxis } = plot._fullLayout;
          const { left, top } = plot.getBoundingClientRect();
          return [left + xaxis._offset + xaxis.d2p(step),
                  top + yaxis._offset + 0.9 * yaxis._length];
        }""",
        step,
    )
    page.mouse.move(x - 30, y)
    page.mouse.move(x, y, steps=5)
    page.mouse.click(x, y)


def test_a_click_on_a_mark_tells_what_the_change_did(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    folder = newest_run(server)
    page.wait_for_function("() => window.__ganlab.step > 120")
    page.get_by_role("slider", name="D: Learning rate").first.press("ArrowLeft")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    (change,) = eventually(lambda: [e for e in ledger(folder) if e["path"] == "optim.d.lr"])
    step = change["step"]
    page.wait_for_function("(s) => window.__ganlab.step > s + 150", arg=step)
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    page.wait_for_function(PAUSE_IS_MARKED)

    panel = page.get_by_label("What a change did")
    expect(panel).to_be_hidden()
    click_on_mark(page, step)
    told = f"{step:,}"
    expect(panel.get_by_role("heading")).to_have_text(f"What changed at step {told}")
    expect(panel).to_contain_text(f"D: Learning rate: {change['old']} → {change['new']}")
    expect(panel).to_contain_text("press Undo in the list “What you changed”")
    expect(panel).to_contain_text("Over the 100 steps before and the 100 after.")
    shown = table_of(panel)
    read = means(folder, step)
    names = {"Losses: D": "loss/D", "Losses: G": "loss/G", "D's opinion: D(x)": "D(x)",
             "Learning rates: D": "lr/D"}  # fmt: skip
    assert names.keys() < shown.keys()
    for name, column in names.items():
        before, after = read[column]
        np.testing.assert_allclose(shown[name][:2], [before, after], rtol=6e-3)
        np.testing.assert_allclose(shown[name][2], after - before, rtol=6e-3, atol=1e-6)

    # the pause is a mark too; and by keyboard, from the list
    panel.get_by_role("button", name="Later").click()
    expect(panel).to_contain_text("Paused")
    expect(panel).not_to_contain_text("press Undo")
    expect(panel.get_by_role("button", name="Later")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    line = page.get_by_role("button", name="Learning rate").filter(has_text="→")
    line.focus()
    line.press("Enter")
    expect(panel.get_by_role("heading")).to_have_text(f"What changed at step {told}")
    panel.get_by_role("button", name="Close").click()
    legend = page.locator("button.gl-mark")
    legend.press("Enter")
    expect(panel).to_contain_text("Paused")  # the newest
    page.keyboard.press("Escape")
    expect(legend).to_be_focused()
    legend.press("Enter")
    expect(panel).to_be_visible()
    undo.click()
    page.wait_for_function("(s) => window.__ganlab.step === s", arg=step)
    expect(panel).to_be_hidden()  # that step is not there any more
    stop(page)
