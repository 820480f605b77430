"""The pyramid against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.training.history import POINTS, History

COLUMNS = ("a", "b", "c")


def rows_of(records, seed=0):
    """Column a in full, b with gaps, c never read."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(records, 3)).astype(np.float32)
    rows[rng.random(records) < 0.3, 1] = np.nan
    rows[: records // 3, 1] = np.nan  # a long stretch of nothing
    rows[:, 2] = np.nan
    return rows


def brute(rows, level):
    """Minimum, mean and maximum of each whole stretch of 2**level records."""
    width = 2**level
    whole = rows[: len(rows) // width * width].reshape(-1, width, rows.shape[1])
    read = ~np.isnan(whole)
    count = read.sum(1)
    total = np.where(read, whole, 0).sum(1, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        mean = total / count
    lowest = np.where(read, whole, np.inf).min(1)
    highest = np.where(read, whole, -np.inf).max(1)
    nothing = count == 0
    lowest[nothing] = highest[nothing] = np.nan
    return np.stack([lowest, mean, highest], 1)


def fed(rows, chunk):
    history = History(COLUMNS)
    for start in range(0, len(rows), chunk):
        history.append(rows[start : start + chunk])
    return history


LENGTHS = [1, 2, 499, 500, 501, 1000, 1001, 12_345, 131_072, 200_001]


@pytest.mark.parametrize(
    ("records", "chunk"),
    [(n, chunk) for n in LENGTHS for chunk in (1, 7, 300, 1500, 1 << 16) if n / chunk < 2000],
)
def test_curves_equal_brute_force(records, chunk):
    rows = rows_of(records)
    curves = fed(rows, chunk).curves()
    assert curves.columns == COLUMNS and curves.records == records and curves.first == 0
    assert 1 <= len(curves.values) <= POINTS
    assert len(curves.values) > POINTS // 2 - 1 or curves.level == 0, "as fine as it may be"
    expected = brute(rows, curves.level)
    np.testing.assert_allclose(curves.values, expected, rtol=1e-4, atol=1e-5)


def test_an_empty_history_has_empty_curves():
    curves = History(COLUMNS).curves()
    assert curves.values.shape == (0, 3, 3) and curves.records == 0


@pytest.mark.parametrize("points", [2, 10, 499, 500, 5000])
def test_a_viewer_gets_no_more_points_than_it_asks_for(points):
    rows = rows_of(3001)
    curves = fed(rows, 64).curves(points=points)
    assert len(curves.values) <= min(points, POINTS)
    np.testing.assert_allclose(curves.values, brute(rows, curves.level), rtol=1e-4, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 900), min_size=1, max_size=12))
def test_what_a_viewer_collects_by_cursor_is_the_whole(chunks):
    history = History(COLUMNS)
    rows = rows_of(sum(chunks))
    level, have, start = -1, np.empty((0, 3, 3), np.float32), 0
    for chunk in chunks:
        history.append(rows[start : start + chunk])
        start += chunk
        curves = history.curves(level, len(have))
        if curves.level != level:
            assert curves.first == 0, "another level comes whole"
            have = have[:0]
        assert curves.first == len(have)
        level, have = curves.level, np.concatenate([have, curves.values])
    np.testing.assert_array_equal(have, history.curves().values)


def test_nothing_new_is_nothing_sent():
    history = fed(rows_of(700), 50)
    curves = history.curves()
    again = history.curves(curves.level, len(curves.values))
    assert len(again.values) == 0 and again.level == curves.level


def test_what_was_handed_out_does_not_change():
    history = fed(rows_of(10), 1)
    curves = history.curves()
    before = curves.values.copy()
    history.append(rows_of(2000, seed=1))
    np.testing.assert_array_equal(curves.values, before)


@pytest.mark.parametrize("chunks", [(5,), (500, 1500), (999, 1, 1), (3000, 400), (1100, 1100, 1)])
def test_recent_are_the_last_records_as_they_were(chunks):
    rows = rows_of(sum(chunks))
    history, start = History(COLUMNS), 0
    for chunk in chunks:
        history.append(rows[start : start + chunk])
        start += chunk
    for count in (1, 100, 1000):
        np.testing.assert_array_equal(history.recent(count), rows[-count:])
    everything = history.recent(10**6)
    np.testing.assert_array_equal(everything, rows[-len(everything) :])


def _bytes(thing, seen):
    """All array memory below an object."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return _bytes(thing.base, seen) if thing.base is not None else thing.nbytes
    if isinstance(thing, list | tuple):
        return sum(_bytes(x, seen) for x in thing)
    return sum(_bytes(x, seen) for x in vars(thing).values()) if hasattr(thing, "__dict__") else 0


def test_two_million_records_take_bounded_memory():
    history = History(COLUMNS)
    part = rows_of(100_000)
    for _ in range(20):
        history.append(part)
    assert history.records == 2_000_000
    assert _bytes(history, set()) < 4 * 2**20
    assert len(history.curves().values) <= POINTS
