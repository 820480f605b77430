"""Features in, number out; one measure a file, pure."""

from gan_lab.metrics.frechet import frechet
from gan_lab.metrics.psnr import psnr
from gan_lab.metrics.ssim import ssim

__all__ = ["frechet", "psnr", "ssim"]
