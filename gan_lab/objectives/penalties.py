"""What keeps D's slope in bounds; every function here reads top to bottom as its paper does.

Three things are the same for all of them, and often wrong elsewhere:

- A norm is taken for each picture, over C, H and W; a norm over the whole batch is another number.
- Gradients are those of a picture's own score, which for a patch discriminator is the mean over
  its patches: the function that the losses average too.
- The arithmetic is float32 (float64 if the pictures are), whatever the autocast around it: squares
  of gradients leave the range of half precision early.

A picture's gradient is read off the sum over the batch, so D must judge each picture by itself.
Batch normalisation and minibatch statistics in D couple the pictures: the penalties then bound
something else, which is why the papers leave batch normalisation out of D. A pass through D for a
penalty is a pass: dropout draws anew, spectral norm takes another step of its power iteration.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lab.config import Regularisation

Critic = Callable[[Tensor], Tensor]
"""D with its labels bound: pictures N×C×H×W to scores, N×1 or N×1×h×w for patches."""


def penalty(
    regularisation: Regularisation,
    critic: Critic,
    x: Tensor,
    fake: Tensor,
    seen: int,
    generator: torch.Generator,
    scores: Tensor | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """What ``regularisation`` adds to D's loss, all of it, weighted.

    Args:
        critic: is given pictures that require gradients.
        x, fake: real and generated pictures, N×C×H×W, as D sees them; their graphs are cut.
        seen: real pictures so far, for the schedule of γ.
        generator: where chance comes from; only gp and dragan draw.
        scores: D's scores of ``x`` from its own move, to spare drift another pass.

    Returns:
        a scalar with a graph to D's weights (0 without one if nothing is switched on), and the
        readings without their weights: "gp" and "dragan", the mean slope; "r1" and "r2", the mean
        squared slope.
    """
    with torch.autocast(x.device.type, enabled=False):
        x, fake = _precise(x), _precise(fake)
        total, readings = x.new_zeros(()), {}
        if regularisation.gp:
            value, readings["gp"] = unit_slope(critic, between(x, fake, generator))
            total = total + regularisation.gp * value
        if regularisation.dragan:
            value, readings["dragan"] = unit_slope(critic, around(x, generator))
            total = total + regularisation.dragan * value
        for name, weight, pictures in (
            ("r1", regularisation.r1, x), ("r2", regularisation.r2, fake)
        ):  # fmt: skip
            if weight:
                found, squared = zero_centred(critic, pictures)
                readings[name] = squared.mean().detach()
                total = total + 0.5 * weight * gamma(regularisation, seen) * squared.mean()
                scores = found if name == "r1" and scores is None else scores
        if regularisation.drift:
            scores = critic(x) if scores is None else _precise(scores, cut=False)
            total = total + regularisation.drift * scores.square().mean()
    return total, readings


def any_penalty(regularisation: Regularisation) -> bool:
    """Whether any penalty is switched on."""
    return any(getattr(regularisation, name) for name in ("gp", "dragan", "r1", "r2", "drift"))


def due(regularisation: Regularisation, moves: int) -> int:
    """What the penalties of D's next move are multiplied by, after ``moves`` of its moves.

    Lazy penalties (StyleGAN2, Karras et al. 2020, app. B) come at every ``penalty_every``-th move,
    the first included, and weigh that much more; 0 between them, and if none is switched on.
    """
    every = regularisation.penalty_every
    return every if any_penalty(regularisation) and moves % every == 0 else 0


def gamma(regularisation: Regularisation, seen: int) -> float:
    """Share of γ (of R1 and R2 alike) that counts after ``seen`` real pictures.

    Half a cosine from 1 to ``gamma_end`` over ``gamma_images`` (R3GAN, Huang et al. 2024, app. D);
    1 for ever if ``gamma_images`` is 0.
    """
    if not regularisation.gamma_images:
        return 1.0
    left = 0.5 + 0.5 * math.cos(math.pi * min(seen / regularisation.gamma_images, 1.0))
    return regularisation.gamma_end + (1.0 - regularisation.gamma_end) * left


def zero_centred(critic: Critic, x: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of ``x``, and ‖∇ₓD(x)‖² of each picture, N; both with graphs to D's weights.

    γ/2 times its mean is R1 on real pictures, R2 on fakes (Mescheder et al. 2018, eqs. 9 and 10).
    """
    with torch.autocast(x.device.type, enabled=False):
        x = _precise(x).requires_grad_()
        score = critic(x)
        return score, _gradients(score, x).square().sum(1)


def unit_slope(critic: Critic, x: Tensor) -> tuple[Tensor, Tensor]:
    """E(‖∇ₓD(x)‖ - 1)² (WGAN-GP, Gulrajani et al. 2017, eq. 3), and the mean slope E‖∇ₓD(x)‖.

    Where a slope is exactly 0 the norm has no gradient, and D gets none (rather than NaN).
    """
    with torch.autocast(x.device.type, enabled=False):
        x = _precise(x).requires_grad_()
        slope = torch.linalg.vector_norm(_gradients(critic(x), x), dim=1)
        return (slope - 1.0).square().mean(), slope.mean().detach()


def between(x: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """x̂ = u·x + (1-u)·fake, one u ~ U(0, 1) for each pair (ibid., algorithm 1)."""
    u = _one_each(x, generator)
    return u * x + (1.0 - u) * fake


def around(x: Tensor, generator: torch.Generator) -> Tensor:
    """x + α·½·std(x)·u near real pictures (DRAGAN, Kodali et al. 2017).

    The paper has x + δ with Gaussian δ (its algorithm 1); this is what its authors' code does: u ~
    U(0, 1) for each pixel, std over the whole batch, and then a point on the way there, one
    α ~ U(0, 1) for each picture.
    """
    u = torch.rand(x.shape, generator=generator, device=x.device).to(x.dtype)
    return x + _one_each(x, generator) * 0.5 * x.std(correction=0) * u


def _gradients(score: Tensor, x: Tensor) -> Tensor:
    """∇ₓ of each picture's mean score, N×(C·H·W), with a graph of its own."""
    total = score.reshape(len(score), -1).mean(1).sum()
    return torch.autograd.grad(total, x, create_graph=True)[0].flatten(1)


def _precise(x: Tensor, *, cut: bool = True) -> Tensor:
    x = x.detach() if cut else x
    return x if x.dtype == torch.float64 else x.float()


def _one_each(x: Tensor, generator: torch.Generator) -> Tensor:
    shape = (len(x), *(1,) * (x.ndim - 1))
    return torch.rand(shape, generator=generator, device=x.device).to(x.dtype)
