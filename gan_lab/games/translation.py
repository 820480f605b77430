"""What the games between two kinds of pictures, A and B, have in common."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Kind, to_pixels, to_range

HALF = 0.5
"""Weight of D's loss: "we divide the objective by 2 while optimizing D, which slows down the rate
at which D learns relative to G" (Isola et al. 2017, §3.3; Zhu et al. 2017, §7.1). It does so under
plain gradient descent; Adam divides by the size of the gradients and hardly notices."""

BESIDES = (
    "In this game D's number is half of that. G's is D's verdict alone, times"
    " what it counts: what else G plays for has a plot of its own."
)
"""What the words on a loss leave out; see ``figures.losses``."""

_PART = 64  # pictures that pass G at once where nobody learns


def check(config: RunConfig, pairs: tuple[str, ...]) -> None:
    """Raises ConfigError if ``data.pairs`` is none of ``pairs``, or if classes are to be told."""
    game = config.objective.game
    if config.data.pairs not in pairs:
        raise ConfigError(
            f"data.pairs is {config.data.pairs}, but objective.game = {game} needs"
            f" {' or '.join(pairs)}"
        )
    if config.networks.labels != "none":
        raise ConfigError(
            f"networks.labels must be none with objective.game = {game}, whose players know of no"
            " classes"
        )


def keeps_the_shape(g: nn.Module, kind: Kind) -> Tensor:
    """Two pictures through G; raises ConfigError unless they come out as large as they went in."""
    x = torch.empty(2, kind.channels, kind.size, kind.size)
    made: Tensor = g(x)
    if made.shape != x.shape:
        raise ConfigError(
            f"G makes {_shape(made)} out of {_shape(x)}; choose networks.g.family = unet or"
            " translate, or layers that keep the size"
        )
    return made


def repainted(g: nn.Module, images: Tensor, output: str) -> Tensor:
    """What G makes of pictures, uint8 N×C×H×W both. Raises ConfigError if they do not fit."""
    return to_pixels(painted(g, images, output), output)


@torch.no_grad()
def painted(g: nn.Module, images: Tensor, output: str) -> Tensor:
    """The same before it is rounded: float32, in the range of G's output."""
    try:
        parts = [g(to_range(part, output)) for part in images.split(_PART)]
    except RuntimeError:
        raise ConfigError(
            f"this G cannot take pictures of {_shape(images)}; give them the size and the colour"
            " of those that it was trained on"
        ) from None
    return torch.cat(parts)


def some(images: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` of the pictures (all, if there are fewer), on the generator's device."""
    order = torch.randperm(len(images), generator=generator, device=generator.device)
    return images[order[:count].to(images.device)].to(generator.device)


def in_rows(*columns: Tensor) -> Tensor:
    """Pictures side by side: k columns of N×C×H×W to k·N×C×H×W, row by row."""
    return torch.stack(columns, 1).flatten(0, 1)


def _shape(x: Tensor) -> str:
    return "×".join(str(n) for n in x.shape[1:])
