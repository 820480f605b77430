"""Measures of pictures as sets: how far fakes are from real ones, how believable, how varied."""

from __future__ import annotations

from collections.abc import Iterator

from gan_lab.config import RunConfig
from gan_lab.data import Kind
from gan_lab.measures.material import Material
from gan_lab.measures.measure import Measure, Suits, of_classes, of_pictures, of_points
from gan_lab.metrics import frechet, inception
from gan_lab.metrics.kernel import kernel_distance
from gan_lab.metrics.manifold import K_DENSITY, Balls, Manifold, manifold
from gan_lab.metrics.ms_ssim import likeness
from gan_lab.metrics.swd import Slicing

POINTS = 1000
"""Points whose distances to each other are measured; all of a live measurement would cost more than
all else together."""

SLICING = Slicing(patches=8, directions=64)
"""Less than the metric's own, at a fraction of its cost; its floor tells what it cannot see."""

_SUBSETS = 10  # of a kernel distance; the paper's 100 take ten times as long
_KERNEL_SIZE = 500


def swd(material: Material) -> float:
    """Mean over the levels, ×10³."""
    reference = material.reference
    n = min(len(material), len(reference.real))
    real = reference.kept(("slices", n), lambda: SLICING.of(reference.real[:n]))
    return SLICING.of(material.fakes[:n]).distance(real).mean


def distance(material: Material, space: str) -> float:
    """Frechet distance in a space."""
    return frechet(material.features(space), material.reference.features(space))


def kernel(material: Material, space: str) -> float:
    """Kernel distance in a space."""
    real = material.reference.features(space)
    return kernel_distance(material.features(space), real, _SUBSETS, _KERNEL_SIZE).mean


def lies(material: Material, space: str) -> Manifold | None:
    """How the fakes lie to as many real ones in a space; None if they are too few."""
    reference, n = material.reference, len(material)
    if min(n, len(reference.real)) <= K_DENSITY:
        return None
    balls = reference.kept(("balls", space, n), lambda: Balls.around(reference.features(space)[:n]))
    return material.kept(("lies", space), lambda: manifold(balls, material.features(space)))


def _with_inception(config: RunConfig, kind: Kind) -> bool:
    return of_pictures(config, kind) and inception.why_not() is None


_SPACES: dict[str, tuple[str, Suits]] = {
    "classifier": ("classifier of {data}", of_classes),
    "pixels": ("pixels", of_pictures),
    "points": ("the plane", of_points),
}
_PARTS = {
    "precision": (
        "Precision",
        (
            "The share of fakes that lie among real ones: how believable they are. It says nothing"
            " of what is missing."
        ),
    ),
    "recall": (
        "Recall",
        "The share of real ones that lie among fakes: how much of the variety G can make.",
    ),
    "density": (
        "Density",
        (
            "How crowded with real ones the places are where fakes lie: about 1 for real ones,"
            " more if G keeps to the most ordinary."
        ),
    ),
    "coverage": (
        "Coverage",
        (
            "The share of real ones that have a fake as near as their own neighbours: it falls when"
            " modes are missing."
        ),
    ),
}


def _manifolds() -> Iterator[Measure]:
    for space, (words, suits) in _SPACES.items():
        for part, (title, meaning) in _PARTS.items():

            def number(material: Material, part: str = part, space: str = space) -> float | None:
                found = lies(material, space)
                return None if found is None else float(getattr(found, part))

            yield Measure(
                f"{part}-{space}", f"{title}, {words}", "more", meaning, suits, number,
                judged=space == "classifier",
                most=POINTS if space == "points" else None,
            )  # fmt: skip


SWD = Measure(
    "swd", "Sliced Wasserstein distance, Laplacian pyramid (×10³)", "less",
    "How differently small patches of fakes and of real pictures look, from fine detail to the"
    " rough whole. It needs no network and does not know what a picture shows.",
    of_pictures, swd,
)  # fmt: skip
MS_SSIM = Measure(
    "ms-ssim", "MS-SSIM of pairs of fakes", "less",
    "How alike two fakes are on average: far above the value of real pictures means that G makes"
    " the same picture again and again. Below it, fakes may just be noise.",
    of_pictures, lambda material: likeness(material.fakes) if len(material) > 1 else None,
    live=False,
)  # fmt: skip
FRECHET = Measure(
    "frechet-classifier", "Fréchet distance, classifier of {data} (64 features)", "less",
    "How far the fakes as a whole are from real pictures in the eyes of a small classifier that was"
    " trained on the same data. Compare it with its floor and with the same n only.",
    of_classes, lambda material: distance(material, "classifier"), judged=True,
)  # fmt: skip
KERNEL = Measure(
    "kernel-classifier", "Kernel distance, classifier of {data} (64 features)", "less",
    "Like the Fréchet distance in the same eyes, but its value does not depend on how many fakes"
    " are looked at.",
    of_classes, lambda material: kernel(material, "classifier"), judged=True, live=False,
)  # fmt: skip

_INCEPTION = (
    " in the eyes of Inception, as papers have it. It was taught photographs: of digits it says"
    " little, and with fewer than 2,048 fakes its value is too high."
)
FRECHET_INCEPTION = Measure(
    "frechet-inception", "Fréchet distance, Inception (2048 features)", "less",
    f"How far the fakes as a whole are from real pictures{_INCEPTION}",
    _with_inception, lambda material: distance(material, "inception"), live=False,
)  # fmt: skip
KERNEL_INCEPTION = Measure(
    "kernel-inception", "Kernel distance, Inception (2048 features)", "less",
    "How far the fakes as a whole are from real pictures in the eyes of Inception; its value does"
    " not depend on how many fakes are looked at, and may be a little below 0.",
    _with_inception, lambda material: kernel(material, "inception"), live=False,
)  # fmt: skip

PICTURES = (
    SWD, MS_SSIM, FRECHET, KERNEL, FRECHET_INCEPTION, KERNEL_INCEPTION, *_manifolds(),
)  # fmt: skip
