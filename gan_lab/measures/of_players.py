"""Measures of what players have learned by heart."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lab.games import Onlooker
from gan_lab.games.opinion import of_scores
from gan_lab.latent.memorised import Finding, distances, judge, yardstick
from gan_lab.latent.neighbours import FEATURES, all_of, unique
from gan_lab.measures.material import Material
from gan_lab.measures.measure import Measure, of_noise, of_pictures
from gan_lab.measures.reference import FEW
from gan_lab.threads import interruptible

ASKED = 512
"""Real pictures of each kind, and fakes, that D is asked about."""

_PART = 64  # pictures that pass D at once, where it judges each by itself


@torch.no_grad()
def d_gap(material: Material) -> float | None:
    """Share of training pictures that D calls real, less that of held-out ones; as many of each."""
    source, reference = material.source, material.reference
    if source is None or source.onlooker is None or reference.held_out is None:
        return None
    onlooker, n = source.onlooker, min(ASKED, len(material))
    labels = None if material.labels is None else material.labels[:n]
    told = labels is not None
    train, held_out = (
        _scores(onlooker, onlooker.known(reference.as_data(images[:n])), of if told else None)
        for images, of in (
            (reference.real, reference.real_labels),
            (reference.spare, reference.spare_labels),
        )
    )
    fake = _scores(onlooker, source.model.raw(source.z[:n], labels), labels)
    # one threshold for both, as it may depend on what D says of all
    says = of_scores(source.model.config, torch.cat([train, held_out]), fake)
    right = (says.each_real > says.threshold).double()
    return float(right[: len(train)].mean() - right[len(train) :].mean())


def _scores(onlooker: Onlooker, x: Tensor, labels: Tensor | None) -> Tensor:
    """What D says of pictures; where it compares, of batches as large as in training."""
    size = _PART if onlooker.company == 1 else min(onlooker.company, len(x))
    found = []
    for begin in interruptible(range(0, len(x), size)):
        first = max(0, min(begin, len(x) - size))  # the last batch is filled up
        told = None if labels is None else labels[first : first + size]
        found.append(onlooker.look(told)(x[first : first + size]).score[begin - first :])
    return torch.cat(found).float()


def memorised(material: Material) -> float | None:
    """Share of fakes that are suspiciously near to one training picture."""
    if material.real and material.reference.held_out is None:
        return None  # what stands in for fakes is among the training pictures itself
    found = _found(material)
    return None if found is None else found.near / len(material)


def _found(material: Material) -> Finding | None:
    reference, feature = material.reference, FEATURES["edges"]
    train = reference.kept("unique", lambda: unique(reference.wanted_train()).images)
    aside = reference.spare if reference.held_out is not None else None
    if min(len(train), len(material), len(train if aside is None else aside)) < FEW:
        return None
    stick = reference.kept("yardstick", lambda: all_of(yardstick(train, aside, feature)))
    if len(stick.distances) < FEW:
        return None
    return material.kept(
        "memorised", lambda: judge(all_of(distances(train, material.fakes, feature)), stick)
    )


D_GAP = Measure(
    "d-gap", "D's accuracy on training pictures, less that on held-out ones", "less",
    "Whether D has learned its pictures by heart: about 0 if it treats real pictures that it has"
    " never seen like those it trains on; near 1 if it calls only the known ones real.",
    of_noise, d_gap, floored=False, most=ASKED,
)  # fmt: skip
MEMORISED = Measure(
    "memorised", "Share that is near to one training picture (edges)", "less",
    "The share of fakes that are unusually near to a single training picture. Real pictures that"
    " G never saw give the floor; far more than that means that G copies.",
    of_pictures, memorised, live=False,
)  # fmt: skip
