"""What all games share: how D is shown pictures, and how both sides are scored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.config import RunConfig
from gan_lab.games.base import Move, Now, Player, frozen
from gan_lab.games.phases import Account, Asked, Lens, Number, Phase, spoken
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


class Answer(NamedTuple):
    """What D answers to G.

    Attributes:
        loss: scalar for G to descend.
        judging: how D came to it, as a phase.
    """

    loss: Tensor
    judging: Callable[[], Phase]


class Referee:
    """Shows pictures to one discriminator and scores the players by ``config.objective``.

    A game has one for each discriminator; it remembers how strongly pictures are augmented (ADA)
    and how many moves D has made (lazy penalties).
    """

    def __init__(
        self,
        player: str,
        streams: Streams,
        lens: Lens,
        boxes: tuple[str, str] = ("real", "fake"),
        beside: tuple[str, ...] = (),
        images: int = 1,
    ) -> None:
        """
        Args:
            player: name of the discriminator, for the readings' names and its box in the scene.
            lens: how people are shown what D is shown.
            boxes: of the scene: what is real, and the fakes.
            beside: boxes and arrows of what D is told beside either.
            images: how many images D is shown as one, side by side in the channels.
        """
        self._player = player
        self._lens = lens
        self._real, self._fake = boxes
        self._beside = beside
        self._images = images
        self._streams = streams
        self._adaptive = Adaptive()
        self._moves = 0

    # -- what D sees ---------------------------------------------------------------------------

    def blur(self, config: RunConfig, x: Tensor, now: Now) -> Tensor:
        """Pictures as D sees them: augmented and under instance noise."""
        objective = config.objective
        share = self._adaptive.share if objective.ada else objective.augment_share
        half = 0.5 if config.networks.g.output == "sigmoid" else 1.0  # of the pixels' range
        x = augmented(x, objective.augment, share, self._streams["augment"], half, self._images)
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
        plain = (x, fake)
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
        shown = _Judged(x, plain[0], real.score.detach(), says_real)
        fakes = _Judged(fake, plain[1], made.score.detach(), says_fake)
        account = Account(
            lambda: [self._told_real(names[1], shown), self._told_fake(names[2], fakes)],
            along=(self._player,),
        )
        return Move((self._player,), value, readings, images=len(x), account=account)

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
    ) -> Answer:
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
            seen = self.blur(config, fake, now)
            made = look(seen)
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
        # scores alone: the features of a whole verdict would stay in memory
        score, beside = made.score.detach(), None if truth is None else truth.score

        def judging() -> Phase:
            says = loss.opinions(score if beside is None else beside, score)[1]
            judged = _Judged(seen.detach(), fake.detach(), score, says)
            return self._told_again(judged, compared=beside is not None)

        return Answer(value, judging)

    # -- what there is to tell -----------------------------------------------------------------

    def asked(self, fake: Tensor, name: str = "fakes", lens: Lens | None = None) -> Asked:
        """What D's answer asks of what G made, to be shown through ``lens``, by default D's."""
        lens = lens or self._lens
        return Asked(fake, lambda made, slope: lens.asked(name, made, slope))

    def answers(self, generator: str) -> tuple[str, ...]:
        """The boxes and arrows along which D's answer reaches a generator."""
        return (self._player, f"{self._player}>{generator}", generator)

    def _judging(self, box: str) -> tuple[str, ...]:
        """Who acts while D judges what is in a box of the scene."""
        return (box, f"{box}>{self._player}", *self._beside, self._player)

    def _told_real(self, reading: str, judged: _Judged) -> Phase:
        return Phase(
            self._judging(self._real),
            f"{self._player} judges what is real",
            f"{self._player} says of each how real it takes it for: 1 is surely real, 0 surely"
            f" fake. These are real, so it should say 1.{judged.disguise(self._player)}",
            judged.numbers(reading),
            (self._lens.exhibit("real", "real", judged.seen, judged.says),),
        )

    def _told_fake(self, reading: str, judged: _Judged) -> Phase:
        return Phase(
            self._judging(self._fake),
            f"{self._player} judges fakes",
            f"The same question for what G made. Nobody tells {self._player} which are which; it"
            f" should say 0 to these.{judged.disguise(self._player)}",
            judged.numbers(reading),
            (self._lens.exhibit("fakes", "g", judged.seen, judged.says),),
        )

    def _told_again(self, judged: _Judged, *, compared: bool) -> Phase:
        beside = " It compares them with real ones." if compared else ""
        return Phase(
            self._judging(self._fake),
            f"{self._player} judges for G",
            f"{self._player}, as it is now, looks at the fakes; it does not learn this time. G"
            f" wants to hear 1.{beside}{judged.disguise(self._player)}",
            judged.numbers("opinion, mean of all"),
            (self._lens.exhibit("fakes", "g", judged.seen, judged.says),),
        )

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {"moves": self._moves, "adaptive": self._adaptive.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._moves = state["moves"]
        self._adaptive.load_state_dict(state["adaptive"])


class _Judged(NamedTuple):
    """One side of a judgement.

    Attributes:
        seen: what D saw.
        plain: the same before it was augmented or came under noise.
        score: D's logits.
        says: opinions, shaped as ``score``.
    """

    seen: Tensor
    plain: Tensor
    score: Tensor
    says: Tensor

    def numbers(self, opinion: str) -> tuple[Number, ...]:
        """Means of the whole batch; the first by the name of the reading, which it equals."""
        says, score = float(self.says.mean()), float(self.score.mean())
        return (Number(spoken(opinion), says), Number("raw score, mean of all", score))

    def disguise(self, judge: str) -> str:
        """Says so, if D did not see things as they are."""
        if self.seen is self.plain or torch.equal(self.seen, self.plain):
            return ""
        return f" They are shown as {judge} saw them: changed at random, or under noise."


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
