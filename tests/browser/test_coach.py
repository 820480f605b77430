"""The coach, the plots of measures and what a curve means: alone, and of real runs."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from gan_lab.coach import Advice, Condition, Finding, Health, Rule, Sign, Weight
from gan_lab.coach.findings import UndoTo
from gan_lab.colours import COLOURS
from gan_lab.config import RunConfig, put
from gan_lab.measures import Measured, Value
from gan_lab.presets import preset
from gan_lab.runs import State, wire
from gan_lab.runs.best import Best
from gan_lab.runs.messages import Checkup
from gan_lab.server import PREFIX
from gan_lab.server.assets import COMPONENTS, version
from gan_lab.ui.coach import turned_by
from gan_lab.ui.components import styles_of
from gan_lab.ui.widgets import told
from tests.browser.conftest import PATIENCE

from .test_components import MOUNT, PREPARE, curve, figure, moment
from .visitor import choose, eventually, ledger, newest_run, open_start, start, stop

if TYPE_CHECKING:
    from tests.browser.conftest import Server

FOLDER = f"{PREFIX}/{version()}"
LOSSES = figure("Losses", curve("loss/D", "D", "d", 1.4), curve("loss/G", "G", "g"))
OPINIONS = figure("D's opinion", curve("D(x)", "D(x)", "real"))
LIVE = {
    "socket": "/none/a", "plotly": "/none.js", "heard": "", "colours": COLOURS,
    "figures": [LOSSES, OPINIONS], "controls": True, "knobs": turned_by(RunConfig()),
}  # fmt: skip


LIVE_BUTTON = "D: Learning rate: 2e-4 → 1e-4"


def said(name: str, weight: Weight = Weight.TROUBLE, *advice: Advice) -> Rule:
    return Rule(
        name, f"About {name}", weight, "It happens because. And so.", "A paper, section 3",
        lambda _: None, lambda _: advice,
    )  # fmt: skip


LOWER = Advice("Let D learn more slowly.", (("optim.d.lr", 1e-4),))
REBUILD = Advice("Take more pictures at once.", (("training.batch", 128),))
ONLY_WORDS = Advice("Take more real pictures.")
UNDO = Advice("Undo restores the weights.", undo=UndoTo(3, 1200))


def finding(
    name: str = "d-wins",
    weight: Weight = Weight.TROUBLE,
    advice: tuple[Advice, ...] = (LOWER, REBUILD, ONLY_WORDS),
    *,
    sure: float = 0.83,
    since: int = 120,
    until: int | None = None,
) -> Finding:
    sign = Sign(sure, "D tells 99 % right.", ("loss/D",), 20, 60)
    return Finding(said(name, weight), sign, advice, since, until)


def measured(steps: int, number: float, weights: str = "averaged") -> Measured:
    return Measured(steps, weights, {"swd": Value(number, 512, 0.1)})  # type: ignore[arg-type]


def checkup(
    *findings: Finding,
    condition: Condition = Condition.TROUBLE,
    line: str = "D wins.",
    step: int = 100,
    **more: Any,
) -> bytes:
    health = Health(step, condition, line, findings)
    return wire.checkup_frame(Checkup(number=1, health=health, **more), RunConfig())


@pytest.fixture
def mount(context: Any, server: Server) -> Callable[..., Page]:
    """The live view alone, with nothing behind its socket."""

    def put(width: int = 900, **data: Any) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": max(400, width), "height": 900})
        page.goto(f"{server.url}{FOLDER}/wire.js")
        page.evaluate(PREPARE)
        for style in styles_of("live"):
            page.add_style_tag(path=COMPONENTS / f"{style}.css")
        page.evaluate(MOUNT, [FOLDER, "live", LIVE | data])
        page.evaluate(
            """(width) => {
              document.body.style.margin = 0;
              document.body.firstChild.style.width = `${width}px`;
              window.told = [];
              thing.component.setTriggerValue = (name, value) => told.push([name, value]);
              thing.coach.calm = 1e8; // nothing moves by itself while a test looks
            }""",
            width,
        )
        return page

    return put


def hear(page: Page, *frames: bytes) -> None:
    for frame in frames:
        page.evaluate("(text) => hear(text)", base64.b64encode(frame).decode())


def unfold(page: Page) -> None:
    """Or fold; the page hears of it a little later, and remembers it then."""
    was = page.locator(".gl-coach").evaluate("(box) => box.open")
    page.locator(".gl-coach summary").click()
    page.wait_for_function(
        "(yes) => localStorage.getItem('ganlab-coach-open') === yes", arg="no" if was else "yes"
    )


def test_the_state_is_told_by_a_word_a_sign_and_a_line(mount) -> None:
    page = mount()
    sign = "(one) => getComputedStyle(one, '::before').content"
    place = page.locator(".gl-condition")
    expect(page.locator(".gl-says")).to_contain_text("has not looked")
    signs, words = set(), set()
    for condition in Condition:
        hear(page, checkup(condition=condition, line=f"It is {condition}."))
        expect(page.locator(".gl-says")).to_have_text(f"It is {condition}.")
        signs.add(place.evaluate(sign))
        words.add(place.text_content())
    assert len(signs) == len(words) == len(Condition)


@pytest.mark.parametrize("width", [1200, 400])
def test_nothing_below_moves_when_the_coach_says_more(mount, width: int) -> None:
    page = mount(width)
    top = "() => document.querySelector('.gl-board').getBoundingClientRect().top"
    for opened in (False, True):
        findings = [finding(f"rule-{i}") for i in range(5)]
        if opened:
            hear(page, checkup(finding()))
            unfold(page)
        before = page.evaluate(top)
        hear(page, checkup(*findings, line="Many words. " * 40, past=(finding("x", until=300),)))
        assert page.evaluate(top) == before
        hear(page, checkup())
        assert page.evaluate(top) == before
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_a_finding_says_what_why_how_sure_and_what_to_try(mount) -> None:
    page = mount()
    unfold(page)
    hear(page, checkup(finding(), past=(finding("oscillation", since=40, until=90),)))
    card = page.locator(".gl-finding")
    for words in ("About d-wins", "Likely, 83 %", "D tells 99 % right.", "It happens because.",
                  "A paper, section 3"):  # fmt: skip
        expect(card).to_contain_text(words)
    buttons = card.locator(".gl-advice button:visible")
    assert buttons.all_text_contents() == [
        "D: Learning rate: 2e-4 → 1e-4",
        "For the next start: Batch (pictures): 64 → 128",
    ]
    expect(card.locator("li").nth(1)).to_contain_text("applies on restart")
    expect(page.locator(".gl-gone li")).to_have_text("About oscillation: from step 40 to 90")
    buttons.first.click()
    shown = {"text": LOWER.text, "changes": [["optim.d.lr", 1e-4]], "undo": None}
    assert page.evaluate("window.told") == [["advice", {"rule": "d-wins", "advice": shown}]]


def test_a_guest_reads_and_has_nothing_to_press(mount) -> None:
    page = mount(controls=False)
    unfold(page)
    hear(page, checkup(finding()))
    expect(page.locator(".gl-advice button")).to_have_count(0)
    expect(page.locator(".gl-advice li").first).to_contain_text("2e-4 → 1e-4")


def test_undo_is_a_button_for_the_owner_while_the_run_lives(mount) -> None:
    page = mount()
    unfold(page)
    hear(page, checkup(finding("far-change", advice=(UNDO, LOWER))))
    buttons = page.locator(".gl-advice button")
    texts = ["Undo this change: go back to step 1,200", LIVE_BUTTON]
    expect(buttons).to_have_text(texts)
    buttons.first.click()
    shown = {"text": UNDO.text, "changes": [], "undo": {"change": 3, "step": 1200}}
    assert page.evaluate("window.told") == [["advice", {"rule": "far-change", "advice": shown}]]
    expect(page.locator(".gl-says")).to_have_text("Going back to step 1,200 …")
    for _ in range(2):  # a second click is not a second question
        buttons.first.dispatch_event("click")
    assert page.evaluate("window.told.length") == 1
    hear(page, checkup(step=90, take=1))  # the run went back
    expect(page.locator(".gl-says")).to_have_text("D wins.")
    for more, over in (({"controls": False}, False), ({}, True)):
        page = mount(**more)  # unfolded, as it was before
        if over:
            hear(page, *moment(State.STOPPED, 1300))
        hear(page, checkup(finding("far-change", advice=(UNDO, LOWER))))
        expect(page.locator(".gl-advice li")).to_have_count(1)
        expect(page.locator(".gl-coach")).not_to_contain_text("Undo")


def test_a_change_that_still_holds_is_named_once_its_finding_is_gone(mount) -> None:
    back = Advice("Set it back.", (("optim.d.lr", 1e-4),))
    gone = finding("far-change", advice=(UNDO, back), since=1220, until=1400)
    line = "About far-change: from step 1,220 to 1,400"
    page = mount()
    unfold(page)
    hear(page, checkup(past=(gone,)))
    words = ". The change of step 1,200 still holds; Undo it in the list “What you changed”."
    expect(page.locator(".gl-gone li")).to_have_text(line + words)
    knobs = turned_by(put(RunConfig(), {"optim.d.lr": 1e-4}))
    page.evaluate("(data) => thing.adopt({ ...thing.component, data })", LIVE | {"knobs": knobs})
    expect(page.locator(".gl-gone li")).to_have_text(line)
    page = mount(controls=False)  # unfolded, as it was before
    hear(page, checkup(past=(gone,)))
    expect(page.locator(".gl-gone li")).to_have_text(line)


def test_once_nobody_uses_the_panel_what_is_gone_leaves_it_and_the_focus_stays(mount) -> None:
    page = mount()
    unfold(page)
    titles = page.locator(".gl-finding h4")
    hear(page, checkup(finding("one"), finding("two"), finding("three")))
    button = page.locator(".gl-finding").nth(1).get_by_role("button", name="D: Learning rate")
    button.focus()
    held = page.evaluate_handle("() => document.activeElement")
    hear(page, checkup(finding("zero"), finding("three"), finding("two", advice=(LOWER,))))
    expect(titles).to_have_text(["About one", "About two", "About three", "About zero"])
    page.evaluate("() => { thing.coach.calm = 30; thing.coach.touch(); }")
    expect(titles).to_have_text(["About zero", "About three", "About two"])
    expect(page.locator(".gl-greyed")).to_have_count(0)  # and the advice that is gone
    assert page.evaluate("(held) => document.activeElement === held", held)
    hear(page, checkup(finding("zero")))
    expect(titles).to_have_text(["About zero"])
    expect(page.locator(".gl-found")).to_be_focused()  # not the whole page


def test_nothing_changes_its_place_while_a_button_has_the_focus(mount) -> None:
    page = mount()
    unfold(page)
    titles = page.locator(".gl-finding h4")
    hear(page, checkup(finding("one"), finding("two")))
    button = page.locator(".gl-finding").nth(1).get_by_role("button", name="D: Learning rate")
    button.focus()
    held = page.evaluate_handle("() => document.activeElement")
    place = button.evaluate("(one) => one.offsetTop")
    hear(page, checkup(finding("zero"), finding("two", sure=0.95)))
    assert titles.all_text_contents() == ["About one", "About two", "About zero"]
    first = page.locator(".gl-finding").first
    expect(first).to_contain_text("Not seen any more")
    before = page.evaluate("window.told.length")
    first.locator(".gl-advice button").first.dispatch_event("click")
    assert page.evaluate("window.told.length") == before
    assert button.evaluate("(one, held) => one === held", held)
    assert button.evaluate("(one) => one.offsetTop") == place
    button.blur()
    expect(titles).to_have_text(["About zero", "About two", "About one"])
    unfold(page)
    unfold(page)
    expect(titles).to_have_text(["About zero", "About two"])


def test_findings_stand_in_the_order_in_which_the_headline_names_them(mount) -> None:
    page = mount()
    unfold(page)
    titles = page.locator(".gl-finding h4")
    hear(page, checkup(finding("symptom")))
    expect(titles).to_have_text(["About symptom"])
    hear(page, checkup(finding("cause"), finding("symptom"), line="Trouble: about cause."))
    expect(titles).to_have_text(["About cause", "About symptom"])
    hear(page, checkup(finding("symptom"), finding("other")))
    expect(titles).to_have_text(["About symptom", "About other", "About cause"])
    expect(page.locator(".gl-finding").last).to_contain_text("Not seen any more")


def test_a_button_never_comes_to_stand_for_another_advice(mount) -> None:
    page = mount()
    unfold(page)
    hear(page, checkup(finding(advice=(LOWER, REBUILD))))
    page.get_by_role("button", name=LIVE_BUTTON).focus()
    other = Advice("Smooth the labels.", (("objective.smooth_real", 0.1),))
    hear(page, checkup(finding(advice=(other, LOWER))))
    assert page.evaluate("() => document.activeElement.textContent") == LIVE_BUTTON
    texts = page.locator(".gl-advice button").all_text_contents()
    assert [text.split(":")[0] for text in texts] == [
        "D", "For the next start", "One-sided label smoothing",
    ]  # fmt: skip
    page.locator(".gl-advice button").nth(1).dispatch_event("click")
    assert page.evaluate("window.told") == []
    page.keyboard.press("Enter")
    assert page.evaluate("window.told")[0][1]["advice"]["text"] == LOWER.text


def test_after_an_advice_is_taken_nothing_can_be_pressed_until_the_coach_has_looked(mount) -> None:
    page = mount()
    unfold(page)
    other = Advice("Smooth the labels.", (("objective.smooth_real", 0.1),))
    hear(page, checkup(finding(advice=(LOWER, other))))
    press = page.get_by_role("button", name="D: Learning rate")
    press.click()
    smooth = page.get_by_role("button", name="smoothing")
    says = page.locator(".gl-says")
    expect(says).to_have_text(f"Changing {LIVE_BUTTON} …")
    knobs = turned_by(put(RunConfig(), {"optim.d.lr": 1e-4}))
    page.evaluate("(data) => thing.adopt({ ...thing.component, data })", LIVE | {"knobs": knobs})
    expect(says).to_have_text(f"Changed {LIVE_BUTTON}; watching what it does.")
    hear(page, checkup(finding(advice=(LOWER, other))))  # of the same step: looked at before
    for button in (press, smooth):
        expect(button).to_have_attribute("aria-disabled", "true")
        button.click(force=True)
    expect(page.locator(".gl-coach")).not_to_contain_text("1e-4 → 1e-4")
    assert page.evaluate("window.told.length") == 1
    hear(page, checkup(finding(advice=(LOWER, other)), step=101))
    expect(smooth).to_have_attribute("aria-disabled", "false")
    expect(says).to_have_text("D wins.")
    expect(press).to_have_attribute("aria-disabled", "true")  # it would change nothing
    smooth.click()
    assert page.evaluate("window.told.length") == 2


def test_what_would_change_nothing_is_not_offered(mount) -> None:
    page = mount(knobs=turned_by(put(RunConfig(), {"optim.d.lr": 1e-4})))
    unfold(page)
    hear(page, checkup(finding()))
    expect(page.locator(".gl-coach")).not_to_contain_text(LOWER.text)
    expect(page.locator(".gl-advice button")).to_have_count(1)  # and none that is empty


@pytest.mark.parametrize("width", [1200, 400])
def test_where_nothing_is_found_it_says_what_was_looked_at(mount, width: int) -> None:
    page = mount(width)
    line = "Healthy: D tells 70 % right."
    hear(page, checkup(condition=Condition.HEALTHY, line=line, step=1234))
    unfold(page)
    found = page.locator(".gl-found")
    expect(found).to_contain_text("Up to step 1,234 the coach looked at")
    expect(found).not_to_contain_text("70 %")
    assert found.bounding_box()["height"] < 120  # type: ignore[index]
    expect(page.locator(".gl-unfold")).to_be_visible()
    hear(page, checkup(finding()))
    assert found.bounding_box()["height"] > 250  # type: ignore[index]


def test_what_is_shown_on_no_curve_leads_to_the_measures(mount) -> None:
    page = mount()
    unfold(page)
    rule = said("copies")
    hear(page, checkup(Finding(rule, Sign(0.9, "Many copies."), (), 120)))
    measures = page.locator(".gl-measured")
    measures.evaluate("(box) => { box.style.marginTop = '3000px'; }")
    page.locator(".gl-measured summary").evaluate("(one) => one.click()")
    page.get_by_role("button", name="Show the measures").click()
    expect(measures).to_be_in_viewport()
    expect(measures).to_have_attribute("open", "")


def test_it_stays_unfolded_and_works_by_keyboard(mount) -> None:
    page = mount()
    page.locator(".gl-coach summary").focus()
    page.keyboard.press("Enter")
    hear(page, checkup(finding()))
    expect(page.locator(".gl-finding")).to_be_visible()
    page.keyboard.press("Tab")
    while page.evaluate("() => document.activeElement.textContent") != LIVE_BUTTON:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("window.told.length") == 1


def test_what_a_server_says_is_never_read_as_html(mount) -> None:
    page = mount()
    unfold(page)
    bad = "<img src=x onerror=alert(1)>"
    sign = Sign(0.5, bad, ("loss/D",), 1, 2)
    rule = Rule("x", bad, Weight.TROUBLE, bad, bad, lambda _: None, lambda _: ())
    hear(page, checkup(Finding(rule, sign, (Advice(bad),), 1), line=bad))
    assert page.locator(".gl-coach img").count() == 0
    expect(page.locator(".gl-seen")).to_have_text(bad)


@pytest.mark.parametrize(
    "value", [True, False, 0, 1, 64, 20_000, 1.0, 0.9, 0.5, 2e-4, 1.5e-5, 0.01, "", "swd", 3.25]
)
def test_values_are_told_as_the_widgets_tell_them(mount, value: Any) -> None:
    page = mount()
    found = page.evaluate(
        f"async (value) => (await import('{FOLDER}/numbers.js')).told(value)", value
    )
    assert found == told(value)


# -- measures ------------------------------------------------------------------------------------


def test_a_measure_is_drawn_with_its_floor_and_its_best(mount) -> None:
    page = mount()
    section = page.locator(".gl-measured")
    expect(section).to_contain_text("first measure comes after a few seconds")
    many = tuple(
        measured(step, number, weights)
        for step, weights, number in (
            (100, "averaged", 0.9), (100, "raw", 0.95), (200, "averaged", 0.4), (200, "raw", 0.5),
        )
    )  # fmt: skip
    hear(page, checkup(measured=many, best=Best(200, "swd", 0.4, 512)))
    section.scroll_into_view_if_needed()
    page.wait_for_function("() => __ganlab.courses >= 1")
    expect(section.locator("circle")).to_have_count(4)
    expect(section.locator(".gl-floor")).to_have_count(1)
    expect(section.locator(".gl-star")).to_have_count(1)
    now = section.locator(".gl-now")
    expect(now).to_contain_text(
        "At step 200, of 512 fakes: averaged 0.40, G itself 0.50, floor 0.10"
    )
    expect(now).to_contain_text("Best of the saved states: 0.40 at step 200.")
    raw, averaged = (
        [float(one.get_attribute("cy") or 0) for one in section.locator(f"circle.gl-{kind}").all()]
        for kind in ("raw", "averaged")
    )  # what is less lies lower, which is more for the browser
    assert averaged[0] < averaged[1]
    assert raw[0] < raw[1]
    assert raw[0] < averaged[0]


def test_measures_are_drawn_only_where_they_can_be_seen(mount) -> None:
    page = mount()
    page.locator(".gl-measured").evaluate("(box) => { box.style.marginTop = '4000px'; }")
    page.wait_for_function("() => !thing.measures.seen")
    hear(page, checkup(measured=(measured(100, 0.9),)))
    page.wait_for_timeout(200)
    assert page.evaluate("() => __ganlab.courses") == 0
    page.locator(".gl-measured").scroll_into_view_if_needed()
    page.wait_for_function("() => __ganlab.courses === 1")
    page.locator(".gl-measured summary").click()
    hear(page, checkup(measured=(measured(100, 0.9), measured(200, 0.8))))
    page.wait_for_timeout(200)
    assert page.evaluate("() => __ganlab.courses") == 1


def test_the_way_of_a_measure_never_stands_alone_on_a_line(mount) -> None:
    page = mount(400)
    hear(page, checkup(measured=(measured(100, 0.9),)))
    page.locator(".gl-measured").scroll_into_view_if_needed()
    page.wait_for_function("() => __ganlab.courses >= 1")
    title = page.locator(".gl-measure h4")
    assert (title.text_content() or "").endswith("\N{NO-BREAK SPACE}↓")
    top = "(one) => one.getBoundingClientRect().top"
    asks = page.locator(".gl-measure .gl-ask")
    assert abs(title.evaluate(top) - asks.evaluate(top)) < 6


def test_what_rests_on_real_pictures_is_not_said_of_fakes(mount) -> None:
    page = mount()
    one = Measured(100, "averaged", {"d-gap": Value(0.1, 359, None)})
    hear(page, checkup(measured=(one,)))
    page.locator(".gl-measured").scroll_into_view_if_needed()
    now = page.locator(".gl-measure .gl-now")
    expect(now).to_contain_text("At step 100, n = 359: averaged 0.10")
    expect(now).not_to_contain_text("fakes")


def test_everything_on_the_page_has_a_name_also_out_of_sight(mount) -> None:
    page = mount(judges={"names": ["D"], "portraits": True})
    unfold(page)
    page.locator(".gl-coach").evaluate("(box) => { box.style.marginBottom = '4000px'; }")
    hear(page, checkup(finding(), measured=(measured(100, 0.9),)))
    expect(page.locator(".gl-course")).to_have_count(1)
    parts = page.get_by_role("img").or_(page.get_by_role("button")).or_(page.get_by_role("slider"))
    named = re.compile(r"- '?\w+ \".*[A-Za-z]{2}")  # and not "- button" alone, nor "?"
    every = [(part, part.aria_snapshot()) for part in parts.all()]
    assert len(every) > 8
    assert [one.evaluate("(it) => it.outerHTML") for one, snapshot in every
            if not named.match(snapshot)] == []  # fmt: skip


def test_that_measuring_is_off_is_said(mount) -> None:
    page = mount(measuring=False)
    expect(page.locator(".gl-measured")).to_contain_text("switched off")


# -- what a curve means --------------------------------------------------------------------------


def test_every_plot_can_be_asked_what_it_means(mount) -> None:
    page = mount()
    asks = page.locator(".gl-chart .gl-ask")
    expect(asks).to_have_count(2)
    asks.nth(1).click()
    panel = page.locator(".gl-what")
    expect(panel).to_be_visible()
    asked = [json.loads(text) for text in page.evaluate("sockets[0].sent")]
    assert {"meaning": "D(x)"} in asked
    hear(page, wire.encode("meaning", {"of": "loss/D", "text": "Of something else."}))
    expect(panel.locator("p")).to_contain_text("a hint")
    hear(page, wire.encode("meaning", {"of": "D(x)", "text": "1 is <b>real</b>."}))
    expect(panel.locator("p")).to_have_text("1 is <b>real</b>.")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    asks.nth(0).click()
    for who in "GD":
        hear(page, wire.encode("meaning", {"of": f"loss/{who}", "text": f"Of {who}'s."}))
    expect(panel.locator("p")).to_have_text("D: Of D's.\n\nG: Of G's.", use_inner_text=True)


def test_what_two_curves_have_in_common_is_said_once(mount) -> None:
    page = mount()
    page.locator(".gl-chart .gl-ask").first.click()
    for who in "DG":
        text = f"{who}'s loss is 1 now. It rests. It is a game. Nobody wins."
        hear(page, wire.encode("meaning", {"of": f"loss/{who}", "text": text}))
    expect(page.locator(".gl-what p")).to_have_text(
        "D's loss is 1 now.\n\nG's loss is 1 now.\n\nIt rests. It is a game. Nobody wins.",
        use_inner_text=True,
    )


def test_a_word_is_not_said_twice(mount) -> None:
    page = mount()
    hear(page, checkup(line="Trouble: d wins."))
    expect(page.locator(".gl-says")).to_have_text("D wins.")


def test_a_measure_says_what_it_means_at_once(mount) -> None:
    page = mount()
    hear(page, checkup(measured=(measured(100, 0.9),)))
    page.locator(".gl-measure .gl-ask").click()
    expect(page.locator(".gl-what p")).to_contain_text("At step 100, of 512 fakes")


# -- of a real run -------------------------------------------------------------------------------


def comes(page: Page, what: Locator) -> None:
    """Wait for what the coach says of a run that trains: two minutes, or on a busy machine as many
    steps as it trains in a minute on a quiet one."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not what.is_visible():
        step = page.evaluate("() => __ganlab.step")
        assert time.monotonic() < deadline or step < 2500
        page.wait_for_function("(step) => __ganlab.step > step", arg=step)


def test_a_run_that_is_broken_on_purpose_is_found_and_the_advice_acts(
    page: Page, server: Server, browser: Any
) -> None:
    open_start(page, server)
    choose(page, "Preset", "D is too strong", search=True)
    expect(page.get_by_text(preset("broken-strong-d").about)).to_be_visible()
    start(page)
    comes(page, page.locator(".gl-condition", has_text="Trouble"))
    unfold(page)
    card = page.locator(".gl-finding", has=page.get_by_role("heading", name="D wins", exact=True))
    comes(page, card)
    button = card.get_by_role("button", name="Instance noise")
    expect(button).to_have_text("Instance noise (σ): 0 → 0.1")

    page.locator(".gl-chart .gl-ask").first.click()
    expect(page.locator(".gl-what p")).to_contain_text("D's loss is")
    page.keyboard.press("Escape")
    page.locator(".gl-measured").scroll_into_view_if_needed()
    page.wait_for_function(
        "() => __ganlab.courses > 0 && document.querySelector('.gl-course circle')"
    )

    guest = browser.new_context()
    guest.set_default_timeout(PATIENCE)
    other = guest.new_page()
    other.goto(page.url)
    unfold(other)
    expect(other.locator(".gl-finding").first).to_be_visible()
    expect(other.locator(".gl-advice button:visible")).to_have_count(0)
    guest.close()

    button.click()
    expect(page.get_by_text("coach: D wins - Lay noise over")).to_be_visible()
    run = newest_run(server)
    (turned,) = eventually(lambda: [e for e in ledger(run) if "." in e["path"]])
    assert (turned["path"], turned["new"]) == ("objective.instance_noise", 0.1)
    assert turned["note"].startswith("coach: D wins")
    stop(page)
