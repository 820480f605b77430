"""A run leaves the app as files, and comes back in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import Page, expect

from gan_lab.config import RunConfig
from gan_lab.export import EXPORTS
from gan_lab.runs import Budget, Run, RunDirectory
from tests.patience import WAIT

if TYPE_CHECKING:
    from tests.browser.conftest import Server


def taken(page: Page, export: str) -> Path:
    """One file of the panel, as the browser saved it."""
    row = page.locator(f'.gl-takeout [data-export="{export}"]')
    row.get_by_role("button", name="Make").click()
    with page.expect_download() as download:
        row.get_by_role("link", name="Save the file").click()
    return Path(download.value.path())


def bring(page: Page, name: str, data: bytes) -> None:
    page.get_by_text("Bring a run").click()
    page.get_by_label("The zip of a run, or weights").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )


def trained(server: Server, name: str, config: RunConfig) -> RunDirectory:
    """A short run that lies on the server's disk."""
    directory = RunDirectory.create(server.runs / name)
    run = Run(config, directory, budget=Budget(steps=20))
    run.start()
    run.join(WAIT)
    return directory


def test_a_run_is_taken_out_and_brought_in(
    page: Page, server: Server, small: Callable[..., RunConfig]
) -> None:
    directory = trained(server, "to-take", small())
    page.goto(server.url)
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("searchbox", name="Search").fill("to-take")
    page.get_by_role("button", name="Take it with you").click()
    history = taken(page, "csv").read_text("utf-8").splitlines()
    assert len(history) == 21  # a head and twenty steps
    whole = taken(page, "bundle")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    before = {path.name for path in server.runs.iterdir()}
    bring(page, "run.zip", whole.read_bytes())
    page.wait_for_function("() => window.__ganlab?.pictures >= 1 && __ganlab.curves >= 1")
    assert page.evaluate("() => window.__ganlab.step") == 20
    (came,) = (p for p in server.runs.iterdir() if p.name not in before and p.is_dir())
    for name in ("config.json", "history/readings.f32"):
        assert (came / name).read_bytes() == (directory.path / name).read_bytes()


def test_a_set_has_the_size_and_the_class_that_were_asked_for(
    page: Page, server: Server, small: Callable[..., RunConfig]
) -> None:
    trained(server, "to-draw", small({"networks.labels": "concat"}))
    page.goto(server.url)
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("searchbox", name="Search").fill("to-draw")
    page.get_by_role("button", name="Take it with you").click()
    count = page.get_by_label("How many: Generated array")
    expect(count).to_have_value("1000")
    count.fill("20000")
    page.get_by_role("button", name="Make: Generated array").click()
    assert count.evaluate("(field) => field.validity.rangeOverflow")
    count.fill("30")
    page.get_by_label("Class: Generated array").select_option("7")
    with np.load(taken(page, "npz")) as arrays:
        assert arrays["images"].shape == (30, 8, 8, 1) and set(arrays["labels"]) == {7}
    expect(page.get_by_label("How many: Curves")).to_have_count(0)


def test_weights_are_brought_in_and_explored(
    page: Page, server: Server, small: Callable[..., RunConfig], tmp_path: Path
) -> None:
    directory = trained(server, "to-weigh", small())
    EXPORTS["safetensors"].write(directory, tmp_path / "weights")
    page.goto(server.url)
    page.get_by_role("link", name="Runs", exact=True).click()
    bring(page, "mine.safetensors", (tmp_path / "weights").read_bytes())
    expect(page.get_by_role("heading", name="Latent space")).to_be_visible()
    expect(page.locator(".gl-latent figcaption")).to_contain_text("G at step 20")
    page.get_by_role("link", name="Runs", exact=True).click()
    card = page.locator(".gl-run", has_text="mine")
    expect(card.locator(".gl-run-state")).to_have_text("Generator alone")
    expect(card).to_contain_text("step 20")
    expect(card).not_to_contain_text("images")
    card.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Latent space")).to_be_visible()
