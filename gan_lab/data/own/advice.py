"""What to do differently with few pictures.

Thresholds and cures: ADA (Karras et al. 2020, arXiv 2006.06676) and DiffAugment (Zhao et al. 2020,
arXiv 2006.10738): with a few thousand pictures D learns them by heart unless what it sees is
changed; its augmentation reaches G's side too, so G does not learn the changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gan_lab.config import RunConfig

FEW, SOME = 500, 2000
_ADAPT = 50_000  # pictures to grow over: a tenth of the paper's, whose runs are longer


class Tip(NamedTuple):
    """A sentence, and the changes (path, value) that follow it; none where it is only a word."""

    sentence: str
    changes: tuple[tuple[str, Any], ...] = ()


def advice(count: int, config: RunConfig) -> list[Tip]:
    """For so many pictures to train on; empty where there are enough."""
    if count >= SOME:
        return []
    tips = [_augmented(count, config)]
    if config.training.batch > max(8, count // 8):
        batch = max(8, 2 ** (max(8, count // 8).bit_length() - 1))
        tips.append(Tip(
            f"A batch of {config.training.batch} is much of {count:,} pictures; smaller ones vary"
            " more.",
            (("training.batch", batch),),
        ))  # fmt: skip
    if count < FEW:
        tips.append(Tip(
            f"{count:,} pictures are soon known by heart: stop when the fakes are no longer new,"
            " and look at the nearest real pictures to see whether G copies."
        ))  # fmt: skip
    return [tip for tip in tips if tip is not None]


def _augmented(count: int, config: RunConfig) -> Any:
    objective = config.objective
    if objective.augment != "none":
        return None
    absolute = objective.loss != "wasserstein" and not objective.loss.startswith("relativistic")
    changes: list[tuple[str, Any]] = [("objective.augment", "all" if count < FEW else "geometry")]
    if objective.game not in {"generation", "progressive"} or not absolute:
        changes.append(("objective.augment_share", 0.5))
        words = "show D every second one changed"
    else:
        changes += [("objective.ada", True), ("objective.ada_images", _ADAPT)]
        words = "let D see them changed, the more the surer it is of them (ADA)"
    return Tip(f"{count:,} pictures are few, and D would learn them by heart: {words}.",
               tuple(changes))  # fmt: skip
