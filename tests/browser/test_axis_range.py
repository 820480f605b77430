"""The axis of a plot whose curves have values far outside the others: with known numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

from gan_lab.server import PREFIX
from gan_lab.server.assets import version

if TYPE_CHECKING:
    from tests.browser.conftest import Server

FOLDER = f"{PREFIX}/{version()}"
USUAL = [1.0 + 0.1 * (i % 5) for i in range(100)]  # from 1.0 to 1.4
# a page that has plotly's part of a plot, and what the plot's curves are
DRAWING = """async ([folder, spec, means]) => {
  const { drawing } = await import(`${folder}/drawing.js`);
  const plot = document.body.appendChild(document.createElement("div"));
  const series = {};
  for (const { column } of spec.curves) {
    series[column] = { low: means, mean: means, high: means, smooth: means };
  }
  const x = means.map((_, i) => i + 1);
  const curves = { series, level: 0, x, marks: [], records: 100, take: 0 };
  return drawing(spec, [{ curves, letter: "", clock: null }], {
    plot, name: "run", by: "steps", colours: {}, words: {},
  });
}"""


@pytest.fixture
def empty(page: Page, server: Server) -> Page:
    page.goto(f"{server.url}{FOLDER}/wire.js")
    return page


def with_values(**values: float) -> list[float]:
    """The usual curve with other values at some places, "at_40" and so on."""
    curve = list(USUAL)
    for name, value in values.items():
        curve[int(name.removeprefix("at_"))] = value
    return curve


def asked(page: Page, name: str, *arguments: Any) -> Any:
    """What a function of the module returns."""
    source = """async ([folder, name, given]) => {
      const module = await import(`${folder}/axis_range.js`);
      return module[name](...given);
    }"""
    return page.evaluate(source, [FOLDER, name, list(arguments)])


def same(values: list[float]) -> dict[str, list[float]]:
    """A curve none of whose points stands for several steps."""
    return {"low": values, "mean": values, "high": values}


def test_the_axis_follows_the_usual_values_and_not_a_spike(empty: Page) -> None:
    # 1.0 to 1.4, and 1.4 more on either side, but hardly below the least value
    for place in ("at_0", "at_40", "at_90", "at_99"):
        curve = with_values(**{place: 1e6})
        low, high = asked(empty, "robustRange", [same(curve)])
        assert (low, high) == (pytest.approx(0.86), pytest.approx(2.8))
        points = asked(empty, "beyond", same(curve), [low, high])
        assert points == [{"place": int(place[3:]), "value": 1e6, "above": True}]
    low, high = asked(empty, "robustRange", [same(with_values(at_40=-1e6, at_41=1e6))])
    assert (low, high) == (pytest.approx(-0.4), pytest.approx(2.8))


def test_the_axis_follows_the_present_after_trouble_that_lasted(empty: Page) -> None:
    curve = [*USUAL[:20], *[1e5 + i for i in range(25)], *USUAL[45:]]
    low, high = asked(empty, "robustRange", [same(curve)])
    assert (low, high) == (pytest.approx(0.86), pytest.approx(2.8))


@pytest.mark.parametrize(
    "curves",
    [[], [[]], [USUAL], [USUAL, [8.0] * 100], [[1.0, 1.0, 1e6, 1.0]],
     [[0.7 + 4.3 * 0.8**i for i in range(100)]], [[0.0] * 100]],
)  # fmt: skip
def test_curves_without_a_spike_are_shown_whole(empty: Page, curves: list[list[float]]) -> None:
    assert asked(empty, "robustRange", [same(curve) for curve in curves]) is None


def test_a_spike_does_not_lift_the_smoothed_curve(empty: Page) -> None:
    curve = with_values(at_40=1e6)
    smooth = asked(empty, "smoothedWithin", curve, [0.86, 2.8])
    assert max(smooth) < 1.35 and smooth[40] == pytest.approx(0.92 * smooth[39] + 0.08 * 2.8)
    gaps = asked(empty, "smoothedWithin", [None, 1.0, None, 1.0], [0, 2])
    assert [math.isnan(value) for value in gaps] == [True, False, True, False]


@pytest.mark.parametrize(("more", "marked"), [({}, True), ({"log": True}, False),
                                              ({"range": [0, 1]}, False)])  # fmt: skip
def test_a_value_beyond_the_axis_is_marked_and_named(
    empty: Page, more: dict[str, Any], marked: bool
) -> None:
    curves = [{"column": "loss/D", "name": "D", "colour": "d", "dash": "", "plain": False}]
    spec = {"title": "Losses", "log": False, "range": None, "curves": curves, **more}
    drawn = empty.evaluate(DRAWING, [FOLDER, spec, with_values(at_40=1e6)])
    arrows = [one for one in drawn["traces"] if one["mode"] == "markers"]
    assert bool(arrows) == marked
    if not marked:
        return
    axis = drawn["layout"]["yaxis"]
    assert axis["range"] == [pytest.approx(0.86), pytest.approx(2.8)] and not axis["autorange"]
    assert (arrows[0]["x"], arrows[0]["customdata"]) == ([41], [1e6])
    assert arrows[0]["y"] == [pytest.approx(2.8)]
    assert arrows[0]["marker"]["symbol"] == ["arrow-bar-up"]
