"""How far networks have grown, and pictures at that stage (Karras et al. 2018, arXiv 1710.10196).

Each level doubles the side of the level below it. A level that has just entered is blended with
the enlarged picture of the one below, by α from 0 to 1: in G, in D and in the real pictures alike.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.config import ConfigError

_PARTS = 1_000_000  # α is kept as a whole number of these


class Growth(NamedTuple):
    """How far the players have grown.

    Attributes:
        level: the newest level that counts; 0 is the first.
        side: of its pictures, px.
        alpha: share of the newest level in what is seen, 0 to 1; a multiple of 1e-6.
    """

    level: int
    side: int
    alpha: float


def sides(size: int, start: int, name: str = "networks.g.base and networks.d.base") -> list[int]:
    """Sides of the levels, from ``start`` by doubling to ``size``, px.

    Args:
        name: of the parameter that ``start`` comes from.

    Raises ConfigError if no number of doublings leads there.
    """
    found = [start]
    while found[-1] < size:
        found.append(2 * found[-1])
    if found[-1] == size:
        return found
    fitting = [side for side in found[-2:] if 8 <= side <= 128]
    starts = [size // 2**k for k in (4, 3, 2, 1) if size % 2**k == 0 and size // 2**k >= 4]
    choices = [f"data.size = {_either(fitting)}"] if fitting else []
    choices += [f"{name} = {_either(starts)}"] if starts else []
    raise ConfigError(
        f"{name} = {start} does not lead to pictures of {size}×{size} px by doubling; choose"
        f" {', or '.join(choices)}"
    )


def _either(numbers: list[int]) -> str:
    return " or ".join(map(str, numbers))


def doubled(x: Tensor) -> Tensor:
    """Each pixel as 2×2."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def averaged(x: Tensor, side: int) -> Tensor:
    """Pictures at ``side``, which theirs is a multiple of, by the mean of each square."""
    factor = x.shape[-1] // side
    return x if factor == 1 else F.avg_pool2d(x, factor)


def faded(x: Tensor, growth: Growth) -> Tensor:
    """Real pictures as detailed as G's can be: at the level's side, and while the level fades in
    blended with the same at half of it. Else D would know fakes by the detail that they lack."""
    x = averaged(x, growth.side)
    if growth.alpha == 1.0:
        return x
    return torch.lerp(doubled(averaged(x, growth.side // 2)), x, growth.alpha)


class Growing(nn.Module):
    """What both players share: their growth, which travels with their weights.

    It is a buffer of whole numbers: checkpoints keep it, and averaging leaves it alone.
    """

    grown: Tensor

    def __init__(self, size: int, start: int) -> None:
        super().__init__()
        self.sides = sides(size, start)
        self.register_buffer("grown", torch.zeros(2, dtype=torch.int64))
        self.grow(Growth(len(self.sides) - 1, size, 1.0))
        self.register_load_state_dict_post_hook(_follow)

    def grow(self, growth: Growth) -> None:
        """Act at this level and α from now on."""
        # as plain numbers too: to read the buffer would be to wait for the device
        self.growth = growth
        self.grown[0], self.grown[1] = growth.level, round(growth.alpha * _PARTS)


def _follow(network: nn.Module, _: object) -> None:
    """Act as the buffer says that was just loaded."""
    assert isinstance(network, Growing)
    if network.grown.is_meta:
        return
    level, parts = network.grown.tolist()
    level = min(level, len(network.sides) - 1)  # it may come from a run that grew further
    network.growth = Growth(level, network.sides[level], parts / _PARTS)
