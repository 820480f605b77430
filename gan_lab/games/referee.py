"""What all games share: how D is shown pictures, and how both sides are scored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.config import RunConfig
from gan_lab.games.base import Move, Now, Player, frozen
from gan_lab.networks import Verdict
from gan_lab.objectives import LOSSES, blurred, instance_noise, targets
from gan_lab.objectives.augment import Adaptive, augmented
from gan_lab.objectives.penalties import any_penalty, due, penalty
from gan_lab.randomness import Streams

READINGS = ("gp", "dragan", "r1", "r2", "augment share", "naming")
"""What a move of D may read beside the losses and D's opinions."""


def column(reading: str, judge: str) -> str:
    """Where a reading of :data:`READINGS` stands in the history: each discriminator has a column
    of its own; one that is the only one is called D, and its columns bear no name."""
    return reading if judge == "D" else f"{reading}/{judge}"


Look = Callable[[Tensor], Verdict]
"""A discriminator as a game shows it pictures: classes, or the picture to be judged with, are
bound already."""


class Referee:
    """Shows pictures to one discriminator and scores the players by ``config.objective``.

    A game has one for each discriminator; it remembers how strongly pictures are augmented (ADA)
    and how many moves D has made (lazy penalties).
    """

    def __init__(self, player: str, streams: Streams) -> None:
        """
        Args:
            player: name of the discriminator, for the readings' names.
        """
        self._player = player
        self._streams = streams
        self._adaptive = Adaptive()
        self._moves = 0

    # -- what D sees ---------------------------------------------------------------------------

    def blur(self, config: RunConfig, x: Tensor, now: Now) -> Tensor:
        """Pictures as D sees them: augmented and under instance noise."""
        objective = config.objective
        share = self._adaptive.share if objective.ada else objective.augment_share
        half = 0.5 if config.networks.g.output == "sigmoid" else 1.0  # of the pixels' range
        x = augmented(x, objective.augment, share, self._streams["augment"], half)
        return blurred(x, half * instance_noise(objective, now.seen), self._streams["noise"])

    # -- D's move ------------------------------------------------------------------------------

    def d_move(
        self,
        config: RunConfig,
        look: Look,
        x: Tensor,
        fake: Tensor,
        now: Now,
        *,
        wanted: Tensor | None = None,
        weight: float = 1.0,
        names: tuple[str, str, str] = ("loss/D", "D(x)", "D(G(z))"),
    ) -> Move:
        """D learns to tell ``x`` from ``fake`` (both N×C×H×W, no gradient to G).

        Args:
            look: D, with all that it is told beside the pictures.
            wanted: int64, N: classes of both, if D is to name them.
            weight: of the adversarial loss (pix2pix and CycleGAN halve D's).
            names: of the readings.
        """
        objective, loss = config.objective, LOSSES[config.objective.loss]
        x, fake = self.blur(config, x, now), self.blur(config, fake, now)
        real, made = self._both(config, look, x, fake)
        labels = targets(objective, real.score, made.score, self._streams["labels"])
        value = weight * loss.d(real.score, made.score, labels)
        says_real, says_fake = loss.opinions(real.score.detach(), made.score.detach())
        readings = {
            names[0]: value.detach(),
            names[1]: says_real.mean(),
            names[2]: says_fake.mean(),
        }
        if wanted is not None and real.classes is not None:
            naming = F.cross_entropy(real.classes, wanted)
            assert made.classes is not None
            both = naming + F.cross_entropy(made.classes, wanted)  # L_C of Odena et al., §3
            value = value + objective.auxiliary * both
            readings[column("naming", self._player)] = naming.detach()
        if factor := self._due(config):
            extra, slopes = penalty(
                config.regularisation, lambda part: look(part).score, x, fake, now.seen,
                self._streams["penalty"],
                scores=None if config.objective.joined_batch else real.score,
            )  # fmt: skip
            value = value + factor * extra
            readings |= {column(name, self._player): slope for name, slope in slopes.items()}
        if objective.ada:
            if objective.augment != "none":
                surplus = real.score.detach() - loss.resting_score(0.5)
                self._adaptive.update(surplus, len(x), objective)
            share = torch.full((), self._adaptive.share, device=x.device)
            readings[column("augment share", self._player)] = share
        return Move((self._player,), value, readings, images=len(x))

    def _both(
        self, config: RunConfig, look: Look, x: Tensor, fake: Tensor
    ) -> tuple[Verdict, Verdict]:
        if not config.objective.joined_batch or config.networks.d.compares_batch:
            return look(x), look(fake)  # what is compared is of one kind (Salimans et al., §3.2)
        both = look(torch.cat([x, fake]))
        scores = both.score.split([len(x), len(fake)])
        named = both.classes.split([len(x), len(fake)]) if both.classes is not None else (None,) * 2
        return Verdict(scores[0], [], named[0]), Verdict(scores[1], [], named[1])

    def _due(self, config: RunConfig) -> int:
        """What the penalties weigh in this move; 0 if it is not their turn."""
        if not any_penalty(config.regularisation):
            return 0
        factor = due(config.regularisation, self._moves)
        self._moves += 1
        return factor

    # -- G's move ------------------------------------------------------------------------------

    def g_loss(
        self,
        config: RunConfig,
        player: Player,
        look: Look,
        fake: Tensor,
        now: Now,
        *,
        real: Callable[[], Tensor],
        wanted: Tensor | None = None,
        matching: Callable[[list[Tensor], list[Tensor]], Tensor] | None = None,
    ) -> Tensor:
        """What G descends for D's sake: its verdict, the class named, the features matched.

        Args:
            player: the discriminator; its weights get no gradient.
            look: as in :meth:`d_move`.
            fake: G's pictures, with their graph.
            real: draws real pictures; called only if the loss compares both sides.
            wanted: classes that D should name.
            matching: distance of D's features of (real, fake); the mean's by default.
        """
        objective, loss = config.objective, LOSSES[config.objective.loss]
        with frozen(player.network):
            made = look(self.blur(config, fake, now))
            truth: Verdict | None = None
            if loss.needs_real_for_g or objective.features:
                with torch.no_grad():
                    truth = look(self.blur(config, real(), now))
            value = objective.adversarial * loss.g(truth.score if truth else None, made.score)
            if objective.features and truth is not None:
                distance = matching or matched_means
                value = value + objective.features * distance(truth.features, made.features)
            if wanted is not None and made.classes is not None:
                value = value + objective.auxiliary * F.cross_entropy(made.classes, wanted)
        return value

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {"moves": self._moves, "adaptive": self._adaptive.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._moves = state["moves"]
        self._adaptive.load_state_dict(state["adaptive"])


def matched_means(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """‖E f(x) - E f(G(z))‖² over D's last hidden layer f (Salimans et al. 2016, §3.1)."""
    return (real[-1].mean(0) - fake[-1].mean(0)).square().sum()


def matched_layers(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Mean over D's hidden layers of |f(x) - f(G)|, picture by picture, place by place (pix2pixHD,
    Wang et al. 2018, eq. 4): a perceptual distance that needs no network trained elsewhere."""
    gaps = [F.l1_loss(b, a) for a, b in zip(real, fake, strict=True)]
    return torch.stack(gaps).mean()


def clip_weights(config: RunConfig, network: nn.Module) -> None:
    """Keep a Wasserstein critic's weights within ±weight_clip (Arjovsky et al. 2017, alg. 1)."""
    clip = config.regularisation.weight_clip
    if clip and config.objective.loss == "wasserstein":
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.clamp_(-clip, clip)
