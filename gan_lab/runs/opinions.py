"""What D thinks, from scores to what is sent: counts, words, portraits."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from gan_lab.games import Verdicts
from gan_lab.games.opinion import told
from gan_lab.metrics.verdicts import tally
from gan_lab.runs.messages import Opinion
from gan_lab.runs.pictures import picture

_DIGITS = 4  # that count, of a score


def counted(verdicts: Mapping[str, Verdicts]) -> dict[str, Opinion]:
    """What each D thinks, by name; of one whose scores are no numbers any more, nothing."""
    return {name: opinion(one) for name, one in verdicts.items() if _is_finite(one)}


def _is_finite(one: Verdicts) -> bool:
    """Also in the means, which may be none though the scores still are."""
    scores = (one.real, one.fake, one.each_real, one.each_fake)
    return math.isfinite(one.threshold) and all(bool(x.isfinite().all()) for x in scores)


def opinion(found: Verdicts) -> Opinion:
    """Scores of two kinds (finite), counted and put into words."""
    counts = tally(found.real, found.fake, found.threshold, found.scale.bounds)
    portraits = found.portraits
    return Opinion(
        tally=counts,
        of_real=len(found.real),
        of_fake=len(found.fake),
        names=found.names,
        axis=found.scale.axis,
        meaning=found.scale.meaning,
        words=told(found, counts),
        caption=found.caption,
        portraits=picture(portraits.preview) if portraits else None,
        marks=tuple(float(x) for x in portraits.scores) if portraits else (),
        scores={view: _short(scores) for view, scores in found.scores.items()},
    )


def _short(scores: Tensor) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(x) else float(f"{x:.{_DIGITS}g}") for x in scores.tolist())
