"""A direction in latent space: one thing that changes in every picture, if one is lucky."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from gan_lab.config import Latent
from gan_lab.latent.model import Model

REACH = 3.0
"""How far a slider goes in both ways, in σ."""
NAME = 40
"""Letters of a name at most."""
MOST = 64
"""Directions that are kept together at most."""
_TEXT = 200  # letters of what is said about one at most
_FARTHEST = 100.0  # σ of a slider's end at most
_ROUNDED = 1e-5  # off a length of 1, by the digits that are written; what is read stays the same
_SHORT = 1e-8  # a vector this short leads nowhere


class DirectionError(ValueError):
    """What is no direction of this model, in one sentence."""


@dataclass(frozen=True)
class Direction:
    """A way to go from any z.

    Attributes:
        name: for people, 1 to :data:`NAME` letters.
        vector: float32, dim, of length 1.
        sigma: standard deviation of the noise along it: how far apart pictures usually are.
        source: how it was found, such as ``PCA``.
        step: of the generator that it was found with; one that has trained on may have drifted.
        note: what else there is to say, such as how much of the variance it explains.
        reach: how far a slider goes in both ways, in σ.
    """

    name: str
    vector: Tensor
    sigma: float
    source: str
    step: int
    note: str = ""
    reach: float = REACH

    def moved(self, z: Tensor, sigmas: float | Sequence[float] | Tensor) -> Tensor:
        """z (N×dim or 1×dim) moved by so many σ; N numbers move each by its own."""
        far = torch.as_tensor(sigmas, dtype=z.dtype).reshape(-1, 1)
        return z + far * self.sigma * self.vector

    def along(self, z: Tensor) -> Tensor:
        """Where z (N×dim) lie along it, in σ, N; 0 is the middle of the noise."""
        return z @ self.vector / self.sigma

    def plain(self) -> dict[str, Any]:
        """As JSON has it; :func:`direction_of` reads it back."""
        return {
            "name": self.name,
            "source": self.source,
            "note": self.note,
            "step": self.step,
            "sigma": self.sigma,
            "reach": self.reach,
            "vector": [float(f"{value:.7g}") for value in self.vector.tolist()],
        }


def spread(latent: Latent) -> float:
    """σ of the noise along any direction of length 1; its numbers are independent and alike.

    A Gaussian cut off at ±t has the variance 1 - 2tφ(t) / (2Φ(t) - 1).
    """
    if latent.noise == "uniform":  # on [-1, 1)
        return math.sqrt(1 / 3)
    if latent.noise == "gaussian":
        return 1.0
    t = latent.truncation
    density = math.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)
    return math.sqrt(1 - 2 * t * density / math.erf(t / math.sqrt(2)))


def towards(model: Model, vector: Tensor, name: str, source: str, note: str = "") -> Direction:
    """The direction of a vector (dim) of any length. Raises DirectionError if it leads nowhere."""
    vector = vector.detach().double()
    length = vector.norm()
    if not torch.isfinite(length) or length < _SHORT:
        raise DirectionError(f"{name}: this leads nowhere; the pictures do not differ by it")
    unit = (vector / length).float()
    return Direction(name, unit, spread(model.latent), source, model.step, note)


def difference(model: Model, here: Tensor, there: Tensor, name: str = "difference") -> Direction:
    """From one z (dim) to another. Its slider reaches that other one, if it starts at the first.

    Raises DirectionError if both are the same.
    """
    found = towards(model, there - here, name, "difference")
    far = float((there - here).norm()) / found.sigma
    note = f"the other picture lies {far:.1f} σ from the first"
    return replace(found, note=note, reach=min(max(REACH, far), _FARTHEST))


def signed(vectors: Tensor) -> Tensor:
    """Rows (K×dim) turned so that the largest number of each is positive: an eigenvector may be
    turned either way, and the same model should give the same directions."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * torch.where(largest < 0, -1.0, 1.0)


def direction_of(content: Any, latent: Latent) -> Direction:
    """Read what :meth:`Direction.plain` wrote, and trust none of it.

    Length and σ are worked out anew. Raises DirectionError.
    """
    if not isinstance(content, dict):
        raise DirectionError("a direction must be an object with a name and a vector")
    name = _text(content, "name", NAME)
    vector = _vector(content.get("vector"), latent.dim, name)
    step, reach = content.get("step", 0), content.get("reach", REACH)
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step < 2**53:
        raise DirectionError(f"{name}: step must be a whole number, 0 or more")
    if isinstance(reach, bool) or not isinstance(reach, int | float):
        raise DirectionError(f"{name}: reach must be a number")
    if not REACH <= reach <= _FARTHEST:
        raise DirectionError(f"{name}: reach must be from {REACH:g} to {_FARTHEST:g}")
    source, note = (_text(content, key, _TEXT, empty=True) for key in ("source", "note"))
    return Direction(name, vector, spread(latent), source, step, note, float(reach))


def _vector(values: Any, dim: int, name: str) -> Tensor:
    """float32, dim, of length 1. Raises DirectionError."""
    sound = isinstance(values, list) and len(values) == dim
    if not sound or not all(type(value) in (int, float) for value in values):
        raise DirectionError(f"{name}: vector must be a list of {dim} numbers, as z has here")
    try:
        vector = torch.tensor(values, dtype=torch.float64)
    except (OverflowError, RuntimeError, ValueError):
        vector = torch.full((dim,), math.nan)
    length = vector.norm()
    if not torch.isfinite(length) or length < _SHORT:
        raise DirectionError(f"{name}: the numbers of its vector must be finite and not all 0")
    rounded = abs(float(length) - 1) < _ROUNDED
    return (vector if rounded else vector / length).float()


def _text(content: dict[str, Any], key: str, most: int, *, empty: bool = False) -> str:
    """Raises DirectionError."""
    value = content.get(key, "" if empty else None)
    text = value.strip() if isinstance(value, str) else None
    if text is None or len(text) > most or not text.isprintable() or not (text or empty):
        raise DirectionError(f"a direction's {key} must be 1 to {most} letters, digits or signs")
    return text
