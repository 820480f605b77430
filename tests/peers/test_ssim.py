"""SSIM and PSNR against scikit-image, on real digits and on noise."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from gan_lab.metrics import psnr, ssim


def pairs(digits, channels):
    """True pictures and spoilt ones, uint8 6×channels×25×31."""
    generator = torch.Generator().manual_seed(1)
    x = F.interpolate(digits.images[: 6 * channels].float(), (25, 31), mode="bilinear")
    x = x.reshape(6, channels, 25, 31)
    spoilt = x + torch.randn(x.shape, generator=generator) * torch.linspace(0, 60, 6).view(
        6, 1, 1, 1
    )
    spoilt[1] = 128  # without any pattern
    return x.byte(), spoilt.clamp(0, 255).byte()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_values_as_scikit_image(digits, channels):
    a, b = pairs(digits, channels)
    expected = [
        structural_similarity(
            x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255,
            channel_axis=0,
        )
        for x, y in zip(a.numpy(), b.numpy(), strict=True)
    ]  # fmt: skip
    np.testing.assert_allclose(ssim(a, b), expected, atol=1e-7)
    loud = [
        peak_signal_noise_ratio(x, y, data_range=255)
        for x, y in zip(a.numpy()[1:], b.numpy()[1:], strict=True)
    ]
    np.testing.assert_allclose(psnr(a, b)[1:], loud, rtol=1e-12)
