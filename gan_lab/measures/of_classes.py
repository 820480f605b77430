"""Measures of which classes, or heaps of points, G makes and which it leaves out."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lab.config import RunConfig
from gan_lab.data import Kind, plane_of
from gan_lab.measures import on_the_plane
from gan_lab.measures.material import Material
from gan_lab.measures.measure import Measure, of_classes
from gan_lab.metrics.classes import spread
from gan_lab.metrics.plane import kl, smoothed


def counted(material: Material) -> Tensor:
    """int64, K: fakes of each class in the eyes of the classifier."""
    return torch.bincount(material.classes(), minlength=len(material.reference.kind.classes))


def classes_kl(material: Material) -> float | None:
    """KL divergence of the classes of fakes from those of real pictures, in nats, with half a
    picture in every class."""
    labels = material.reference.train.labels
    if labels is None:
        return None
    counts = counted(material)
    real = torch.bincount(labels, minlength=len(counts))
    return kl(smoothed(counts), smoothed(real))


def modes(material: Material) -> float:
    """Heaps with at least one fake; classes with a fifth of the fakes that they should have, as
    the classifier errs."""
    if material.reference.kind.points:
        return on_the_plane.modes(material)
    labels = material.reference.train.labels
    assert labels is not None  # only sets with classes are asked
    counts = counted(material)
    return float(spread(counts, torch.bincount(labels, minlength=len(counts))).modes)


def _has_modes(config: RunConfig, kind: Kind) -> bool:
    if kind.points:
        return plane_of(config.data.name).modal
    return of_classes(config, kind)


CLASSES = Measure(
    "classes-kl", "KL divergence of classes, classifier of {data}", "less",
    "How differently fakes are spread over the classes than real pictures are: 0 if each class has"
    " its share, large if G leaves some out or keeps to a few.",
    of_classes, classes_kl, judged=True, unit="nats",
)  # fmt: skip
MODES = Measure(
    "modes", "Modes found", "more",
    "How many of the heaps G reaches with at least one fake, or of the classes with a fifth of the"
    " fakes that they should have. Fewer than real ones have mean that G leaves some out.",
    _has_modes, modes, judged=True,
)  # fmt: skip
