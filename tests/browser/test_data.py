"""Somebody looks at the digits, and brings pictures that are not all what they seem."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE

from .visitor import newest_run, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server

MARK = "<img src=x onerror=alert(1)>"


def test_the_digits_and_what_is_near_one_of_them(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/data?set=digits")
    expect(page.get_by_text("1,438", exact=True)).to_be_visible()
    pictures = page.locator(".gl-mosaic button:enabled")
    expect(pictures).to_have_count(48)
    before = pictures.first.get_attribute("style")
    page.get_by_role("button", name="Another sample").click()
    expect(pictures.first).not_to_have_attribute("style", before or "")
    pictures.nth(3).click()
    expect(page.get_by_role("heading", name="Nearest in pixels")).to_be_visible()
    expect(pictures.nth(3)).to_have_attribute("aria-pressed", "true")
    near = page.get_by_text("this one, ").locator("xpath=../..").locator("figcaption")
    expect(near).to_have_count(9)
    far = [float(words.split()[0]) for words in near.all_inner_texts()[1:]]
    assert far == sorted(far) and 0 < far[0] < far[-1] < 1
    page.get_by_text("Held out", exact=True).last.click()
    expect(page.get_by_text("48 of 359 held-out real pictures")).to_be_visible()


def hostile() -> bytes:
    """A zip of 40 pictures: good, on their side, transparent; and what is none."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:

        def add(name: str, picture: Image.Image, kind: str, **how: object) -> None:
            content = io.BytesIO()
            picture.save(content, kind, **how)
            archive.writestr(name, content.getvalue())

        for k in range(38):
            add(f"good/{k}.png", Image.new("RGB", (40, 30), (6 * k, 90, 120)), "PNG")
        turned = Image.Exif()
        turned[0x0112] = 6
        add("odd/side.jpg", Image.new("RGB", (60, 20), "red"), "JPEG", exif=turned)
        add("odd/clear.png", Image.new("RGBA", (30, 30), (0, 0, 255, 60)), "PNG")
        archive.writestr("odd/words.png", "these are words")
        archive.writestr(f"odd/{MARK}.png", b"\x89PNG\r\n\x1a\n and no more")
        archive.writestr("../../out.png", b"out")
    return packed.getvalue()


def test_own_pictures_come_in_are_trained_on_and_stay(
    page: Page, server: Server, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "Our pets.zip"
    file.write_bytes(hostile())
    page.goto(f"{server.url}/data")
    page.get_by_text("Your own pictures").first.click()
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("40 pictures, colour, 32×32 px, 2 classes")).to_be_visible()
    expect(page.get_by_text("3 skipped: which, and why")).to_be_visible()
    expect(page.get_by_text("1 transparent, put onto the background")).to_be_visible()
    expect(page.get_by_text("As they come in", exact=True)).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    page.wait_for_url("**set=our-pets-*")
    address = page.url
    page.reload()
    expect(page.get_by_text("40 pictures, colour, 32×32 px, 2 classes")).to_be_visible()

    stranger = browser.new_context()
    stranger.set_default_timeout(PATIENCE)
    other = stranger.new_page()
    other.goto(address)
    expect(other.get_by_text("1,438", exact=True)).to_be_visible()  # the digits instead
    assert other.get_by_text("our-pets").count() == 0
    stranger.close()

    page.get_by_role("button", name="Train on this").click()
    chosen = page.get_by_role("combobox", name="Real pictures")
    expect(chosen).to_have_value("Own pictures: " + address.split("set=")[1])
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("() => window.__ganlab?.pictureStep >= 3")
    config = json.loads((newest_run(server) / "config.json").read_text("utf-8"))
    assert Path(config["data"]["name"]).name == address.split("set=")[1]
    page.reload()
    page.wait_for_function("() => window.__ganlab?.pictures >= 1")
    stop(page)
    page.goto(address)
    expect(page.get_by_text("Mean picture of each class")).to_be_visible()
    page.get_by_text("Delete these pictures").click()
    page.get_by_role("button", name="Delete our").click()
    expect(page.get_by_text("1,438", exact=True)).to_be_visible()
    assert not Path(config["data"]["name"]).exists()
