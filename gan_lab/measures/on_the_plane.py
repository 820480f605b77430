"""Measures of points, of which everything is known."""

from __future__ import annotations

from torch import Tensor

from gan_lab.config import RunConfig
from gan_lab.data import plane_of
from gan_lab.measures.material import Material
from gan_lab.measures.measure import Measure, of_points
from gan_lab.measures.reference import Reference
from gan_lab.metrics.plane import Truth, histogram


def truth_of(config: RunConfig) -> Truth:
    """Where the real points of a run come from."""
    plane = plane_of(config.data.name)
    return Truth(plane.places, plane.sigma, plane.reach, plane.modal)


def _expected(reference: Reference) -> Tensor:
    """Histogram of all real points."""
    truth = truth_of(reference.config)
    return reference.kept(
        "histogram", lambda: histogram(reference.train.images.flatten(1) * truth.reach, truth.reach)
    )


def _all(material: Material) -> dict[str, float]:
    reference = material.reference
    truth = truth_of(reference.config)
    return material.kept("plane", lambda: truth.measured(material.fakes, _expected(reference)))


def modes(material: Material) -> float:
    """Modes of the plane that at least one point is near to."""
    return _all(material)["modes"]


NEAR = Measure(
    "near", "Points near a place of the real ones (3 σ)", "more",
    "The share of the fake points that lie where real points lie. The others are between the heaps"
    " or lines, where nothing should be.",
    of_points, lambda material: _all(material)["near"],
)  # fmt: skip
JS = Measure(
    "js", "Jensen-Shannon divergence, 24×24 cells", "less",
    "How differently fake and real points are spread over the window: 0 if every cell has its"
    " share, 0.69 if no cell has both.",
    of_points, lambda material: _all(material)["js"], unit="nats",
)  # fmt: skip
KL = Measure(
    "kl", "KL divergence of real from fake, 24×24 cells", "less",
    "How surprised somebody would be by real points who knows only the fakes. It is large if G"
    " leaves out places where real points are.",
    of_points, lambda material: _all(material)["kl"], unit="nats",
)  # fmt: skip
