"""Where losses come to rest: known values, and a search that knows no formula."""

import math

import pytest
import torch

from gan_lab.config import Objective
from gan_lab.objectives import LOSSES, Targets, resting


@pytest.mark.parametrize(
    ("loss", "d", "g", "opinion"),
    [
        ("non-saturating", 2 * math.log(2), math.log(2), 0.5),
        ("minimax", 2 * math.log(2), -math.log(2), 0.5),
        ("least-squares", 0.25, 0.125, 0.5),
        ("hinge", 2.0, 0.0, 0.5),
        ("wasserstein", 0.0, 0.0, 0.5),
        ("relativistic", math.log(2), math.log(2), 0.5),
        ("relativistic-average", 2 * math.log(2), 2 * math.log(2), 0.5),
        ("probabilities", 2 * math.log(2), math.log(2), 0.5),
    ],
)
def test_textbook_values(loss, d, g, opinion):
    assert resting(Objective(loss=loss)) == pytest.approx((d, g, opinion))


@pytest.mark.parametrize("loss", ["non-saturating", "minimax", "least-squares"])
@pytest.mark.parametrize("smooth_real", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("smooth_fake", [0.0, 0.2])
@pytest.mark.parametrize("flip", [0.0, 0.15])
def test_smoothing_and_flips_against_a_search_over_constant_scores(
    loss, smooth_real, smooth_fake, flip
):
    objective = Objective(
        loss=loss, smooth_real=smooth_real, smooth_fake=smooth_fake, label_flip=flip
    )
    rule = LOSSES[loss]

    def mean_loss(s):
        """D's loss with a share of labels told the wrong way round, as 1,000 pictures each."""
        wrong = round(1000 * flip)
        one, zero = 1 - smooth_real, smooth_fake
        real = torch.tensor([zero] * wrong + [one] * (1000 - wrong)).double()
        fake = torch.tensor([one] * wrong + [zero] * (1000 - wrong)).double()
        return rule.d(s.expand(1000), s.expand(1000), Targets(real, fake))

    # thirds of thirds, as the losses are convex
    low, high = torch.tensor([-3.0, 3.0], dtype=torch.float64)
    for _ in range(80):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if mean_loss(a) < mean_loss(b) else (a, high)
    best = (low + high) / 2
    found = (mean_loss(best).item(), rule.g(None, best).item(), rule.opinions(best, best)[0].item())
    assert resting(objective) == pytest.approx(found, abs=2e-6)
