"""A network as a table of layers, shapes and parameters."""

from __future__ import annotations

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

    layers = [m for name, m in network.named_modules() if _is_layer(name, m)]
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


def _is_layer(name: str, module: nn.Module) -> bool:
    """Innermost, but for what a parametrization hangs below a layer."""
    if "parametrizations" in name.split("."):
        return False
    return not any(child != "parametrizations" for child, _ in module.named_children())
