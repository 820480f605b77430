"""Precision, recall, density and coverage of sets whose balls can be drawn by hand."""

from importlib import import_module

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.metrics import Balls, Manifold, manifold


def line(*places: float) -> torch.Tensor:
    return torch.tensor(places, dtype=torch.float64).unsqueeze(1)


def normal(count: int, width: int = 4, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def test_by_hand():
    # balls that reach to the first neighbour: around 0, 1 and 2 with radius 1, around 4 with 2
    real = Balls.around(line(0, 1, 2, 4), narrow=1, wide=1)
    # of the fakes: around 1.5 and 3.25 with 1.75, around 10 with 6.75
    found = manifold(real, line(1.5, 3.25, 10))
    assert found.precision == pytest.approx(2 / 3)  # 10 lies in no ball
    # 0 is 1.5 from 1.5, 1 and 2 are nearer, 4 is .75 from 3.25
    assert found.recall == 1
    # 1.5 lies in the balls of 1 and 2, 3.25 in that of 4: 3 of 3 fakes, k = 1
    assert found.density == pytest.approx(3 / 3)
    assert found.coverage == pytest.approx(3 / 4)  # nothing is in the ball of 0


def test_each_measure_has_neighbours_of_its_own():
    real = Balls.around(line(0, 1, 3), narrow=1, wide=2)
    # distances come out of a product of matrices, which rounds as the processor's kernels sum
    assert real.narrow.sqrt().tolist() == pytest.approx([1, 1, 2])
    assert real.wide.sqrt().tolist() == pytest.approx([3, 2, 3])
    found = manifold(real, line(-2, 50))
    assert (found.precision, found.density) == (0, 1 / (2 * 2))  # -2 is in the wide ball of 0 alone


def test_a_surface_belongs_to_its_ball():
    real = Balls.around(line(0.1, 0.4, 0.8), narrow=1, wide=1)
    assert manifold(real, line(-0.2, 7)).precision == 0.5


def test_a_set_against_itself_is_perfect():
    x = normal(300)
    assert manifold(x, x) == Manifold(1.0, 1.0, pytest.approx(1.2), 1.0)  # k + 1 balls hold each


def test_sets_far_apart_have_nothing_in_common():
    assert manifold(normal(50), normal(50) + 1e4) == Manifold(0, 0, 0, 0)


def test_one_real_picture_over_and_over_is_believable_and_covers_one():
    real = normal(100)
    found = manifold(real, real[:1].repeat(100, 1))
    assert found.precision == 1
    assert found.recall == 1 / 100  # balls of radius 0 hold the picture itself
    assert found.coverage == pytest.approx(found.density * 5 / 100)
    assert 1 / 100 <= found.coverage < 0.2


def test_a_collapse_far_from_where_numbers_are_short_stays_a_collapse():
    """Rounding must not make balls around copies of one picture."""
    real = normal(200, 64) + 1e3
    other = real.mean(0, keepdim=True) + 1e-3
    assert manifold(real, other.repeat(200, 1)).recall == 0


def test_real_pictures_that_come_often_are_found_by_their_copies():
    real = torch.cat([line(*[5.0] * 10), line(*range(100, 110))])
    found = manifold(real, line(5, 5, 5, 5, 5))
    assert found.precision == 1
    assert found.recall == found.coverage == 0.5


def test_missing_modes_cost_recall_and_coverage_alone():
    centres = 20 * torch.eye(4)
    real = torch.cat([normal(100, seed=i) + centres[i] for i in range(4)])
    fake = torch.cat([normal(200, seed=9 + i) + centres[i] for i in range(2)])
    found, whole = (
        manifold(real, fake),
        manifold(real, normal(400, seed=5) + centres.repeat(100, 1)),
    )
    assert found.recall < 0.5 and found.coverage <= 0.5
    assert found.precision > 0.85 and whole.precision > 0.85
    assert whole.recall > 0.8 and whole.coverage > 0.85


def test_distances_come_in_pieces_and_count_the_same(monkeypatch):
    real, fake = normal(101), normal(67, seed=1) * 1.3
    whole = manifold(real, fake)
    monkeypatch.setattr(import_module("gan_lab.metrics.manifold"), "CELLS", 500)
    assert manifold(real, fake) == whole


def test_balls_made_before_give_the_same():
    real, fake = normal(60), normal(40, seed=1)
    assert manifold(Balls.around(real), fake) == manifold(real, fake)


@given(seed=st.integers(0, 10_000), n=st.integers(6, 40), m=st.integers(4, 40),
       spread=st.floats(0.1, 5), move=st.floats(-100, 100))  # fmt: skip
def test_moved_and_shuffled_together_it_stays_and_in_bounds(seed, n, m, spread, move):
    real, fake = normal(n, 3, seed).double(), spread * normal(m, 3, seed + 1).double()
    found = manifold(real, fake)
    assert manifold(real.flip(0) + move, fake.flip(0) + move) == pytest.approx(found)
    assert all(0 <= share <= 1 for share in (found.precision, found.recall, found.coverage))
    assert 0 <= found.density <= n / 5


@pytest.mark.parametrize(
    ("real", "fake", "words"),
    [
        (torch.zeros(9, 2), torch.zeros(9, 3), "m×2"),
        (torch.zeros(9), torch.zeros(9, 3), "n×f"),
        (torch.zeros(9, 3), torch.zeros(9), "m×3"),
        (torch.zeros(5, 3), torch.zeros(9, 3), "do not fit 5"),
        (torch.zeros(9, 3), torch.zeros(3, 3), "do not fit 3"),
        (torch.zeros(9, 3), torch.full((9, 3), torch.nan), "finite"),
        (torch.full((9, 3), torch.inf), torch.zeros(9, 3), "finite"),
    ],
)
def test_what_cannot_be_measured_is_refused(real, fake, words):
    with pytest.raises(ValueError, match=words):
        manifold(real, fake)


@pytest.mark.parametrize(("narrow", "wide"), [(0, 5), (3, 0), (9, 1)])
def test_neighbours_that_there_are_none_of_are_refused(narrow, wide):
    with pytest.raises(ValueError, match="do not fit 9"):
        Balls.around(torch.zeros(9, 2), narrow, wide)
