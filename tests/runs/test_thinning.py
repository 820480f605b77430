"""What stays of a growing series, by hand and for any series."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.runs.thinning import superfluous, worth_adding


@pytest.mark.parametrize(
    ("steps", "pinned", "place"),
    [
        ([], (), None), ([0], (), None), ([0, 5], (), None),
        ([0, 1, 5], (), 1), ([0, 1, 5], (1,), None),
        ([0, 1, 4, 9, 16], (), 1),  # equally far apart: the oldest goes
        ([0, 1, 4, 9, 10, 16], (), 4),  # from 9 to 16 is 1, from 4 to 10 is 1.16
        ([0, 1, 4, 9, 10, 16], (10,), 3),
        ([0, 100, 200, 300, 400], (), 3),  # late steps count for less than early ones
    ],
)  # fmt: skip
def test_the_one_that_is_missed_least(steps, pinned, place):
    assert superfluous(steps, pinned) == place


def thinned(steps, most, pinned=()):
    kept = []
    for step in steps:
        kept.append(step)
        while len(kept) > most and (place := superfluous(kept, pinned)) is not None:
            kept.pop(place)
    return kept


@given(
    gaps=st.lists(st.integers(1, 500), min_size=1, max_size=120), most=st.integers(2, 20),
)  # fmt: skip
def test_any_series_keeps_both_ends_and_is_spread(gaps, most):
    steps = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    kept = thinned(steps, most)
    assert len(kept) == min(most, len(steps))
    assert (kept[0], kept[-1]) == (steps[0], steps[-1])
    assert kept == sorted(set(kept)) and set(kept) <= set(steps)
    if most < 3:
        return
    whole = math.sqrt(steps[-1]) - math.sqrt(steps[0])
    alone = set(pairwise(steps))  # what were neighbours from the start was not torn apart
    for a, b in pairwise(kept):
        gap = math.sqrt(b) - math.sqrt(a)
        assert (a, b) in alone or gap <= 2.0 * whole / (most - 1) + 1e-9


@given(
    steps=st.lists(st.integers(0, 10_000), min_size=3, max_size=80, unique=True).map(sorted),
    most=st.integers(8, 20), data=st.data(),
)  # fmt: skip
def test_what_is_pinned_stays(steps, most, data):
    pinned = data.draw(st.sets(st.sampled_from(steps), max_size=most // 2))
    kept = thinned(steps, most, pinned)
    assert pinned <= set(kept) and len(kept) <= most


def test_the_first_minute_of_an_hour_gets_an_eighth():
    kept = thinned(range(0, 36_001, 10), 240)  # ten steps a second
    assert 240 / 9 < sum(step <= 600 for step in kept) < 240 / 6
    assert 240 / 5 < sum(step >= 18_000 for step in kept) < 240 / 3  # half an hour: over a quarter


def test_a_hundred_thousand_moments():
    kept = thinned(range(100_000), 40)
    assert len(kept) == 40 and (kept[0], kept[-1]) == (0, 99_999)
    gaps = [math.sqrt(b) - math.sqrt(a) for a, b in pairwise(kept)]
    assert max(gaps) < 2.01 * math.sqrt(99_999) / 39


@pytest.mark.parametrize(
    ("steps", "step", "most", "worth"),
    [([], 0, 10, True), ([0, 1], 2, 10, True), ([0, 4, 16], 25, 3, False),
     ([0, 4, 16], 64, 3, True), ([0, 25], 26, 2, False), ([0], 9, 1, True)],
)  # fmt: skip
def test_what_would_stay_is_worth_adding(steps, step, most, worth):
    assert worth_adding(steps, step, most) is worth


@pytest.mark.parametrize("most", [0, 1])
def test_both_ends_stay_whatever_is_asked_for(most):
    assert worth_adding([0], 5, most)
    assert worth_adding([0, 5], 6, most) == worth_adding([0, 5], 6, 2)
