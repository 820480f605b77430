"""Measures of a cloud of points against closed forms and counts by hand."""

import math

import pytest
import torch

from gan_lab.metrics.plane import (
    Truth,
    histogram,
    js,
    kl,
    nearness,
    smoothed,
)

CORNERS = torch.tensor([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)], dtype=torch.float64)


def normal(count: int, mean: float = 0.0, sigma: float = 1.0, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return mean + sigma * torch.randn(count, 2, generator=generator, dtype=torch.float64)


def cells(mean: float, sigma: float, reach: float, bins: int) -> torch.Tensor:
    """Mass of a round Gaussian in every cell, by its distribution function."""
    edges = torch.linspace(-reach, reach, bins + 1, dtype=torch.float64)
    below = torch.special.ndtr((edges - mean) / sigma)
    below[0], below[-1] = 0.0, 1.0  # the border takes what lies outside
    side = below.diff()
    return side[:, None] * side[None, :]


# -- divergences -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        ([1, 1], [1, 1], 0.0),
        ([1, 0], [1, 1], math.log(2)),
        ([3, 1], [1, 1], 0.75 * math.log(1.5) + 0.25 * math.log(0.5)),
        ([1, 1], [1, 0], math.inf),
    ],
)
def test_kl_by_hand(p, q, expected):
    assert kl(torch.tensor(p), torch.tensor(q)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        ([2, 2], [5, 5], 0.0),
        ([1, 0], [0, 1], math.log(2)),
        ([1, 0], [1, 1], 0.5 * math.log(4 / 3) + 0.25 * math.log(2 / 3) + 0.25 * math.log(2)),
    ],
)
def test_js_by_hand(p, q, expected):
    assert js(torch.tensor(p), torch.tensor(q)) == pytest.approx(expected, abs=1e-12)
    assert js(torch.tensor(q), torch.tensor(p)) == pytest.approx(expected, abs=1e-12)


def test_kl_of_two_gaussians_comes_to_its_closed_form():
    # KL(N(a, s²I) ‖ N(b, t²I)) in two dimensions, Cover & Thomas: the cells are fine enough for 1 %
    a, s, b, t = 0.0, 0.5, 0.4, 0.7
    closed = 2 * math.log(t / s) - 1 + (2 * s**2 + 2 * (a - b) ** 2) / (2 * t**2)
    fine = kl(cells(a, s, 4.0, 400), cells(b, t, 4.0, 400))
    assert fine == pytest.approx(closed, rel=0.01)


def test_kl_from_samples_comes_to_that_of_the_cells():
    exact = kl(cells(0, 0.5, 2, 24), smoothed(cells(0.3, 0.5, 2, 24) * 200_000))
    p, q = (histogram(normal(200_000, mean, 0.5, seed), 2.0) for mean, seed in ((0, 1), (0.3, 2)))
    assert kl(smoothed(p), smoothed(q)) == pytest.approx(exact, rel=0.05)


def test_js_from_samples_comes_to_that_of_the_cells():
    exact = js(cells(0, 0.5, 2, 24), cells(0.3, 0.5, 2, 24))
    p, q = (histogram(normal(200_000, mean, 0.5, seed), 2.0) for mean, seed in ((0, 1), (0.3, 2)))
    assert js(p, q) == pytest.approx(exact, abs=0.005)


def test_scipy_agrees():
    distance = pytest.importorskip("scipy.spatial.distance")  # comes with scikit-learn
    stats = pytest.importorskip("scipy.stats")
    p, q = histogram(normal(3000), 4.0), histogram(normal(3000, 0.5, seed=1), 4.0)
    assert js(p, q) == pytest.approx(distance.jensenshannon(p.flatten(), q.flatten()) ** 2)
    assert kl(smoothed(p), smoothed(q)) == pytest.approx(
        stats.entropy(smoothed(p).flatten(), smoothed(q).flatten())
    )


@pytest.mark.parametrize(
    ("p", "q"), [([1.0, 0.0], [1.0]), ([0.0, 0.0], [1.0, 1.0]), ([1.0], [0.0])]
)
def test_what_cannot_be_compared_is_refused(p, q):
    with pytest.raises(ValueError, match="histogram"):
        js(torch.tensor(p), torch.tensor(q))


# -- histograms, heaps -------------------------------------------------------------------------


def test_every_point_counts_once_and_in_its_cell():
    points = torch.tensor([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (5.0, 5.0), (-9.0, 0.1)])
    counts = histogram(points, 1.0, bins=2)
    assert counts.tolist() == [[1, 1], [1, 2]]  # row by row from below; outside: at the border


def test_all_real_points_are_in_the_histogram():
    # the best-known tool of the kind leaves out two thirds of them
    assert float(histogram(normal(12_345), 3.0).sum()) == 12_345


def test_heaps_and_share_by_hand():
    points = torch.cat([CORNERS[:3] + 0.01, torch.tensor([(0.0, 0.0), (1.0, 1.29)])])
    found = nearness(points, CORNERS, 0.1)
    assert found.covered == 3
    assert found.share == pytest.approx(4 / 5)  # within 3σ = 0.3 of a corner


def test_real_points_find_all_and_have_the_share_of_a_gaussian():
    points = CORNERS.repeat(5000, 1) + 0.1 * normal(20_000)
    found = nearness(points, CORNERS, 0.1)
    assert found.covered == 4
    assert found.share == pytest.approx(1 - math.exp(-4.5), abs=0.003)


def test_only_heaps_are_counted_as_modes():
    points = CORNERS.repeat(10, 1)
    expected = histogram(points, 2.0)
    modal = Truth(CORNERS, 0.1, 2.0, True).measured(points, expected)
    curve = Truth(CORNERS, 0.1, 2.0, False).measured(points, expected)
    assert (modal["modes"], modal["of"], modal["near"]) == (4, 4, 1)
    assert "modes" not in curve and "of" not in curve
    assert modal["js"] == pytest.approx(0, abs=1e-12) and modal["kl"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("points", [torch.zeros(0, 2), torch.zeros(3, 3), torch.zeros(4)])
def test_what_are_no_points_is_refused(points):
    with pytest.raises(ValueError, match="N×2"):
        nearness(points, CORNERS, 0.1)


def test_points_that_are_no_numbers_lie_outside():
    points = torch.tensor([(math.nan, 0.0), (math.inf, 0.0), (-math.inf, -math.inf), (0.5, 0.5)])
    counts = histogram(points, 1.0, bins=2)
    assert float(counts.sum()) == 4 and float(counts[1, 1]) == 3 and float(counts[0, 0]) == 1
    assert nearness(points, CORNERS, 0.3).share == 0.25
