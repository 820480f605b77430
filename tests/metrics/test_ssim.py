"""SSIM where its value is known; against scikit-image in tests/peers."""

import pytest
import torch

from gan_lab.metrics import ssim


@pytest.fixture
def noise():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (4, 3, 16, 20), dtype=torch.uint8, generator=generator)


def test_a_picture_is_like_itself(noise):
    torch.testing.assert_close(ssim(noise, noise), torch.ones(4, dtype=torch.float64))


def test_flat_pictures_differ_by_their_light_alone():
    a, b = (torch.full((1, 1, 11, 11), v, dtype=torch.uint8) for v in (100, 200))
    c1 = 2.55**2
    expected = (2 * 100 * 200 + c1) / (100**2 + 200**2 + c1)
    assert ssim(a, b).item() == pytest.approx(expected)


def test_a_negative_is_unlike(noise):
    assert (ssim(noise, 255 - noise) < -0.9).all()


def test_blur_is_worse_than_light_at_the_same_error(noise):
    """What the measure is for: PSNR cannot tell these apart."""
    calm = noise // 2 + 64
    brighter = calm + 32
    flat = calm.float().mean((2, 3), keepdim=True)
    flatter = (flat + (calm - flat) * (1 - 32 / (calm - flat).square().mean().sqrt())).byte()
    assert (ssim(calm, brighter) > ssim(calm, flatter)).all()


def test_each_picture_is_measured_on_its_own(noise):
    other = noise.flip(0)
    torch.testing.assert_close(ssim(noise, other)[2:3], ssim(noise[2:3], other[2:3]))


@pytest.mark.parametrize("size", [(10, 20), (20, 10)])
def test_pictures_smaller_than_the_window_are_refused(size):
    small = torch.zeros(1, 1, *size, dtype=torch.uint8)
    with pytest.raises(ValueError, match="11 px or more"):
        ssim(small, small)
