"""A generator that stands still, to be explored."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_lab.config import ConfigError, Latent, RunConfig
from gan_lab.data import Kind, plane_of, to_pixels, to_points
from gan_lab.latent.sampling import draw, pictures
from gan_lab.objectives.conditions import with_classes


@dataclass(frozen=True)
class Model:
    """G as it was at one step, and what one must know to ask it.

    All tensors are on the CPU. z is float32, N×dim; labels are int64, N, and belong to models that
    are told a class (:attr:`classes`); where they are left out there, every picture is of class 0.

    Attributes:
        network: G, in eval mode; nobody steps it.
        config: of the run that it comes from.
        kind: what the pictures are like that it was trained on.
        step: rounds that it had been trained for.
        real: digest of the pictures that it was trained on; "" if that is not known, or if they
            are not for those who explore it.
    """

    network: nn.Module
    config: RunConfig
    kind: Kind
    step: int
    real: str = ""

    @property
    def latent(self) -> Latent:
        return self.config.latent

    @property
    def dim(self) -> int:
        """How many numbers a z has."""
        return self.config.latent.dim

    @property
    def output(self) -> str:
        """G's last bend, whose range is that of :meth:`raw`."""
        return self.config.networks.g.output

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that G is told of; none if it is told of none."""
        return () if self.config.networks.labels == "none" else self.kind.classes

    def source(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """What the network takes: z, and behind it a one at the place of the class, if any."""
        if self.classes and labels is None:
            labels = torch.zeros(len(z), dtype=torch.long)
        return with_classes(z, labels, len(self.classes))

    def raw(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """float32, N×C×S×S, in the range of :attr:`output`; gradients flow back to z."""
        return self.network(self.source(z, labels))

    def images(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """uint8, N×C×S×S, without gradients. Raises ConfigError if the model makes points."""
        if self.kind.points:
            raise ConfigError("this model makes points, not pictures; ask for its points")
        return pictures(self.network, self.source(z, labels), self.output)

    @torch.no_grad()
    def points(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """float32, N×2, in the units of the plane, of a model that makes points."""
        reach = plane_of(self.config.data.name).reach
        return reach * to_points(self.raw(z, labels), self.output)

    def draw(self, count: int, seed: int = 0, truncation: float | None = None) -> Tensor:
        """z of the noise that G was trained with; see :func:`gan_lab.latent.draw`."""
        return draw(self.latent, count, seed, truncation)

    def pixels(self, raw: Tensor) -> Tensor:
        """uint8, from what :meth:`raw` gave."""
        return to_pixels(raw.detach(), self.output)
