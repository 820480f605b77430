"""A network as a table of layers, shapes and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Layer(NamedTuple):
    """One line of the table.

    Attributes:
        kind: name of the layer, such as Conv2d.
        detail: its settings, as PyTorch writes them.
        shape: of its output, without the batch.
        parameters: trained numbers in it.
    """

    kind: str
    detail: str
    shape: tuple[int, ...]
    parameters: int


def table(network: nn.Module, shape: tuple[int, ...]) -> list[Layer]:
    """The layers of a network in the order in which they act; the network is left as it was.

    Args:
        network: any module; its innermost modules are the lines.
        shape: of one input, without the batch.
    """
    lines: list[Layer] = []
    counted: set[int] = set()

    def note(module: nn.Module, _: object, output: Tensor) -> None:
        fresh = [p for p in module.parameters() if id(p) not in counted]
        counted.update(id(p) for p in fresh)
        kind = type(module).__name__.removeprefix("Parametrized")
        lines.append(
            Layer(kind, module.extra_repr(), tuple(output.shape[1:]), sum(p.numel() for p in fresh))
        )

    layers = list(_layers(network))
    hooks = [module.register_forward_hook(note) for module in layers]
    modes = {module: module.training for module in network.modules()}
    device = next(network.parameters()).device
    try:
        network.eval()
        with torch.no_grad():
            network(torch.zeros((1, *shape), device=device))
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    return lines


def _layers(network: nn.Module) -> Iterator[nn.Module]:
    """The innermost modules, but for what a parametrization hangs below them; and modules that
    say they are one layer to people (``one_line``)."""
    inner = [(n, m) for n, m in network.named_children() if n != "parametrizations"]
    if not inner or hasattr(network, "one_line"):
        yield network
        return
    for _, module in inner:
        yield from _layers(module)
