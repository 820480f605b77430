"""A network as a row of stages that one can look into, and change something between two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor, nn

from gan_lab.networks.editing import in_words
from gan_lab.networks.lines import Line
from gan_lab.networks.shapes import Shape

Change = Callable[[int, Tensor], Tensor]
"""From the number of a stage, counted from 1, and what it gives, to what is taken in its place; it
must leave what it is given as it is."""


class Stage(NamedTuple):
    """One stage, for people.

    Attributes:
        number: counted from 1.
        name: what it does.
        detail: what is special about it; "" for nothing.
        shape: of what it gives, without the batch: (units,) or (channels, height, width).
    """

    number: int
    name: str
    detail: str
    shape: Shape


@runtime_checkable
class Staged(Protocol):
    """A network that can be looked into."""

    @property
    def stages(self) -> tuple[Stage, ...]: ...

    def outputs(self, x: Tensor, change: Change | None = None) -> Iterator[Tensor]:
        """What every stage gives, in order; the last is what the network gives."""
        ...


NAMES = {
    "linear": "dense",
    "conv": "convolution",
    "transposed": "transposed convolution",
    "upsample": "enlarge",
    "bilinear": "enlarge smoothly",
    "shuffle": "channels to pixels",
    "unshuffle": "pixels to channels",
    "max": "pool by maximum",
    "average": "pool by mean",
    "flatten": "flatten",
    "reshape": "units to maps",
    "crop": "crop",
    "add": "add",
    "concat": "join channels",
    "attention": "self-attention",
    "minibatch": "compare the batch",
    "stddev": "spread of the batch",
    "none": "bend or norm",
}
"""Of the kinds of layers, for people."""


def of_line(line: Line) -> Stage:
    return Stage(line.number, NAMES[line.spec.kind], in_words(line.spec), line.shape)


def pieces(row: nn.Module) -> list[list[nn.Module]]:
    """A row of modules (``nn.Sequential``), cut before each one with weights; what stands before
    the first of them goes with it."""
    found: list[list[nn.Module]] = [[]]
    for module in row.children():
        weighted = isinstance(module, nn.Linear | nn.Conv2d)
        if weighted and any(isinstance(m, nn.Linear | nn.Conv2d) for m in found[-1]):
            found.append([])
        found[-1].append(module)
    return found


def through(modules: Iterable[nn.Module], x: Tensor) -> Tensor:
    for module in modules:
        x = module(x)
    return x
