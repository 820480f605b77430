"""PSNR against numbers that can be worked out by hand."""

import math

import pytest
import torch

from gan_lab.metrics import psnr


def pictures(*values, channels=1, size=12):
    """A flat picture for each value."""
    return torch.tensor(values, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, channels, size, size)


def test_known_errors_have_known_decibels():
    result = psnr(pictures(0, 10, 7), pictures(255, 11, 7))
    assert result.tolist() == [0.0, pytest.approx(20 * math.log10(255)), math.inf]


def test_each_picture_is_measured_on_its_own_and_the_order_does_not_matter():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randint(0, 256, (2, 3, 3, 8, 9), dtype=torch.uint8, generator=generator)
    torch.testing.assert_close(psnr(a, b), psnr(b, a))
    torch.testing.assert_close(psnr(a, b)[1:2], psnr(a[1:2], b[1:2]))


def test_half_the_squared_error_is_three_decibels_more():
    a, b = pictures(100), pictures(104)
    half = b.clone()
    half[..., ::2] = 100
    assert (psnr(a, half) - psnr(a, b)).item() == pytest.approx(10 * math.log10(2))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (pictures(1), pictures(1, 2)),
        (pictures(1), pictures(1).float()),
        (pictures(1)[0], pictures(1)[0]),
    ],
)
def test_what_cannot_be_compared_is_refused(a, b):
    with pytest.raises(ValueError, match="pictures must be"):
        psnr(a, b)
