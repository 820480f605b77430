"""Measures of fakes beside the picture that each should have been."""

from __future__ import annotations

from torch import Tensor

from gan_lab.config import RunConfig
from gan_lab.data import Kind
from gan_lab.measures.material import Material
from gan_lab.measures.measure import Measure, of_answers
from gan_lab.metrics import psnr as decibels
from gan_lab.metrics import ssim as similarity
from gan_lab.metrics.ssim import WINDOW

_MOST = 100.0  # dB; of equal pictures there would be infinitely many


def psnr(material: Material) -> float:
    """Mean over the pictures, in dB."""
    return float(decibels(material.fakes, _answers(material)).clamp(max=_MOST).mean())


def ssim(material: Material) -> float:
    """Mean over the pictures, at most 1."""
    return float(similarity(material.fakes, _answers(material)).mean())


def _answers(material: Material) -> Tensor:
    assert material.answers is not None
    return material.answers


def _has_windows(config: RunConfig, kind: Kind) -> bool:
    return of_answers(config, kind) and kind.size >= WINDOW


PSNR = Measure(
    "psnr", "PSNR beside the right answer", "more",
    "How far the pixels are from the right ones. Three more are half the squared error; smooth"
    " pictures score well here, also where they look dull.",
    of_answers, psnr, floored=False, unit="dB",
)  # fmt: skip
SSIM = Measure(
    "ssim", "SSIM beside the right answer", "more",
    "Whether light, contrast and pattern are those of the right answer, place by place: 1 for the"
    " same picture.",
    _has_windows, ssim, floored=False,
)  # fmt: skip
