"""What the players descend, from logits; one class a loss, each sees both sides.

Notation: ``real`` = D(x), ``fake`` = D(G(z)), raw scores (logits) of any shape, N×1×h×w for patches
as well as N×1; sp = softplus. Every ``d`` and ``g`` returns a scalar.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.config import plugins
from gan_lab.objectives.scales import (
    AVERAGE,
    CRITIC,
    LABEL,
    MARGIN,
    PAIR,
    PROBABILITY,
    Scale,
)
from gan_lab.objectives.targets import Targets


class Loss(Protocol):
    """A rule for scoring both players.

    Attributes:
        has_targets: whether labels (smoothed, flipped, noisy) mean anything to it.
        needs_real_for_g: whether G's loss looks at real pictures; if not, ``g`` may be given None.
        meaning: for a student, what its two numbers say and where they rest (without smoothing).
        scale: what :meth:`verdicts` are.
    """

    has_targets: ClassVar[bool]
    needs_real_for_g: ClassVar[bool]
    meaning: ClassVar[str]
    scale: ClassVar[Scale]

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        """D's loss. ``targets`` have the shapes of the two scores."""
        ...

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """G's loss; gradients flow through ``fake`` alone."""
        ...

    def opinions(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides' scores as something near probabilities of "real", from 0 to 1."""
        ...

    def verdicts(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides' scores, in their shapes, as numbers that mean something: see ``scale``."""
        ...

    def threshold(self, target: float, real: Tensor, fake: Tensor) -> float:
        """The verdict above which D says "real": its best one where it cannot tell.

        Args:
            target: the mean label.
            real, fake: the verdicts.
        """
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
    scale: ClassVar[Scale] = PROBABILITY
    meaning: ClassVar[str] = (
        "D's number rests at 1.39 = 2 ln 2, where all it can do is guess; near 0, D has won. G's"
        " rests at 0.69 = ln 2 and grows as D sees through its fakes."
    )

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return (F.softplus(real) - targets.real * real).mean() + (
            F.softplus(fake) - targets.fake * fake
        ).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return F.softplus(-fake).mean()

    def opinions(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sigmoid(real), torch.sigmoid(fake)

    def verdicts(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return self.opinions(real, fake)

    def threshold(self, target: float, real: Tensor, fake: Tensor) -> float:
        return target

    def resting_score(self, target: float) -> float:
        return math.log(target / (1.0 - target))


class Minimax(NonSaturating):
    """The game as first written: G minimises log(1 - D(G(z))) = -sp(fake) (ibid., eq. 1).

    Its gradient vanishes exactly when D is sure, which is why the other form is used.
    """

    meaning: ClassVar[str] = (
        "D's number rests at 1.39 = 2 ln 2, where all it can do is guess; near 0, D has won. G's"
        " rests at -0.69 = -ln 2; near 0, D sees through every fake, and G learns nothing from it."
    )

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return -F.softplus(fake).mean()


class Probabilities(NonSaturating):
    """The classic mistake: the non-saturating loss from p = sigmoid(score), in float32.

    Where p rounds to 1 (scores above some 17) or to 0, its logarithm is cut off at -100 and the
    sigmoid's gradient, p·(1-p), is exactly 0: nobody learns from such a picture any more. Logits
    still give a gradient of 1 there.
    """

    meaning: ClassVar[str] = (
        "As non-saturating, D's number rests at 1.39 = 2 ln 2 and G's at 0.69 = ln 2. But where a"
        " probability has rounded to 0 or 1, nothing is learned: a number may jump towards 100, its"
        " ceiling, and stay."
    )

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        p, q = self._rounded(real), self._rounded(fake)
        return _log_loss(p, targets.real.float()) + _log_loss(q, targets.fake.float())

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        q = self._rounded(fake)
        return _log_loss(q, torch.ones_like(q))

    @staticmethod
    def _rounded(score: Tensor) -> Tensor:
        return torch.sigmoid(score.float())


class _LogLoss(torch.autograd.Function):
    """-t·log p - (1-t)·log(1-p), number by number, as ``torch.nn.BCELoss`` computes it.

    Logarithms end at -100 and the gradient's denominator at 1e-12. Written out because that one
    refuses labels beyond [0, 1], which label noise makes, and scores that are not finite (on a GPU
    by ending the whole process).
    """

    @staticmethod
    def forward(ctx: Any, p: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(p, t)
        yes, no = p.log().clamp(min=-100.0), (-p).log1p().clamp(min=-100.0)
        return -t * yes - (1.0 - t) * no

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None]:
        p, t = ctx.saved_tensors
        return outer[0] * (p - t) / (p * (1.0 - p)).clamp(min=1e-12), None


def _log_loss(p: Tensor, t: Tensor) -> Tensor:
    return _LogLoss.apply(p, t).mean()


class LeastSquares:
    """Squared distance to the labels (LSGAN, Mao et al. 2017, eq. 9 with a=0, b=c=1)."""

    has_targets: ClassVar[bool] = True
    needs_real_for_g: ClassVar[bool] = False
    scale: ClassVar[Scale] = LABEL
    meaning: ClassVar[str] = (
        "Half the squared distance to the labels 1 and 0. D's number rests at 0.25, where it says"
        " one half to everything; near 0, D has won. G's rests at 0.125; at 0.5, D says 0 to its"
        " fakes."
    )

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return (
            0.5 * (real - targets.real).square().mean()
            + 0.5 * (fake - targets.fake).square().mean()
        )

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return 0.5 * (fake - 1.0).square().mean()

    def opinions(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return real.clamp(0.0, 1.0), fake.clamp(0.0, 1.0)

    def verdicts(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return real, fake

    def threshold(self, target: float, real: Tensor, fake: Tensor) -> float:
        return target

    def resting_score(self, target: float) -> float:
        return target


class _RawScore:
    """What losses without labels share: the score itself counts, and 0 is where it rests."""

    has_targets: ClassVar[bool] = False
    needs_real_for_g: ClassVar[bool] = False

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return -fake.mean()

    def opinions(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sigmoid(real), torch.sigmoid(fake)

    def verdicts(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return real, fake

    def threshold(self, target: float, real: Tensor, fake: Tensor) -> float:
        return 0.0

    def resting_score(self, target: float) -> float:
        return 0.0


class Hinge(_RawScore):
    """Margins for D, the raw score for G (Geometric GAN, Lim & Ye 2017; SAGAN, eq. 4)."""

    scale: ClassVar[Scale] = MARGIN
    meaning: ClassVar[str] = (
        "D's number rests at 2, where it cannot part the two sides; at 0 every picture is beyond"
        " its margin, and D has won. G's is minus D's mean score of fakes: around 0 at rest, above"
        " 0 while D sees through them."
    )

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean()


class Wasserstein(_RawScore):
    """The critic's gap (WGAN, Arjovsky et al. 2017, alg. 1); D's weights must be bounded."""

    scale: ClassVar[Scale] = CRITIC
    meaning: ClassVar[str] = (
        "Minus D's number estimates how far apart real and fake pictures are, in units that depend"
        " on how D is kept in bounds: it comes closer to 0 as G learns. G's number alone means"
        " nothing, since D's scores have no zero of their own."
    )

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return fake.mean() - real.mean()

    def threshold(self, target: float, real: Tensor, fake: Tensor) -> float:
        return float(real.mean() + fake.mean()) / 2.0


class Relativistic:
    """Which of the two is the real one? Pair by pair (RpGAN, Jolicoeur-Martineau 2019, §3; R3GAN,
    Huang et al. 2024, §2). Both sides have the same number of pictures; labels are not looked at.
    """

    has_targets: ClassVar[bool] = False
    needs_real_for_g: ClassVar[bool] = True
    scale: ClassVar[Scale] = PAIR
    meaning: ClassVar[str] = (
        "D guesses which one of two pictures is real. Its number rests at 0.69 = ln 2, where it"
        " cannot tell; near 0, it always can and has won. G's rests at 0.69 too and grows as D sees"
        " through its fakes."
    )

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return F.softplus(-(real - fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return F.softplus(-(fake - _given(real))).mean()

    def opinions(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """How sure D is that the real one is the real one, and the complement."""
        return torch.sigmoid(real - fake), torch.sigmoid(fake - real)

    def verdicts(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Each one's opinions beside every one of the other side, averaged; chance pairs none."""
        says_real, says_fake = self.opinions(real.unsqueeze(1), fake.unsqueeze(0))
        return says_real.mean(1), says_fake.mean(0)

    def threshold(self, target: float, real: Tensor, fake: Tensor) -> float:
        return 0.5

    def resting_score(self, target: float) -> float:
        return 0.0


class RelativisticAverage(Relativistic):
    """Each picture against the mean of the other side (RaGAN, ibid., §4), not halved.

    Gradients flow through both means: for D always, for G through that of the fakes, so G also
    pulls real pictures down.
    """

    scale: ClassVar[Scale] = AVERAGE
    meaning: ClassVar[str] = (
        "D compares each picture with the average of the other side. Both numbers rest at 1.39 ="
        " 2 ln 2, where it cannot tell; D's near 0 while G's grows: D has won."
    )

    def d(self, real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
        return (
            F.softplus(-(real - fake.mean())).mean()  # real ones above the average fake
            + F.softplus(fake - real.mean()).mean()  # fakes below the average real one
        )

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        real = _given(real)
        return F.softplus(-(fake - real.mean())).mean() + F.softplus(real - fake.mean()).mean()

    def opinions(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sigmoid(real - fake.mean()), torch.sigmoid(fake - real.mean())

    def verdicts(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return self.opinions(real, fake)


def _given(real: Tensor | None) -> Tensor:
    """Real scores, which G's loss looks at but G cannot change."""
    if real is None:
        raise ValueError("a relativistic loss needs D's scores of real pictures for G, too")
    return real.detach()


_OWN: dict[str, Loss] = {
    "non-saturating": NonSaturating(),
    "minimax": Minimax(),
    "least-squares": LeastSquares(),
    "hinge": Hinge(),
    "wasserstein": Wasserstein(),
    "relativistic": Relativistic(),
    "relativistic-average": RelativisticAverage(),
    "probabilities": Probabilities(),
}
LOSSES: plugins.Table[Loss] = plugins.Table(plugins.LOSSES, _OWN)
"""By the names of ``objective.loss``."""
