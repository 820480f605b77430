"""Figures that two runs have in common."""

from __future__ import annotations

from gan_lab.config import RunConfig, put
from gan_lab.training.figures import common, figures, lone

PLAIN = RunConfig()


def test_equal_runs_have_every_figure_in_common():
    assert common(PLAIN, PLAIN) == figures(PLAIN)
    assert lone(PLAIN, PLAIN) == ()


def test_what_only_one_has_is_named_and_not_drawn():
    steep = put(PLAIN, {"regularisation.r1": 1.0})
    shared = [figure.title for figure in common(PLAIN, steep)]
    assert shared == [figure.title for figure in common(steep, PLAIN)]
    assert set(lone(steep, PLAIN)) == {figure.title for figure in figures(steep)} - set(shared)
    assert "D's steepness" in lone(steep, PLAIN)
    assert lone(PLAIN, steep) == ()


def test_what_is_true_of_one_run_only_is_not_said_of_both():
    other = put(PLAIN, {"objective.loss": "wasserstein"})
    before, merged = figures(PLAIN)[0], common(PLAIN, other)[0]
    assert before.title == merged.title == "Losses"
    assert before.meaning and not merged.meaning
    assert [curve.rest for curve in merged.curves] == [
        curve.rest if curve.rest == theirs.rest else None
        for curve, theirs in zip(before.curves, figures(other)[0].curves, strict=True)
    ]
    assert [curve.column for curve in merged.curves] == [curve.column for curve in before.curves]


def test_curves_of_either_are_in_the_figure():
    real, both = {"regularisation.r1": 1.0}, {"regularisation.r1": 1.0, "regularisation.r2": 1.0}
    pair = [put(PLAIN, changes) for changes in (real, both)]
    for one, other in (pair, reversed(pair)):
        figure = next(f for f in common(one, other) if f.title == "D's steepness")
        assert [curve.column for curve in figure.curves] == ["r1", "r2"]
