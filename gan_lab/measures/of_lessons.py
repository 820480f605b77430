"""Measures of what generated pictures are worth as a training set, and of how true to their class
they are."""

from __future__ import annotations

from gan_lab.config import RunConfig
from gan_lab.data import Kind
from gan_lab.measures.material import Material
from gan_lab.measures.measure import Measure, of_classes
from gan_lab.metrics.lessons import Lessons, lessons


def taught(material: Material) -> Lessons | None:
    """Both lessons; None where G is told of no class, or nothing real is held out."""
    reference = material.reference
    labels, held_out = material.labels, reference.held_out
    if labels is None or held_out is None:
        return None
    return material.kept(
        "lessons", lambda: lessons(material.fakes, labels, reference.train, held_out)
    )


def _gan_train(material: Material) -> float | None:
    found = taught(material)
    return None if found is None else found.gan_train


def _gan_test(material: Material) -> float | None:
    found = taught(material)
    return None if found is None else found.gan_test


def _real(material: Material) -> float | None:
    found = taught(material)
    return None if found is None else found.real


def _conditional(config: RunConfig, kind: Kind) -> bool:
    return of_classes(config, kind) and config.networks.labels != "none"


GAN_TRAIN = Measure(
    "gan-train", "GAN-train: real pictures told right by a classifier that learned fakes", "more",
    "What fakes are worth as a training set: it falls with what G leaves out and with what it draws"
    " wrong. Real: the same classifier, taught as many real pictures.",
    _conditional, _gan_train, floor=_real, live=False,
)  # fmt: skip
GAN_TEST = Measure(
    "gan-test", "GAN-test: fakes told right by a classifier that learned real pictures", "more",
    "Whether fakes show the class that was asked for. A G that repeats one good picture of each"
    " class gets full marks here, so read it beside GAN-train.",
    _conditional, _gan_test, floor=_real, live=False,
)  # fmt: skip
