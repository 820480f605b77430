"""What D thinks on the page: of a real run, against its checkpoint; and the panel alone."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from playwright.sync_api import Page, expect

from gan_lab.games import Portraits, Preview, Verdicts, game_of
from gan_lab.objectives import LOSSES
from gan_lab.runs import RunDirectory, wire
from gan_lab.runs.opinions import opinion
from gan_lab.server import PREFIX
from gan_lab.server.assets import COMPONENTS, version
from gan_lab.training.trainer import config_of, kind_of

from .visitor import in_state, newest_run, open_start, start, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server

GRID = ".gl-pictures canvas"
DATA = "(selector) => document.querySelector(selector).toDataURL()"
AT_STEP = "(s) => window.__ganlab?.opinions.D === s && __ganlab.pictureStep === s"


class Known(NamedTuple):
    """Probabilities of "real" that D gives at the last checkpoint."""

    real: np.ndarray
    fake: np.ndarray


def rounded(value: float) -> int:
    """As the page rounds: a half goes up."""
    return math.floor(value + 0.5)


def from_checkpoint(server: Server) -> Known:
    """Of the fixed real pictures and fakes, with networks opened from the file."""
    state = RunDirectory(newest_run(server)).read_checkpoint()
    config, kind, controls = config_of(state), kind_of(state), state["controls"]
    assert config.objective.loss == "non-saturating"
    g, d = game_of(config).generators(config, kind)["G"], None
    g.load_state_dict(state["players"]["G"]["shown"])
    d = game_of(config).discriminators(config, kind)["D"]
    d.load_state_dict(state["players"]["D"]["network"])
    with torch.no_grad():
        fake = d.eval()(g.eval()(controls["z"]))
        real = d(controls["real"].float() / 127.5 - 1.0)
    return Known(*(torch.sigmoid(x).flatten().double().numpy() for x in (real, fake)))


def test_the_panel_says_what_the_checkpoint_says(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    page.wait_for_function("() => __ganlab.step > 60")
    page.get_by_role("button", name="Pause").click()
    in_state(page, "paused")
    panel = page.locator(".gl-opinion")
    panel.scroll_into_view_if_needed()
    step = page.evaluate("() => __ganlab.step")
    page.wait_for_function(AT_STEP, arg=step)
    stop(page)
    known = from_checkpoint(server)
    told_real, told_fake = int((known.real > 0.5).sum()), int((known.fake < 0.5).sum())
    keys = panel.locator(".gl-key").all_text_contents()
    assert keys == [
        f"real pictures: {told_real} of 64 right, {rounded(100 * told_real / 64)} %",
        f"fakes: {told_fake} of 64 right, {rounded(100 * told_fake / 64)} %",
    ]
    edges = np.linspace(0, 1, 21)
    counts = [np.histogram(x, edges)[0] / 64 for x in known]
    shared = 100 * (1 - np.abs(counts[0] - counts[1]).sum() / 2)
    expect(panel.locator(".gl-shared")).to_have_text(f"overlap {rounded(shared)} %")
    words = f"At step {step}. D catches {told_fake} of 64 fakes and recognises {told_real} of 64"
    expect(panel.locator(".gl-told")).to_contain_text(words)
    marks = [float(text) for text in panel.locator(".gl-marks span").all_text_contents()]
    expected = [known.fake.max(), known.fake.min(), known.real.min()]
    np.testing.assert_allclose(marks, expected, atol=0.006)

    # the score of the tile that is pointed at, and badges on all of them
    page.locator(GRID).scroll_into_view_if_needed()
    box = page.locator(GRID).bounding_box()
    assert box is not None
    for i in (0, 7, 63):
        page.mouse.move(box["x"] + box["width"] * (i % 8 + 0.5) / 8,
                        box["y"] + box["height"] * (i // 8 + 0.5) / 8)  # fmt: skip
        tip = page.locator(".gl-tip")
        expect(tip).to_contain_text("D gives it ")
        said = float((tip.text_content() or "").split("it ")[1].split(":")[0])
        assert abs(said - known.fake[i]) < 0.006
        assert ("real" in (tip.text_content() or "")) == (known.fake[i] > 0.5)
        page.mouse.move(5, 5)
        expect(tip).to_be_hidden()
    switch = page.get_by_role("checkbox", name="D's scores")
    expect(switch).not_to_be_checked()  # tiles are small
    plain = page.evaluate(DATA, GRID)
    switch.check()
    assert page.evaluate(DATA, GRID) != plain
    page.reload()
    page.wait_for_function("(s) => window.__ganlab?.pictureStep === s", arg=step)
    expect(switch).to_be_checked()
    switch.uncheck()
    page.wait_for_function(f"(plain) => ({DATA})('{GRID}') === plain", arg=plain)


def test_it_is_folded_away_and_stays_so(page: Page, server: Server) -> None:
    open_start(page, server)
    start(page)
    panel = page.locator(".gl-opinion")
    panel.scroll_into_view_if_needed()
    page.wait_for_function("() => __ganlab.opinions.D >= 10")
    panel.locator("summary").click()
    expect(panel.locator(".gl-told")).to_be_hidden()
    drawn = page.evaluate("() => [__ganlab.opinions.D, __ganlab.step]")
    page.wait_for_function("(s) => __ganlab.step > s + 100", arg=drawn[1])
    assert page.evaluate("() => __ganlab.opinions.D") == drawn[0], "drawn though folded"
    page.reload()
    page.wait_for_function("() => window.__ganlab?.pictureStep >= 10")
    expect(panel.locator("summary")).to_be_visible()
    expect(panel.locator(".gl-told")).to_be_hidden()
    panel.locator("summary").click()
    page.wait_for_function("() => __ganlab.opinions.D > 0")
    expect(panel.locator(".gl-told")).to_contain_text("D catches")
    stop(page)


# -- alone -------------------------------------------------------------------------------------

MOUNT = """async ([folder, judges, width]) => {
  document.body.replaceChildren();
  const place = document.body.appendChild(document.createElement("div"));
  place.className = "gl-live";
  place.style.width = `${width}px`;
  for (const [name, colour] of [["g", "#2060c0"], ["d", "#c06020"], ["real", "#208040"]]) {
    place.style.setProperty(`--gl-${name}`, colour);
  }
  const box = place.appendChild(document.createElement("details"));
  box.className = "gl-opinion";
  const { Opinions } = await import(`${folder}/opinion.js`);
  const { Scores } = await import(`${folder}/scores.js`);
  const { decode } = await import(`${folder}/wire.js`);
  window.scores = new Scores();
  window.panel = new Opinions(box);
  panel.update(judges);
  window.hear = (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const { header, payload } = decode(bytes.buffer);
    scores.hear(header);
    panel.hear(header, payload);
  };
}"""
# how much ink of a colour there is left and right of the line at the middle
INK = """(channel) => {
  const canvas = document.querySelector(".gl-hills canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const sides = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const others = [0, 1, 2].filter((c) => c !== channel).map((c) => data[i + c]);
    const x = (i / 4) % canvas.width;
    if (data[i + 3] > 40 && data[i + channel] > 30 + Math.max(...others)) {
      sides[x < canvas.width / 2 ? 0 : 1]++;
    }
  }
  return sides;
}"""


def alone(page: Page, server: Server, names: list[str], width: int = 700) -> None:
    folder = f"{PREFIX}/{version()}"
    page.goto(f"{server.url}{folder}/wire.js")
    for name in ("live", "opinion"):
        page.add_style_tag(path=COMPONENTS / f"{name}.css")
    page.evaluate(MOUNT, [folder, {"names": names, "portraits": True}, width])


def says(real: list[float], fake: list[float], **more: Any) -> Verdicts:
    of_real, of_fake = torch.tensor(real), torch.tensor(fake)
    tiles = Preview(torch.full((3, 1, 8, 8), 200, dtype=torch.uint8), 3, ("a", "b", "c"))
    marks = torch.stack([of_fake.max(), of_fake.min(), of_real.min()])
    scale = LOSSES["non-saturating"].scale
    return Verdicts(of_real, of_fake, of_real, of_fake, 0.5, scale,
                    portraits=Portraits(tiles, marks), **more)  # fmt: skip


def hear(page: Page, name: str, step: int, found: Verdicts) -> None:
    frame = wire.opinion_frame(name, step, opinion(found))
    page.evaluate("hear", base64.b64encode(frame).decode())


def test_real_and_fake_are_drawn_where_their_scores_are(page: Page, server: Server) -> None:
    alone(page, server, ["D"])
    hear(page, "D", 7, says([0.9, 0.95, 0.8], [0.1, 0.2, 0.15]))
    page.wait_for_function("() => __ganlab.opinions.D === 7")
    real, fake = page.evaluate(INK, 1), page.evaluate(INK, 2)
    assert real[1] > 100 > 3 * real[0] and fake[0] > 100 > 3 * fake[1]
    label = page.locator(".gl-hills canvas").get_attribute("aria-label") or ""
    assert label.startswith("D's scores of real pictures and fakes. D catches 3 of 3 fakes")
    page.wait_for_function("() => document.querySelectorAll('.gl-marks span').length === 3")
    assert page.locator(".gl-marks span").all_text_contents() == ["0.20", "0.10", "0.80"]


def test_each_d_has_a_place_from_the_beginning_and_nothing_jumps(
    page: Page, server: Server
) -> None:
    alone(page, server, ["D_a", "D_b"])
    expect(page.locator(".gl-told").first).to_contain_text("D has not been asked yet.")
    height = "() => document.querySelector('.gl-opinion').getBoundingClientRect().height"
    before = page.evaluate(height)
    hear(page, "D_b", 3, says([0.9], [0.1], caption="Its kind of picture: striped."))
    page.wait_for_function("() => document.querySelectorAll('.gl-marks span').length === 3")
    assert abs(page.evaluate(height) - before) < 0.5
    told = page.locator(".gl-told").all_text_contents()
    assert told[0].startswith("D_a.") and "not been asked" in told[0]
    assert told[1].startswith("D_b. At step 3. Its kind of picture: striped. D catches 1 of 1")


def test_it_fits_a_phone(page: Page, server: Server) -> None:
    alone(page, server, ["D"], 340)
    hear(page, "D", 7, says([0.9, 0.4], [0.1, 0.2]))
    page.wait_for_function("() => document.querySelectorAll('.gl-marks span').length === 3")
    for part in page.locator(".gl-opinion *:visible").all():
        box = part.bounding_box()
        assert box is None or box["x"] + box["width"] <= 350, part


def test_tiles_have_the_scores_of_their_own_step(page: Page, server: Server) -> None:
    alone(page, server, ["D_a", "D_b"])
    nan = float("nan")
    hear(page, "D_a", 5, says([0.9], [0.1], scores={"one": torch.tensor([0.9, nan, nan])}))
    hear(page, "D_b", 5, says([0.9], [0.1], scores={"one": torch.tensor([nan, 0.1, nan])}))
    assert page.evaluate("() => scores.of('one', 5)") == [
        {"value": 0.9, "real": True, "judge": "D_a"},
        {"value": 0.1, "real": False, "judge": "D_b"},
    ]
    assert page.evaluate("() => scores.of('one', 6)") is None
    assert page.evaluate("() => scores.of('two', 5)") is None
