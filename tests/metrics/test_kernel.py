"""The kernel distance, by hand and where it must be nothing."""

import pytest
import torch

from gan_lab.metrics import Kernel, kernel_distance, mmd


def normal(count: int, mean: float = 0.0, seed: int = 0, width: int = 8) -> torch.Tensor:
    return mean + torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def test_by_hand():
    a, b = torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [2.0]])
    # (xy + 1)³: within a 1, within b 27, between 1, 1, 8, 27
    assert mmd(a, b) == pytest.approx(1 + 27 - 2 * (1 + 1 + 8 + 27) / 4)


def test_features_are_weighed_by_their_number():
    a, b = torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [2.0]])
    assert mmd(a.repeat(1, 6), b.repeat(1, 6)) == pytest.approx(mmd(a, b))


def test_of_one_kind_it_is_nothing_on_average_and_sometimes_below():
    found = torch.tensor([mmd(normal(40, seed=2 * i), normal(60, seed=2 * i + 1))
                          for i in range(200)])  # fmt: skip
    assert found.min() < 0 < found.max()
    assert abs(found.mean()) < 3 * found.std() / 200**0.5


def test_a_shift_comes_to_its_closed_form():
    # for x, y ~ N(μ, 1) of f = 1: E(xy + 1)³ = E x³y³ + 3 x²y² + 3 xy + 1
    def expected(p: float, q: float) -> float:
        third = (p**3 + 3 * p) * (q**3 + 3 * q)
        return third + 3 * (p**2 + 1) * (q**2 + 1) + 3 * p * q + 1

    closed = expected(0, 0) + expected(1, 1) - 2 * expected(0, 1)
    found = mmd(normal(4000, width=1), normal(4000, 1.0, seed=1, width=1))
    assert found == pytest.approx(closed, rel=0.1)


def test_the_further_the_larger():
    near, far = (mmd(normal(200), normal(200, mean, seed=1)) for mean in (0.3, 1.0))
    assert 0 < near < far


def test_subsets_come_to_the_whole():
    a, b = normal(400), normal(300, 0.5, seed=1)
    found = kernel_distance(a, b, subsets=300, size=50)
    assert found.mean == pytest.approx(mmd(a, b), abs=4 * found.spread / 300**0.5)
    assert found.spread > 0
    assert found == kernel_distance(a, b, subsets=300, size=50)
    assert found != kernel_distance(a, b, subsets=300, size=50, seed=1)


def test_small_sets_are_taken_whole():
    a, b = normal(40), normal(30, 0.5, seed=1)
    assert kernel_distance(a, b) == Kernel(mmd(a, b), 0.0)


def test_the_draw_moves_no_other():
    state = torch.get_rng_state()
    kernel_distance(normal(40), normal(30, seed=1), subsets=2, size=10)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("a", "b", "more", "words"),
    [
        ((3, 2), (3, 3), {}, "n×f and m×f"),
        ((3,), (3,), {}, "n×f and m×f"),
        ((1, 2), (3, 2), {}, "at least two"),
        ((3, 2), (3, 2), {"subsets": 0}, "must be a subset"),
        ((3, 2), (3, 2), {"size": 1}, "two in each"),
    ],
)
def test_what_cannot_be_measured_is_refused(a, b, more, words):
    with pytest.raises(ValueError, match=words):
        kernel_distance(torch.zeros(a), torch.zeros(b), **more)
