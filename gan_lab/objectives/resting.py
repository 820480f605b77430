"""Where a loss comes to rest: its value once fakes are like real pictures."""

from __future__ import annotations

from typing import NamedTuple

import torch

from gan_lab.config import Objective
from gan_lab.objectives.losses import LOSSES
from gan_lab.objectives.targets import Targets


class Resting(NamedTuple):
    """The dotted lines on the curves: both losses, and D's opinion of any picture."""

    d: float
    g: float
    opinion: float


def resting(objective: Objective) -> Resting:
    """Values where D can no longer tell the sides apart and gives its best constant score.

    Smoothed and flipped labels count, in expectation; random label noise (mean 0) is left out.
    Without any, this is 2·ln 2 and ln 2 for cross-entropy (-ln 2 for G's minimax form), ¼ and ⅛
    for least squares, 2 and 0 for hinge, 0 and 0 for Wasserstein, ln 2 twice for relativistic pairs
    and 2·ln 2 twice for the average.
    """
    loss = LOSSES[objective.loss]
    real, fake = 1.0 - objective.smooth_real, objective.smooth_fake
    score = torch.tensor(loss.resting_score((real + fake) / 2))
    straight = loss.d(score, score, Targets(torch.tensor(real), torch.tensor(fake)))
    crossed = loss.d(score, score, Targets(torch.tensor(fake), torch.tensor(real)))
    flip = objective.label_flip
    return Resting(
        d=float((1.0 - flip) * straight + flip * crossed),
        g=float(loss.g(score, score)) + 0.0,  # no -0.0
        opinion=float(loss.opinions(score, score)[0]),
    )
