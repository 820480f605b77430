"""Layers that PyTorch has not got, or not as this house needs them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lab.networks.shapes import attention_channels


class Dropout(nn.Module):
    """Inverted dropout (Srivastava et al. 2014) that draws from the run's own generator.

    ``nn.Dropout`` draws from the process-global one, which other runs move.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        keep = torch.empty_like(x).bernoulli_(1.0 - self.p, generator=self.generator)
        return x * keep / (1.0 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}"


def lend_generator(network: nn.Module, generator: torch.Generator) -> None:
    """Make every dropout layer of a network draw from ``generator``."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = generator


class Crop(nn.Module):
    """The middle square of side ``size``, where the stages made a larger one."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        top, left = (x.shape[-2] - self.size) // 2, (x.shape[-1] - self.size) // 2
        return x[..., top : top + self.size, left : left + self.size]

    def extra_repr(self) -> str:
        return str(self.size)


class Add(nn.Module):
    """What an earlier layer gave, added: a residual connection (He et al. 2016)."""

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        return x + other


class Concat(nn.Module):
    """What an earlier layer gave, as further channels: a skip connection of a U-Net."""

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        # one for all, where a single input was followed as far as here
        # shape[0] and not len(), which would fix the size of the batch where a program is exported
        return torch.cat([x, other.expand(x.shape[0], *other.shape[1:])], 1)


class PixelNorm(nn.Module):
    """Each pixel's channels brought to a mean square of 1 (Karras et al. 2018, §4.2)."""

    def __init__(self, eps: float = 1e-8) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + self.eps)


class Attention(nn.Module):
    """Self-attention: every place looks at all places (SAGAN, Zhang et al. 2019, §3).

    y = γ·v(softmax(f(x)ᵀ g(x)) h(x)) + x, with γ = 0 at first, so that it begins as nothing.
    """

    one_line = True  # in the table of layers

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = attention_channels(channels)
        self.query = nn.Conv2d(channels, inner, 1, bias=False)
        self.key = nn.Conv2d(channels, inner, 1, bias=False)
        self.value = nn.Conv2d(channels, inner, 1, bias=False)
        self.out = nn.Conv2d(inner, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (f(x).flatten(2) for f in (self.query, self.key, self.value))
        weights = (query.transpose(1, 2) @ key).softmax(-1)  # N×places×places, rows sum to 1
        seen = (value @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.gamma * self.out(seen)


class MinibatchDiscrimination(nn.Module):
    """How close a sample is to the others of its batch (Salimans et al. 2016, §3.2).

    x, N×A, becomes M, N×B×C, by a matrix; o_b(x_i) = Σ_j exp(-‖M_ib - M_jb‖₁) over j ≠ i is
    appended, so that N×(A+B) come out.
    """

    one_line = True

    def __init__(self, units: int, kernels: int, dims: int) -> None:
        super().__init__()
        self.kernels, self.dims = kernels, dims
        self.matrix = nn.Linear(units, kernels * dims, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        m = self.matrix(x).unflatten(1, (self.kernels, self.dims))
        apart = (m.unsqueeze(0) - m.unsqueeze(1)).abs().sum(3)  # N×N×B
        close = torch.exp(-apart).sum(1) - 1.0  # each is at no distance from itself
        return torch.cat([x, close], 1)

    def extra_repr(self) -> str:
        return f"{self.kernels} distances of {self.dims}"


class MinibatchStddev(nn.Module):
    """How much the samples of a group differ, as one more channel (Karras et al. 2018, §3).

    Groups have four samples, or as many as the batch can be divided by. Their standard deviation
    in every unit, averaged over all units, is appended to each of them.
    """

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        count = len(x)
        group = next(g for g in range(min(self.group, count), 0, -1) if count % g == 0)
        # as in the authors' code a group is every (count / group)-th sample
        spread = x.unflatten(0, (group, -1)).var(0, unbiased=False).add(1e-8).sqrt()
        mean = spread.flatten(1).mean(1).repeat(group)
        plane = mean.view(-1, *[1] * (x.ndim - 1)).expand(-1, 1, *x.shape[2:])
        return torch.cat([x, plane], 1)
