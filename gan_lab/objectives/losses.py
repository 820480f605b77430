"""What the players descend, from logits; one class a loss, each sees both sides.

Notation: ``real`` = D(x), ``fake`` = D(G(z)), raw scores (logits) of any shape; sp = softplus.
Every ``d`` and ``g`` returns a scalar.
"""

from __future__ import annotations

import math
from typing import ClassVar, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.objectives.targets import Targets


class Loss(Protocol):
    """A rule for scoring both players.

    Attributes:
        has_targets: whether labels (smoothed, flipped, noisy) mean anything to it.
        needs_real_for_g: whether G's loss looks at real pictures; if not, ``g`` may be given None.
    """

    has_targets: ClassVar[bool]
    needs_real_for_g: ClassVar[bool]

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        """D's loss. ``targets`` have the shapes of the two scores."""
        ...

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """G's loss; gradients flow through ``fake`` alone."""
        ...

    def opinion(self, score: Tensor) -> Tensor:
        """A raw score as something near a probability of "real", from 0 to 1."""
        ...

    def resting_score(self, target: float) -> float:
        """D's best score where real and fake are alike, ``target`` being the mean label."""
        ...


class NonSaturating:
    """Binary cross-entropy; G maximises log D(G(z)) (Goodfellow et al. 2014, §3, eq. 1 and text).

    With z the logit and t the label, BCE = sp(z) - t·z, which never takes the log of 0.
    """

    has_targets: ClassVar[bool] = True
    needs_real_for_g: ClassVar[bool] = False

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return (F.softplus(real) - targets.real * real).mean() + (
            F.softplus(fake) - targets.fake * fake
        ).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return F.softplus(-fake).mean()

    def opinion(self, score: Tensor) -> Tensor:
        return torch.sigmoid(score)

    def resting_score(self, target: float) -> float:
        return math.log(target / (1.0 - target))


class Minimax(NonSaturating):
    """The game as first written: G minimises log(1 - D(G(z))) = -sp(fake) (ibid., eq. 1).

    Its gradient vanishes exactly when D is sure, which is why the other form is used.
    """

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return -F.softplus(fake).mean()


class LeastSquares:
    """Squared distance to the labels (LSGAN, Mao et al. 2017, eq. 9 with a=0, b=c=1)."""

    has_targets: ClassVar[bool] = True
    needs_real_for_g: ClassVar[bool] = False

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return (
            0.5 * (real - targets.real).square().mean()
            + 0.5 * (fake - targets.fake).square().mean()
        )

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return 0.5 * (fake - 1.0).square().mean()

    def opinion(self, score: Tensor) -> Tensor:
        return score.clamp(0.0, 1.0)

    def resting_score(self, target: float) -> float:
        return target


class _RawScore:
    """What losses without labels share: the score itself counts, and 0 is where it rests."""

    has_targets: ClassVar[bool] = False
    needs_real_for_g: ClassVar[bool] = False

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return -fake.mean()

    def opinion(self, score: Tensor) -> Tensor:
        return torch.sigmoid(score)

    def resting_score(self, target: float) -> float:
        return 0.0


class Hinge(_RawScore):
    """Margins for D, the raw score for G (Geometric GAN, Lim & Ye 2017; SAGAN, eq. 4)."""

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean()


class Wasserstein(_RawScore):
    """The critic's gap (WGAN, Arjovsky et al. 2017, alg. 1); D's weights must be bounded."""

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return fake.mean() - real.mean()


LOSSES: dict[str, Loss] = {
    "non-saturating": NonSaturating(),
    "minimax": Minimax(),
    "least-squares": LeastSquares(),
    "hinge": Hinge(),
    "wasserstein": Wasserstein(),
}
"""By the names of ``objective.loss``."""
