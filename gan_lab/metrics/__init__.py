"""Features in, number out; one measure a file, pure."""

from gan_lab.metrics.frechet import frechet
from gan_lab.metrics.kernel import Kernel, kernel_distance, mmd
from gan_lab.metrics.manifold import Balls, Manifold, manifold
from gan_lab.metrics.ms_ssim import likeness, ms_ssim
from gan_lab.metrics.psnr import psnr
from gan_lab.metrics.ssim import ssim
from gan_lab.metrics.swd import Slices, Slicing, Swd, swd

__all__ = [
    "Balls",
    "Kernel",
    "Manifold",
    "Slices",
    "Slicing",
    "Swd",
    "frechet",
    "kernel_distance",
    "likeness",
    "manifold",
    "mmd",
    "ms_ssim",
    "psnr",
    "ssim",
    "swd",
]
