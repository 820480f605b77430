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
from gan_lab.games import Curve, Figure
from gan_lab.runs import Moment, State, wire
from gan_lab.runs.messages import Picture
from gan_lab.runs.pictures import png
from gan_lab.server import PREFIX
from gan_lab.server.assets import COMPONENTS, version
from gan_lab.training.history import History
from gan_lab.training.trainer import Counts
from gan_lab.ui.components import styles_of

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
      window.last = {
        names: traces.map((trace) => trace.name), shapes: layout.shapes,
        x: traces.map((trace) => trace.x), dashes: traces.map((trace) => trace.line?.dash),
        colours: traces.map((trace) => trace.line?.color),
      };
    },
    purge: () => drawn.push("purged"),
  };
  window.hear = (text, which = -1) =>
    sockets.at(which).onmessage({
      data: Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer,
    });
  window.asked = (which = -1) =>
    sockets.at(which).sent.filter((text) => text.includes("curves")).length;
}"""
MOUNT = """async ([folder, name, data]) => {
  document.body.replaceChildren();
  const root = document.body.appendChild(document.createElement("div"));
  root.style.width = "300px";
  const { mount } = await import(`${folder}/${name}.js`);
  window.data = data;
  window.thing = mount(root, { data, setStateValue() {} });
  await new Promise((resolve) => setTimeout(resolve, 20));
}"""
TEXT = "() => thing.box.textContent"
INK = """() => {
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}"""


def curve(column: str, name: str, colour: str, rest: float | None = None) -> dict[str, Any]:
    return Curve(column, name, colour, rest)._asdict()


def figure(title: str, *curves: dict[str, Any], meaning: str = "") -> dict[str, Any]:
    return Figure(title, "a hint", (), meaning)._asdict() | {"curves": curves}


FOLDER = f"{PREFIX}/{version()}"
PICTURE = png(np.full((8, 8), 200, np.uint8))
LOSSES = figure("Losses", curve("loss/D", "D", "d", 1.4), curve("loss/G", "G", "g"))
LIVE = {
    "socket": "/none/a", "plotly": "/none.js", "heard": "", "colours": {"d": "#ff0000"},
    "figures": [LOSSES],
}  # fmt: skip
PAIR = LIVE | {
    "letters": ["A", "B"], "words": {}, "notes": ["One thing."],
    "runs": [{"socket": f"/none/{x}", "title": f"Run {x}"} for x in "ab"],
    "differs": [["Noise", "0", "0.5"]],
}  # fmt: skip
LATENT = {"socket": "/none/a", "dim": 2, "reach": 3}


@pytest.fixture
def mount(context: Any, server: Server) -> Callable[[str, dict[str, Any]], Page]:
    def put(name: str, data: dict[str, Any]) -> Page:
        page = context.new_page()
        page.goto(f"{server.url}{FOLDER}/wire.js")
        page.evaluate(PREPARE)
        for style in styles_of(name):
            page.add_style_tag(path=COMPONENTS / f"{style}.css")
        page.evaluate(MOUNT, [FOLDER, name, data])
        return page

    return put


def hear(page: Page, *frames: bytes, which: int = -1) -> None:
    """Let the page hear frames over one of its sockets, the newest one if not said."""
    for frame in frames:
        page.evaluate("([text, i]) => hear(text, i)", [base64.b64encode(frame).decode(), which])


def moment(state: State, steps: int, number: int = 1, **pictures: Picture) -> list[bytes]:
    pictures = pictures or {"samples": Picture(PICTURE, "image/png", 1, 8, 1)}
    return wire.moment_frames(
        Moment(number, state, Counts(steps, steps, 8 * steps, 0.1 * steps), RunConfig(),
               pictures=pictures, pictures_step=steps)
    )  # fmt: skip


def triples(*heads: str, rows: int = 2, caption: str = "") -> Picture:
    """Tiles of 8 px with heads above the columns."""
    pixels = png(np.full((8 * rows, 8 * len(heads)), 200, np.uint8))
    return Picture(pixels, "image/png", len(heads), 8, rows * len(heads), heads, caption)


def curves(records: int, *columns: str) -> bytes:
    columns = columns or ("loss/D",)
    history = History(columns)
    history.append(np.ones((records, len(columns)), np.float32))
    return wire.curves_frame(history.curves(), [], 0)


def latent(state: str = "paused", **drawn: Any) -> bytes:
    header = {"step": 1, "state": state, "mime": "image/png", "tile": 8, **drawn}
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
    frames = [base64.b64encode(frame).decode() for frame in (bad, *moment(State.PAUSED, 10))]
    page.evaluate("(texts) => texts.forEach((text) => hear(text))", frames)  # all in one moment
    page.wait_for_function("() => __ganlab.pictures === 1")
    hear(page, bad)
    hear(page, *moment(State.PAUSED, 11, 2))
    page.wait_for_function("() => __ganlab.pictureStep === 11")


def test_the_list_of_what_is_kept_follows_the_run_also_after_its_last_moment(mount) -> None:
    page = mount("live", LIVE | {"film": "/none/film"})
    kept = {"shots": [[0, 0.0, "a"]], "states": [0], "changes": []}
    page.route("**/none/film", lambda route: route.fulfill(json=kept))
    then = page.locator(".gl-then")
    page.locator(".gl-film").scroll_into_view_if_needed()
    hear(page, *moment(State.RUNNING, 10))
    expect(then).to_contain_text("Kept so far: 1 moment, step 0")
    hear(page, *moment(State.STOPPED, 1234, 2))
    # the last checkpoint is written only after the page has heard that the run is over
    page.wait_for_timeout(100)
    kept |= {"shots": [[0, 0.0, "a"], [1234, 9.0, "b"]], "states": [0, 1234]}
    expect(then).to_contain_text("Kept so far: 2 moments, steps 0 to 1,234")
    expect(then).to_contain_text("A new run can go on from step 0, 1,234")


def test_another_run_begins_with_empty_places_and_without_a_zoom(mount) -> None:
    page = mount("live", LIVE)
    hear(page, *moment(State.PAUSED, 10), curves(10))
    page.wait_for_function("() => __ganlab.pictures === 1 && drawn.includes('/none/a steps')")
    assert page.evaluate(INK)
    page.evaluate("""() => {
      drawn.length = 0;
      thing.update({ data: { ...data, socket: "/none/b" }, setStateValue() {} });
    }""")
    assert not page.evaluate(INK)
    assert "At step" not in page.evaluate(TEXT)
    assert set(page.evaluate("drawn")) == {"purged"}
    hear(page, *moment(State.PAUSED, 3), curves(3))
    page.wait_for_function("() => drawn.includes('/none/b steps')")
    page.wait_for_function(INK)
    assert "/none/a steps" not in page.evaluate("drawn")


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


def pictures_drawn(page: Page, count: int) -> None:
    page.wait_for_function("(n) => __ganlab.pictures === n", arg=count)


def test_every_named_picture_has_a_place_with_its_words(mount) -> None:
    page = mount("live", LIVE)
    there, back = triples("horse", "as zebra", caption="Two ways."), triples("zebra", "as horse")
    hear(page, *moment(State.PAUSED, 1200, there=there, and_back=back))
    pictures_drawn(page, 2)
    captions = page.locator("figcaption").all_text_contents()
    assert [" ".join(text.split()) for text in captions] == [
        "There. At step 1,200. Two ways.",
        "And back. At step 1,200.",
    ]
    assert page.locator(".gl-heads span").all_text_contents() == [*there.heads, *back.heads]
    labels = page.locator("canvas").evaluate_all("(all) => all.map((one) => one.ariaLabel)")
    assert "Columns: horse, as zebra." in labels[0]


def test_heads_stand_above_their_columns(mount) -> None:
    page = mount("live", LIVE)
    heads = ("small", "bicubic", "generated", "true")
    hear(page, *moment(State.PAUSED, 1, comparison=triples(*heads)))
    pictures_drawn(page, 1)
    canvas = page.locator("canvas").bounding_box()
    assert canvas is not None
    for i, head in enumerate(page.locator(".gl-heads span").all()):
        box = head.bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2 - canvas["x"]) / canvas["width"]
        assert i < 4 * middle < i + 1
        assert box["y"] + box["height"] <= canvas["y"] + 1


def test_pictures_that_a_run_does_not_name_make_room(mount) -> None:
    page = mount("live", LIVE)
    hear(page, *moment(State.PAUSED, 1, a=triples("x", "y"), b=triples("u", "v")))
    pictures_drawn(page, 2)
    page.evaluate(
        '() => thing.update({ data: { ...data, socket: "/none/b" }, setStateValue() {} })'
    )
    assert page.locator("canvas").count() == 1
    assert not page.locator(".gl-heads span").count()
    hear(page, *moment(State.PAUSED, 2, b=triples("u", "v", caption="The other run.")))
    pictures_drawn(page, 3)
    expect(page.locator("figcaption")).to_contain_text("At step 2. The other run.")


def test_curves_are_those_that_the_data_names(mount) -> None:
    slope = figure("Slope", curve("slope", "how steep", "ink", 1.0), curve("none", "not read", "g"))
    page = mount("live", LIVE | {"figures": [LOSSES, slope]})
    hear(page, *moment(State.PAUSED, 10), curves(7, "loss/D", "loss/G", "slope"))
    page.locator(".gl-chart").last.scroll_into_view_if_needed()  # what is out of sight waits
    page.wait_for_function("() => drawn.length === 2")
    assert page.locator(".gl-chart h3").all_text_contents() == ["Losses", "Slope"]
    last = page.evaluate("window.last")
    assert last["names"][-1] == "how steep"
    assert "not read" not in last["names"]
    assert [shape["y0"] for shape in last["shapes"]] == [1.0]


def test_what_the_numbers_mean_follows_the_loss(mount) -> None:
    loss, slope = curve("loss/D", "D", "d", 1.4), curve("slope", "how steep", "ink")
    page = mount("live", LIVE | {"figures": [figure("Losses", loss, meaning="One."), LOSSES]})
    expect(page.locator(".gl-meaning").first).to_have_text("One.")
    first = page.locator(".gl-plot").first.element_handle()
    changed = [figure("Losses", loss | {"rest": 2.0}, meaning="Two."), figure("Slope", slope)]
    page.evaluate("(figures) => thing.update({ data: { ...data, figures }, setStateValue() {} })",
                  changed)  # fmt: skip
    expect(page.locator(".gl-meaning").first).to_have_text("Two.")
    assert page.locator(".gl-chart h3").all_text_contents() == ["Losses", "Slope"]
    # the same plot, and so the same zoom
    assert page.evaluate("(plot) => plot === document.querySelector('.gl-plot')", first)


def test_how_steps_batches_and_epochs_relate_is_said(mount) -> None:
    page = mount("live", LIVE)
    hear(page, *moment(State.PAUSED, 10))
    expect(page.locator(".gl-relation")).to_have_text(
        "1 epoch = all 80 real images once = 10 batches of 8 · 1 step = 1 batch"
    )


def test_a_class_is_chosen_and_travels_behind_z(mount) -> None:
    page = mount("latent", LATENT)
    page.evaluate("""() => {
      window.bytes = [];
      const { send } = sockets[0];
      sockets[0].send = (message) => {
        if (typeof message !== "string") bytes.push([...new Float32Array(message)]);
        send.call(sockets[0], message);
      };
    }""")
    expect(page.get_by_label("Class")).to_be_hidden()
    hear(page, latent(z=[0.5, -0.5], classes=["cat", "dog"]))
    page.wait_for_function("() => __ganlab.latent === 1")
    page.get_by_label("Class").select_option("dog")
    page.wait_for_function("() => bytes.length === 1")
    assert page.evaluate("bytes") == [[0.5, -0.5, 1]]
    hear(page, latent())
    page.wait_for_function("() => __ganlab.latent === 2")
    page.get_by_role("button", name="New random z").click()
    assert page.evaluate("sockets[0].sent.at(-1)") == '{"random":true,"label":1}'


def test_the_latent_walk_goes_on_after_a_picture_that_cannot_be_read(mount) -> None:
    page = mount("latent", LATENT)
    hear(page, wire.encode("latent", {"state": "paused", "mime": "image/png", "tile": 8}, b"no"))
    expect(page.locator("figcaption")).to_contain_text("could not be read")
    page.get_by_role("button", name="All to zero").click()
    page.wait_for_function("() => sockets[0].sent.length === 2")


def seen(page: Page, yes: bool) -> None:
    """The tab comes to the front, or goes behind others."""
    page.evaluate("""(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""", not yes)  # fmt: skip


def hear_both(page: Page, first: int, second: int) -> None:
    """Two runs that stand still after so many steps, with their pictures and curves."""
    for which, steps in ((0, first), (1, second)):
        hear(page, *moment(State.PAUSED, steps), which=which)
    for which, steps in ((0, first), (1, second)):
        page.wait_for_function("(which) => asked(which) === 1", arg=which)
        hear(page, curves(steps), which=which)
    page.wait_for_function("(n) => window.last?.x[1]?.length === n", arg=second)


def test_two_runs_are_drawn_over_each_other_and_told_apart(mount) -> None:
    page = mount("compare", PAIR)
    hear_both(page, 10, 20)
    last = page.evaluate("window.last")
    assert last["names"] == ["A D", "B D"]
    assert last["colours"] == ["#ff0000"] * 2
    assert last["dashes"][0] != last["dashes"][1]
    assert [len(x) for x in last["x"]] == [10, 20]
    assert page.locator(".gl-chart .gl-key").all_text_contents() == ["D", "G", "A", "B", "balance"]


def test_both_are_asked_before_anything_is_drawn(mount) -> None:
    page = mount("compare", PAIR)
    hear_both(page, 10, 10)
    seen(page, False)  # who looks away asks for nothing, and for all of it afterwards
    for which in (0, 1):
        hear(page, *moment(State.PAUSED, 20, 2), which=which)
    seen(page, True)
    page.wait_for_function("() => asked(0) === 2 && asked(1) === 2")
    drawn = page.evaluate("drawn.length")
    hear(page, curves(20), which=0)
    page.wait_for_timeout(200)
    assert page.evaluate("drawn.length") == drawn
    hear(page, curves(20), which=1)
    page.wait_for_function("() => last.x.every((x) => x.length === 20)")


def test_a_run_whose_line_breaks_does_not_hold_up_the_other(mount) -> None:
    page = mount("compare", PAIR)
    seen(page, False)  # until both are known, so that both are asked at once
    for which in (0, 1):
        hear(page, *moment(State.PAUSED, 10), which=which)
    seen(page, True)
    page.wait_for_function("() => asked(0) === 1 && asked(1) === 1")
    hear(page, curves(10), which=0)
    assert page.evaluate("drawn.length") == 0
    page.evaluate("() => sockets[1].onclose({ code: 4404 })")
    page.wait_for_function("() => window.last?.names.includes('A D')")
    expect(page.locator(".gl-side-B .gl-state")).to_have_text("This run is not here any more")


def test_curves_over_images_and_over_seconds(mount) -> None:
    page = mount("compare", PAIR)
    hear_both(page, 10, 20)
    page.get_by_label("Images seen").check()  # a batch is of 8
    page.wait_for_function("() => last.x[0][0] === 8")
    assert page.evaluate("last.x[1].at(-1)") == 160
    page.get_by_label("Seconds of training").check()  # both took no time at all
    page.wait_for_function("() => last.x.every((x) => x.every((one) => one === 0))")
    page.get_by_label("Steps").check()
    page.wait_for_function("() => last.x[1].at(-1) === 20")


def test_a_clock_knows_what_it_was_told_and_what_lies_between(mount) -> None:
    page = mount("compare", PAIR)
    found = page.evaluate(f"""async () => {{
      const {{ Clock }} = await import("{FOLDER}/clock.js");
      const clock = new Clock();
      const before = clock.at(5, "seconds");
      clock.add("seconds", [[100, 50]]);
      clock.add("seconds", [[10, 2], [50, 10]]);
      const known = [0, 5, 10, 30, 50, 75, 100, 200].map((step) => clock.at(step, "seconds"));
      for (let step = 101; step < 5000; step++) clock.add("images", [[step, 8 * step]]);
      const many = [50, 777, 4999].map((step) => clock.at(step, "images"));
      return {{ before: String(before), known, many, size: clock.known.images.length }};
    }}""")
    assert found["before"] == "NaN"
    assert found["known"] == [0, 1, 2, 6, 10, 30, 50, 130]
    assert found["many"] == [8 * step for step in (50, 777, 4999)]
    assert found["size"] <= 600


def test_what_differs_and_what_came_of_it_stand_in_tables(mount) -> None:
    page = mount("compare", PAIR)
    tables = page.locator("table")
    assert tables.nth(0).locator("tbody tr").all_text_contents() == ["Noise00.5"]
    hear_both(page, 1200, 20)
    cells = tables.nth(1).locator("tr", has_text="Losses: D").locator("td")
    expect(cells).to_have_text(["1.00", "1.00"])
    expect(tables.nth(1).locator("tr", has_text="Step").first.locator("td")).to_have_text(
        ["1,200", "20"]
    )
    expect(page.locator(".gl-notes")).to_have_text("One thing.")
    none = PAIR | {"differs": [["<b>x</b>", "1", "2"], ["y", "3", "4"]], "notes": []}
    page.evaluate("(data) => thing.update({ data, setStateValue() {} })", none)
    rows = tables.nth(0).locator("tbody tr")
    assert rows.all_text_contents() == ["<b>x</b>12", "y34"]  # words, whatever is in them


def test_another_partner_begins_empty_and_the_first_run_stays(mount) -> None:
    page = mount("compare", PAIR)
    hear_both(page, 10, 10)
    sides = page.locator(".gl-side")
    expect(sides.nth(1)).to_contain_text("At step 10")
    other = PAIR | {"runs": [PAIR["runs"][0], {"socket": "/none/c", "title": "Run c"}]}
    page.evaluate("(data) => thing.update({ data, setStateValue() {} })", other)
    assert page.evaluate("sockets.length") == 3
    assert "At step 10" in (sides.nth(0).text_content() or "")
    assert "At step 10" not in (sides.nth(1).text_content() or "")
    hear(page, *moment(State.PAUSED, 30), curves(30))
    page.wait_for_function("() => window.last?.x.at(-1).length === 30")
    assert page.evaluate("last.names") == ["A D", "B D"]


def listed(name: str, **measures: float) -> dict[str, Any]:
    """A run as the list of runs hears of it."""
    titles = [
        {"name": one, "title": f"{one.capitalize()}, of digits", "number": number}
        for one, number in measures.items()
    ]
    return {
        "name": name, "title": name, "apart": "", "preset": "Quick", "data": "digits",
        "differs": [], "steps": 1, "images": 8, "seconds": 1.0, "state": "stopped",
        "measures": titles, "measuredAt": 1200,
        "thumbnail": "", "tags": [], "note": "", "size": 1, "created": 0, "parent": "",
        "can": {"open": True, "resume": True, "label": True, "remove": True},
    }  # fmt: skip


def test_a_card_tells_few_measures_and_first_the_one_that_orders_the_list(mount) -> None:
    runs = [
        listed("one", swd=40, frechet=3, precision=0.5, recall=0.25, density=0.125),
        listed("other", swd=50, frechet=2, precision=0.5, recall=0.75, density=0.125),
    ]
    offered = [{"name": "recall", "title": "Recall, of digits", "less": False}]
    page = mount("runs", {
        "runs": runs, "states": {"stopped": "Stopped"}, "measures": offered, "trash": [],
        "room": {"used": 1, "bound": 2}, "thumbnails": "", "answered": 0,
    })  # fmt: skip
    told = page.locator(".gl-run-measures")
    expect(told.first.locator("span:not(.gl-run-number)")).to_have_text(
        ["Swd 40.0", "Frechet 3.00", "Precision 0.50", "and 2 more", "at step 1,200"]
    )
    assert "Density, of digits: 0.1" in (told.first.get_attribute("title") or "")
    page.get_by_label("Order").select_option("measure:recall")
    expect(page.locator(".gl-run-title")).to_have_text(["other", "one"])
    expect(told.first.locator("span").first).to_have_text("Recall 0.75")
