"""Noise that goes in: into G as z, and over the pictures that D sees."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lab.config import Latent, Objective


def draw_z(latent: Latent, count: int, generator: torch.Generator) -> Tensor:
    """float32, count×dim, on the generator's device.

    Gaussian N(0, 1); uniform on [-1, 1); or a Gaussian whose values beyond ``truncation`` are
    drawn again (the truncation trick, Brock et al. 2019, §3.1), by the inverse of its
    distribution function, so that the number of draws never depends on chance.
    """
    shape = (count, latent.dim)
    device = generator.device
    if latent.noise == "gaussian":
        return torch.randn(shape, generator=generator, device=device)
    uniform = torch.rand(shape, generator=generator, device=device)
    if latent.noise == "uniform":
        return uniform * 2.0 - 1.0
    normal = torch.distributions.Normal(0.0, 1.0)
    low = normal.cdf(torch.tensor(-latent.truncation)).item()
    # in double on the CPU: not every device has it, and the tails need it
    inside = low + uniform.cpu().double() * (1.0 - 2.0 * low)
    z = torch.special.ndtri(inside).float().to(device)
    return z.clamp_(-latent.truncation, latent.truncation)


def reach(latent: Latent) -> float:
    """How far a number of z is from 0 at most: all of uniform noise, 3 σ of a Gaussian."""
    return {"uniform": 1.0, "gaussian": 3.0, "truncated": latent.truncation}[latent.noise]


def instance_noise(objective: Objective, seen: int) -> float:
    """σ of the noise on D's input after ``seen`` real pictures (Sønderby et al. 2017, §3).

    Falls in a line to 0 over ``instance_noise_images``; 0 there means that it never falls.
    """
    if not objective.instance_noise_images:
        return objective.instance_noise
    return objective.instance_noise * max(0.0, 1.0 - seen / objective.instance_noise_images)


def blurred(x: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    """x + N(0, σ²); x itself, with no draw, if σ is 0."""
    if not sigma:
        return x
    return x + sigma * torch.randn(x.shape, generator=generator, device=x.device)
