"""Which pixels speak for real: the gradient of D's score with respect to a picture.

It is a first-order answer about this very picture: where the score would rise if a pixel became a
little brighter, and where it would fall. It does not say why, nor what D would say of a picture
that is changed a lot; and a D that is sure of itself may have small gradients everywhere (Simonyan
et al. 2014, arXiv 1312.6034, §3). Averaged over slightly noisy copies it is calmer (SmoothGrad,
Smilkov et al. 2017, arXiv 1706.03825).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lab.config import ConfigError
from gan_lab.networks import Verdict

NOISE = 0.1
"""σ of SmoothGrad's noise, as a share of the range of the pixels (ibid., §3: 10 to 20 %)."""


@dataclass(frozen=True)
class Saliency:
    """What D says of one picture, and why.

    Attributes:
        score: its raw score (logit); of a D of patches the mean of all.
        slope: float32, C×S×S: ∂score/∂pixel at the picture, in scores for each full range of a
            pixel; positive where brighter would be more real to D.
        speaks: float32, S×S: slope times the pixel's distance from mid-grey, summed over colours:
            positive where the pixel as it is, rather than mid-grey, speaks for real, to first
            order (gradient × input, Shrikumar et al. 2017, arXiv 1605.01713).
        features: what D's layers give, each 1×C×h×w or 1×C.
    """

    score: float
    slope: Tensor
    speaks: Tensor
    features: list[Tensor]


def saliency(
    look: Callable[[Tensor], Verdict],
    x: Tensor,
    output: str,
    *,
    company: Tensor | None = None,
    copies: int = 0,
    seed: int = 0,
) -> Saliency:
    """Ask D about one picture.

    Args:
        look: D as its game asks it, in eval mode; see ``games.Onlooker``.
        x: the picture, 1×C×S×S, in the range of G's output.
        output: G's last bend, which tells that range.
        company: other pictures, N×C×S×S, that are shown beside it to a D that compares a batch.
        copies: noisy ones to average the slope over; 0 takes the picture alone.
        seed: of their noise.

    Raises:
        ConfigError: ``x`` is not one picture, or ``copies`` is negative.
    """
    if len(x) != 1 or copies < 0:
        raise ConfigError("D is asked about one picture at a time, with 0 noisy copies or more")
    width = 1.0 if output == "sigmoid" else 2.0  # of the pixels' range
    verdict, slope = _asked(look, x, company)
    if copies:
        generator = torch.Generator().manual_seed(seed)
        slope = torch.zeros_like(x)
        for _ in range(copies):
            noise = torch.randn(x.shape, generator=generator)
            slope += _asked(look, x + NOISE * width * noise, company)[1] / copies
    grey = 0.5 if output == "sigmoid" else 0.0
    return Saliency(
        score=float(verdict.score[0].detach().mean()),
        slope=width * slope[0],
        speaks=(slope * (x - grey))[0].sum(0),
        features=[part[:1].detach() for part in verdict.features],
    )


def _asked(
    look: Callable[[Tensor], Verdict], x: Tensor, company: Tensor | None
) -> tuple[Verdict, Tensor]:
    """The verdict on all, and the gradient of the first one's score with respect to it alone."""
    x = x.detach().clone().requires_grad_()
    verdict = look(x if company is None else torch.cat([x, company]))
    (slope,) = torch.autograd.grad(verdict.score[0].mean(), x)
    return verdict, slope
