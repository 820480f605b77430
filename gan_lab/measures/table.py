"""All measures by name, which of them suit a run, and how they are taken."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gan_lab.config import RunConfig
from gan_lab.data import Kind
from gan_lab.measures.material import Material, Progress, stand_in
from gan_lab.measures.measure import Better, Measure
from gan_lab.measures.measured import Value
from gan_lab.measures.of_answers import PSNR, SSIM
from gan_lab.measures.of_classes import CLASSES, MODES
from gan_lab.measures.of_lessons import GAN_TEST, GAN_TRAIN
from gan_lab.measures.of_pictures import PICTURES
from gan_lab.measures.of_players import D_GAP, MEMORISED
from gan_lab.measures.on_the_plane import JS, KL, NEAR
from gan_lab.threads import interruptible

MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        *PICTURES, CLASSES, MODES, NEAR, JS, KL, PSNR, SSIM, D_GAP, MEMORISED, GAN_TRAIN, GAN_TEST
    )
}  # fmt: skip
"""By name; a new measure is a function in a file here and a word in this line."""

LIVE_N = {False: 512, True: 2500}
"""Fakes of a measurement while a run trains: of pictures, and of points (as many as in papers)."""


def suitable(config: RunConfig, kind: Kind, have_judge: bool) -> list[str]:
    """Names of all measures that make sense for a run, in the order of the table."""
    return [
        name
        for name, one in MEASURES.items()
        if one.suits(config, kind) and (have_judge or kind.points or not one.judged)
    ]


def live_names(config: RunConfig, kind: Kind, have_judge: bool) -> list[str]:
    """Those that are cheap enough to be taken while a run trains, each thing once: what the
    classifier sees is measured in its features only."""
    names = [n for n in suitable(config, kind, have_judge) if MEASURES[n].live]
    better = {n.replace("-classifier", "-pixels") for n in names if n.endswith("-classifier")}
    return [n for n in names if n not in better]


def best_of(config: RunConfig, kind: Kind, have_judge: bool) -> tuple[str, Better] | None:
    """The measure by which the best state of a run is kept; None if none shall be.

    ``training.best_by``; where it is auto, or does not suit the data, the one that says most.
    """
    asked, there = config.training.best_by, suitable(config, kind, have_judge)
    if asked == "none":
        return None
    order = (asked, "js", "psnr", "frechet-classifier", "swd")
    name = next((name for name in order if name in there), None)
    return None if name is None else (name, MEASURES[name].better)


def take(
    material: Material, names: Iterable[str], progress: Progress = lambda _: None
) -> dict[str, Value]:
    """Measure. What cannot be told of this material is left out.

    Args:
        names: of :data:`MEASURES`.
        progress: is told the share that is done after each measure.

    Raises KeyError for a name that is none.
    """
    wanted, found = list(names), {}
    for done, name in enumerate(interruptible(wanted), 1):
        one = MEASURES[name]
        some = material if one.most is None else material.first(one.most)
        number = one.number(some)
        if number is not None and math.isfinite(number):
            floor = floor_of(one, some)
            sound = floor is not None and math.isfinite(floor)
            found[name] = Value(number, len(some), floor if sound else None)
        progress(done / len(wanted))
    return found


def floor_of(measure: Measure, material: Material) -> float | None:
    """What as many real pictures come to in the place of the fakes; worked out once."""
    reference, n = material.reference, len(material)
    if measure.floor is not None:
        return measure.floor(material)
    if not measure.floored or n > len(reference.spare):
        return None
    return reference.kept(
        ("floor", measure.name, n, reference.judge is None),
        lambda: measure.number(stand_in(reference, n)),
    )
