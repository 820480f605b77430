"""Ways through latent space: between pictures, and at random.

A G that learned from Gaussian noise of d numbers has hardly ever seen a z that is not about √d away
from 0. The straight line between two such z cuts through the inside of that shell, where G has to
guess: pictures half-way are pale. The arc keeps to the shell (White 2016, "Sampling generative
networks"). Uniform noise fills a cube instead; there the straight line stays inside, while an arc
may leave it.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from gan_lab.config import Latent
from gan_lab.latent.lengths import edge as edge_of

Way = Literal["linear", "spherical"]
WAYS: tuple[Way, ...] = ("linear", "spherical")

PACE = 20
"""Frames in which a random walk comes to quite another picture."""
_FLAT = 1e-7  # sine of an angle below which two directions are one, or opposite
_OUTERMOST = 1e-6  # quantile of what lies at the edge of bounded noise


class Path(NamedTuple):
    """Attributes:
    z: float32, F×dim.
    near: int64, F: which waypoint each is nearest to, along the path. A class cannot be half of
        two, so it changes midway: ``labels[near]``.
    """

    z: Tensor
    near: Tensor


def natural(latent: Latent) -> Way:
    """The way between two z that stays where G has learned: straight for uniform noise only."""
    return "linear" if latent.noise == "uniform" else "spherical"


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The straight line: T×dim, from a (dim) at t = 0 to b at t = 1; t has T numbers."""
    return torch.lerp(a, b, t.to(a.dtype).unsqueeze(1))


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The arc: T×dim, from a (dim) at t = 0 to b at t = 1, at one angular speed; t has T numbers.

    The norm goes evenly from that of a to that of b, so it stays where both have one (Shoemake
    1985). The angle comes from sine and cosine together, so no rounding makes it undefined. Where
    both point one way, or one is 0, the arc is the straight line; between opposite ends all arcs
    are equally long, and one of them is taken.
    """
    start, end, share = a.double(), b.double(), t.double().unsqueeze(1)
    lengths = start.norm(), end.norm()
    if min(lengths) == 0.0:
        return lerp(a, b, t)
    u, v = start / lengths[0], end / lengths[1]
    cosine = u @ v
    across = v - cosine * u
    sine = across.norm()
    if sine < _FLAT:
        if cosine > 0.0 or len(u) == 1:
            return lerp(a, b, t)
        across, sine = _across(u), sine.new_zeros(())
    angle = share * torch.atan2(sine, cosine)
    turned = angle.cos() * u + angle.sin() * (across / across.norm())
    z = (torch.lerp(*lengths, share) * turned).to(a.dtype)
    z[t == 0], z[t == 1] = a, b  # to the bit
    return z


def _across(u: Tensor) -> Tensor:
    """Some direction at right angles to a unit vector: the axis that it has least of, made so."""
    axis = torch.zeros_like(u)
    axis[u.abs().argmin()] = 1.0
    return axis - (axis @ u) * u


def smoothstep(t: Tensor) -> Tensor:
    """From 0 to 1, slow at both ends."""
    return t * t * (3.0 - 2.0 * t)


def path(
    waypoints: Tensor, frames: int, way: Way, *, loop: bool = False, ease: bool = False
) -> Path:
    """``frames`` z from the first waypoint (N×dim) through all others, each leg as long.

    Args:
        way: see :func:`natural`.
        loop: go back to the first; the last frame is just before it, so that a film goes round.
        ease: slow down at each waypoint.

    Raises:
        ValueError: fewer than two waypoints or frames.
    """
    if len(waypoints) < 2 or frames < 2:
        raise ValueError("a path needs at least two waypoints and two frames")
    between = {"linear": lerp, "spherical": slerp}[way]
    legs = len(waypoints) if loop else len(waypoints) - 1
    # in whole numbers, so that a waypoint that falls on a frame is met exactly
    steps = torch.arange(frames) * legs
    whole = frames if loop else frames - 1
    leg = (steps // whole).clamp(max=legs - 1)
    t = (steps - leg * whole).double() / whole
    if ease:
        t = smoothstep(t)
    z = torch.cat([
        between(waypoints[i], waypoints[(i + 1) % len(waypoints)], t[leg == i]) for i in range(legs)
    ])  # fmt: skip
    return Path(z, (leg + (t >= 0.5)) % len(waypoints))


def random_walk(
    latent: Latent,
    frames: int,
    seed: int,
    *,
    begin: Tensor | None = None,
    loop: bool = False,
    truncation: float | None = None,
    pace: int = PACE,
) -> Tensor:
    """float32, frames×dim: a smooth walk of which every z, by itself, is the noise of ``latent``.

    Each number of z follows a stationary Gaussian process, K waves with random Gaussian amplitudes
    (a random Fourier series), and is then mapped to the noise's own distribution by its quantiles.
    So norms stay those of the noise, whatever noise it is, and nothing has a corner.

    Args:
        begin: dim; where to begin. The walk is then what such walks are that come through there;
            what lies outside the noise is pulled to its edge. None: anywhere.
        loop: end just before the first z.
        truncation: as in :func:`gan_lab.latent.draw`.
        pace: frames in which it comes to quite another picture.

    Raises:
        ValueError: fewer than two frames.
    """
    if frames < 2:
        raise ValueError("a walk needs at least two frames")
    edge = edge_of(latent) if truncation is None else min(edge_of(latent), truncation)
    period = frames if loop else 2 * frames
    waves = torch.arange(1, max(1, round(period / (2 * pace))) + 1).double()
    angles = torch.arange(frames).double().unsqueeze(1) * (2 * math.pi / period) * waves
    generator = torch.Generator().manual_seed(seed)
    shape = (2, len(waves), latent.dim)
    amplitudes = torch.randn(shape, generator=generator, dtype=torch.double)
    scale = 1.0 / math.sqrt(len(waves))
    steady = scale * (angles.cos() @ amplitudes[0] + angles.sin() @ amplitudes[1])
    if begin is not None:  # Matheron's rule: the walk, given where it begins
        start = _steady(begin.double(), latent, edge)
        steady = steady + angles.cos().mean(1, keepdim=True) * (start - steady[0])
    return _noise(steady, latent, edge).float()


def _noise(steady: Tensor, latent: Latent, edge: float) -> Tensor:
    """N(0, 1) to the noise: each value goes to the quantile that it is of its own."""
    if latent.noise == "uniform":
        return edge * (2.0 * torch.special.ndtr(steady) - 1.0)
    if edge == math.inf:
        return steady
    low = _beyond(edge)
    return torch.special.ndtri(low + torch.special.ndtr(steady) * (1.0 - 2.0 * low))


def _steady(z: Tensor, latent: Latent, edge: float) -> Tensor:
    """The way back; what has no quantile, being at the edge or beyond, gets the outermost."""
    if latent.noise == "uniform":
        quantile = (z / edge + 1.0) / 2.0
    elif edge == math.inf:
        return z
    else:
        low = _beyond(edge)
        quantile = (torch.special.ndtr(z) - low) / (1.0 - 2.0 * low)
    return torch.special.ndtri(quantile.clamp(_OUTERMOST, 1.0 - _OUTERMOST))


def _beyond(edge: float) -> float:
    """The share of N(0, 1) below -edge."""
    return 0.5 * math.erfc(edge / math.sqrt(2.0))
