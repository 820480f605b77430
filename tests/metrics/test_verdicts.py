"""Two kinds of scores counted: known answers, and the overlap computed another way."""

import pytest
import torch

from gan_lab.metrics.verdicts import BINS, FEW, counted, overlap, tally, window


def scores(*values: float) -> torch.Tensor:
    return torch.tensor(values)


def test_equal_sets_overlap_wholly_and_disjoint_ones_not_at_all():
    some = torch.rand(300, generator=torch.Generator().manual_seed(1))
    assert tally(some, some, 0.5, (0.0, 1.0)).overlap == pytest.approx(1.0, abs=1e-6)
    assert tally(0.6 + some / 10, some / 10, 0.5, (0.0, 1.0)).overlap == 0.0


def test_overlap_is_one_minus_the_total_variation():
    draw = torch.Generator().manual_seed(2)
    for _ in range(20):
        p = torch.randint(0, 9, (BINS,), generator=draw) + 1
        q = torch.randint(0, 9, (BINS,), generator=draw)
        apart = float((p / p.sum() - q / q.sum()).abs().sum()) / 2
        assert overlap(p, q) == pytest.approx(1 - apart, abs=1e-6)


def test_kinds_of_different_size_are_compared_by_shares():
    few, many = scores(0.1, 0.9), scores(*[0.1] * 50, *[0.9] * 50)
    assert tally(few, many, 0.5, (0.0, 1.0)).overlap == pytest.approx(1.0)


def test_overlap_of_two_gaussians_comes_near_to_its_closed_form():
    # 2 Φ(-d/2) for unit variances, d apart (Inman & Bradley 1989)
    draw = torch.Generator().manual_seed(3)
    real, fake = torch.randn(200_000, generator=draw) + 1.5, torch.randn(200_000, generator=draw)
    closed = 2 * float(torch.special.ndtr(torch.tensor(-0.75)))
    assert tally(real, fake, 0.75).overlap == pytest.approx(closed, abs=0.01)


def test_every_score_is_counted_once_and_in_its_bin():
    assert counted(scores(0.0, 0.24, 0.25, 0.99, 1.0, 7.0, -3.0), 0.0, 1.0, 4).tolist() == [
        3, 1, 0, 3,
    ]  # fmt: skip


def test_told_right_by_hand():
    found = tally(scores(2, 1, 0, -1), scores(-2, 0, 3), 0.0)
    # what lies on the threshold is told on neither side
    assert (found.told_real, found.told_fake) == (2, 1)
    assert sum(found.real) == 4 and sum(found.fake) == 3


def test_few_scores_have_wider_bins():
    few, many = torch.rand(FEW - 1), torch.rand(FEW)
    assert len(tally(few, many, 0.5).real) == len(tally(few, many, 0.5).fake) == BINS // 2
    assert len(tally(many, many, 0.5).real) == BINS


@pytest.mark.parametrize(
    ("values", "expected"),
    [([-0.93, 1.61, 0.5], (-1.0, 2.0)), ([6.1, 15.8], (6.0, 16.0)), ([0.013, 0.041], (0.01, 0.045)),
     ([3.0], (2.4, 3.6)), ([-1e5, 2e5], (-1e5, 2e5)), ([0.0, 0.0], (-0.6, 0.6))],
)  # fmt: skip
def test_the_window_is_round_and_holds_all(values, expected):
    assert window(values) == pytest.approx(expected)


def test_the_window_of_anything_holds_it_and_is_not_much_larger():
    draw = torch.Generator().manual_seed(4)
    for _ in range(300):
        size = 10 ** float(torch.randint(-3, 6, (), generator=draw))
        values = (size * torch.randn(5, generator=draw)).double().tolist()
        low, high = window(values)
        span = max(values) - min(values)
        assert low <= min(values) and max(values) <= high and high - low <= 2 * span


def test_a_kind_without_scores_is_refused():
    with pytest.raises(ValueError, match="both kinds"):
        tally(torch.zeros(0), torch.zeros(3), 0.5)


@pytest.mark.parametrize("size", [1.0, 1e10, 3e16, 1e25, 1e38])
def test_equal_scores_of_any_size_have_a_window(size):
    low, high = window([size, size])
    assert low < size < high
