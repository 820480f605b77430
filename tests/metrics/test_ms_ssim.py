"""MS-SSIM where its value is known; against another implementation in tests/peers."""

import pytest
import torch

from gan_lab.metrics import likeness, ms_ssim, ssim
from gan_lab.metrics.ms_ssim import WEIGHTS, scales


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize(
    ("side", "expected"),
    [(256, 5), (176, 5), (175, 4), (128, 4), (64, 3), (32, 2), (28, 2), (22, 2), (21, 1), (8, 1)],
)
def test_scales(side, expected):
    assert scales(side) == expected


@pytest.mark.parametrize("shape", [(3, 1, 4, 4), (3, 1, 8, 8), (3, 3, 28, 31), (1, 3, 180, 180)])
def test_a_picture_is_like_itself(shape):
    x = noise(*shape)
    torch.testing.assert_close(ms_ssim(x, x), torch.ones(len(x), dtype=torch.float64))


@pytest.mark.parametrize(("side", "count"), [(12, 1), (28, 2), (64, 3), (176, 5)])
def test_flat_pictures_differ_by_their_light_at_the_last_scale(side, count):
    a, b = (torch.full((1, 1, side, side), v, dtype=torch.uint8) for v in (100, 200))
    c1 = 2.55**2
    light = (2 * 100 * 200 + c1) / (100**2 + 200**2 + c1)
    expected = light ** (WEIGHTS[count - 1] / sum(WEIGHTS[:count]))
    assert ms_ssim(a, b).item() == pytest.approx(expected)


def test_at_one_scale_it_is_ssim():
    a = noise(4, 3, 16, 20)
    b = (a // 2 + noise(4, 3, 16, 20, seed=1) // 2).byte()
    torch.testing.assert_close(ms_ssim(a, b), ssim(a, b))


@pytest.mark.parametrize("side", [8, 28, 64])
def test_a_negative_is_nothing_like_it_and_a_number(side):
    a = noise(2, 1, side, side)
    assert ms_ssim(a, 255 - a).tolist() == [0, 0]


def test_each_picture_is_measured_on_its_own():
    a, b = noise(4, 3, 28, 28), noise(4, 3, 28, 28) // 2
    torch.testing.assert_close(ms_ssim(a, b)[2:3], ms_ssim(a[2:3], b[2:3]))


def test_one_picture_over_and_over_is_wholly_alike():
    assert likeness(noise(1, 1, 28, 28).repeat(9, 1, 1, 1)) == pytest.approx(1)


def test_a_pair_is_of_two_pictures():
    pair = noise(2, 1, 28, 28)
    assert likeness(pair, pairs=50) == pytest.approx(float(ms_ssim(pair[:1], pair[1:])))


def test_the_fewer_kinds_the_more_alike():
    x = noise(60, 1, 28, 28)
    few, some, many = (likeness(x[:n].repeat(60 // n, 1, 1, 1), 400) for n in (2, 6, 60))
    assert few > some > many


def test_the_seed_alone_decides_and_no_other_draw_moves():
    x = noise(30, 1, 8, 8)
    state = torch.get_rng_state()
    assert likeness(x, seed=1) == likeness(x, seed=1) != likeness(x, seed=2)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("size", [(3, 20), (20, 3)])
def test_pictures_too_small_are_refused(size):
    with pytest.raises(ValueError, match="4 px or more"):
        ms_ssim(noise(1, 1, *size), noise(1, 1, *size))


@pytest.mark.parametrize(("count", "pairs"), [(1, 5), (0, 5), (5, 0)])
def test_what_makes_no_pair_is_refused(count, pairs):
    with pytest.raises(ValueError, match="two pictures"):
        likeness(noise(count, 1, 8, 8), pairs)
