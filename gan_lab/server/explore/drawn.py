"""A z drawn at random for the latent page, and what of the old one stays."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_lab.latent import Model
from gan_lab.server.explore.asked import FARTHEST, Wrong

SEEDS = 1_000_000
"""Seeds that are drawn are below it, so that people can tell them to each other."""
_LARGEST = 2**53  # a browser counts no further
_WIDEST = 2.0


class Drawn(NamedTuple):
    """What was drawn.

    Attributes:
        values: of z, float64, dim.
        seed: draws the same again.
    """

    values: NDArray[np.float64]
    seed: int


def drawn(asked: dict[str, Any], model: Model) -> Drawn:
    """The run's own noise, by ``seed`` and times ``scale``; numbers that are ``held`` stay.

    ``held`` is a list of pairs: a place in z, from 0, and the number there. Raises Wrong.
    """
    seed = asked.get("seed", secrets.randbelow(SEEDS))
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < _LARGEST:
        raise Wrong("The seed must be a whole number, 0 or more.")
    scale = asked.get("scale", 1.0)
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 <= scale <= _WIDEST:
        raise Wrong(f"scale must be a number from 0 to {_WIDEST:g}.")
    values = scale * model.draw(1, seed)[0].double().numpy()
    for place, number in _held(asked.get("held", []), model.dim):
        values[place] = number
    return Drawn(values, seed)


def _held(given: Any, dim: int) -> list[tuple[int, float]]:
    """Raises Wrong."""
    if isinstance(given, list) and len(given) <= dim and all(_sound(pair, dim) for pair in given):
        return [(place, number) for place, number in given]
    raise Wrong(f"held must be pairs: a place from 0 to {dim - 1}, and its number.")


def _sound(pair: Any, dim: int) -> bool:
    if not isinstance(pair, list) or len(pair) != 2:
        return False
    place, number = pair
    inside = type(place) is int and 0 <= place < dim
    return inside and type(number) in (int, float) and abs(number) <= FARTHEST
