"""One kind of picture out of another, learned from pairs: pix2pix (Isola et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab import networks
from gan_lab.config import RunConfig
from gan_lab.data import Batch, Batches, Kind, Pictures, domains, to_pixels, to_range
from gan_lab.games import figures, opinion, scenes
from gan_lab.games.base import (
    Arrow,
    Box,
    Controls,
    Curve,
    Figure,
    Move,
    Now,
    Onlooker,
    Preview,
    Scene,
    Seen,
    Sources,
    Still,
)
from gan_lab.games.phases import Account, Lens, Phase
from gan_lab.games.pool import Pool
from gan_lab.games.referee import READINGS, Referee, clip_weights, matched_layers
from gan_lab.games.seats import seated
from gan_lab.games.telling import WithAnswer, older
from gan_lab.games.translation import (
    BESIDES,
    HALF,
    check,
    in_rows,
    keeps_the_shape,
    painted,
    repainted,
    some,
)
from gan_lab.objectives import resting
from gan_lab.randomness import Streams

HEADS = ("given", "generated", "true")


class Paired:
    """G makes B out of A; D sees A beside a B and says whether they belong together.

    G plays for D's verdict and for the pixels of the true B: L = L_GAN + λ·L1 (eq. 4). There is no
    z: the only noise is G's dropout (§2.2), and copies that people look at never drop anything.
    For the first ``training.g_pretrain`` rounds the pixels alone count.
    """

    from_noise: ClassVar[bool] = False
    plays_points: ClassVar[bool] = False
    has_answers: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("D", "G")
    readings: ClassVar[tuple[str, ...]] = (
        "loss/D", "loss/G", "D(x)", "D(G(z))", "pixels", *READINGS,
    )  # fmt: skip

    def __init__(self, config: RunConfig, kind: Kind, streams: Streams) -> None:
        self.config = config
        self._streams = streams
        output = config.networks.g.output
        self._lens = Lens(lambda x: to_pixels(x, output))
        titles = ("Draw pairs", "G generates")
        self._teller = WithAnswer(self._lens, titles, "generated", "true")
        # D sees A and B as one picture with more channels, people side by side
        pairs = Lens(lambda x: torch.cat(to_pixels(x, output).chunk(2, 1), 3))
        self._referee = Referee("D", streams, pairs, beside=("given", "given>D"), images=2)
        self._pool = Pool(config.objective.pool, streams["pool"])
        made = self.generators(config, kind)
        self.players = seated(made, self.discriminators(config, kind), streams)

    @staticmethod
    def sources(config: RunConfig, kind: Kind) -> Sources:
        """D's input is A and B, one behind the other in the channels (§3.2)."""
        check(config, ("classes", "edges", "grey", "side-by-side"))
        side = kind.size
        return Sources((kind.channels, side, side), (2 * kind.channels, side, side))

    @staticmethod
    def generators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        source = Paired.sources(config, kind).g
        return {"G": networks.generator(config.networks.g, source, kind.channels, kind.size)}

    @staticmethod
    def discriminators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        channels = Paired.sources(config, kind).d[0]
        return {"D": networks.discriminator(config.networks.d, channels, kind.size)}

    @classmethod
    def rehearse(cls, config: RunConfig, kind: Kind) -> None:
        made = keeps_the_shape(cls.generators(config, kind)["G"], kind)
        cls.discriminators(config, kind)["D"](torch.cat([made, made], 1))

    @staticmethod
    def figures(config: RunConfig) -> tuple[Figure, ...]:
        rest = resting(config.objective)
        plain = config.objective.adversarial == 1.0 and not config.objective.features
        both = (
            Curve("loss/D", "D (halved)", "d", HALF * rest.d),
            Curve("loss/G", "G", "g", rest.g if plain else None),
        )
        pixels = Figure(
            "Pixels",
            "How far G's picture is from the true one, which G also tries to make small.",
            (Curve("pixels", "G", "g"),),
            log=True,
        )
        return (
            pixels,
            figures.losses(config, both, BESIDES),
            figures.opinions(config),
            *figures.extras(config),
        )

    @staticmethod
    def scene(config: RunConfig) -> Scene:
        count = config.training.grid * len(HEADS)
        a, made, true = (scenes.spread(len(HEADS), count, at) for at in range(3))
        given = Box("given", "given", "given", "The picture that G begins from.", (0, 0),
                    view="comparison", tiles=a)  # fmt: skip
        fake = scenes.made_box(
            (2, 0), "fake", "What G makes of the given one.", view="comparison", tiles=made
        )
        real = scenes.real_box(
            (4, 0), "true", "What truly belongs to the given one.", view="comparison", tiles=true
        )
        return scenes.duel(
            given,
            fake,
            real,
            "The generator. It turns one kind of picture into the other, near to the true pixels"
            " and so that D believes it.",
            (Arrow("given", "D", "D sees the given picture beside each of the two, and says whether"
                   " they belong together.", label="seen beside both"),),
        )  # fmt: skip

    # -- the round -----------------------------------------------------------------------------

    def round(self, batches: Batches, now: Now, movers: frozenset[str]) -> Iterator[Move]:
        pair = fake = None  # what D was shown last, if both moves share it
        if "D" in movers:
            shared = self.config.objective.share_fakes and "G" in movers
            for left in reversed(range(self.config.optim.d.steps)):
                pair = batches.draw_pair()
                fake = self._made(pair[0], with_graph=shared and left == 0)
                yield self._d_move(*pair, fake.detach(), now)
        if "G" in movers:
            for index in range(self.config.optim.g.steps):
                shared = index == 0 and fake is not None and fake.requires_grad
                if not shared or pair is None or fake is None:
                    pair = batches.draw_pair()
                    fake = self._made(pair[0], with_graph=True)
                yield self._g_move(*pair, fake, now, shared=shared)

    def _made(self, a: Tensor, *, with_graph: bool) -> Tensor:
        """B as G, in training mode, makes it; the graph only if G will learn from it."""
        with torch.set_grad_enabled(with_graph):
            return self.players["G"].network(a)

    def _d_move(self, a: Tensor, b: Tensor, fake: Tensor, now: Now) -> Move:
        # A and B go as one picture from here on: noise on what D sees, augmentation and penalties
        # then treat both alike
        true, false = torch.cat([a, b], 1), self._pool.exchange(torch.cat([a, fake], 1))
        look = self.players["D"].judge
        move = self._referee.d_move(self.config, look, true, false, now, weight=HALF)
        account = move.account.after(
            lambda: [*self._told_made(a, b, fake), *self._told_pool(false)]
        )
        return move._replace(account=account)

    def _g_move(self, a: Tensor, b: Tensor, fake: Tensor, now: Now, *, shared: bool) -> Move:
        objective = self.config.objective
        pretraining = now.steps < self.config.training.g_pretrain
        gap = (F.l1_loss if objective.pixel_norm == "absolute" else F.mse_loss)(fake, b)
        loss = objective.pixels * gap
        readings = {"pixels": gap.detach()}
        account = Account(
            lambda: self._teller.again(fake) if shared else self._told_made(a, b, fake),
            (self._referee.asked(fake, lens=self._lens),),
        )
        if not pretraining:
            player = self.players["D"]
            answer = self._referee.g_loss(
                self.config, player, player.judge, torch.cat([a, fake], 1), now,
                real=lambda: torch.cat([a, b], 1), matching=matched_layers,
            )  # fmt: skip
            loss = loss + answer.loss
            readings["loss/G"] = answer.loss.detach()
            account = account.then(answer.judging, self._referee.answers("G"))
        account = account.then(lambda: self._teller.compared(fake, b))
        # pictures that G learns from alone count too, or schedules and epochs would stand still
        images = len(a) if pretraining else 0
        return Move(("G",), loss, readings, images=images, account=account)

    def _told_made(self, a: Tensor, b: Tensor, fake: Tensor) -> list[Phase]:
        return self._teller.made(
            a, b, fake, "given",
            "The next pairs: a picture that G is given, and the one that truly belongs to it.",
            "G makes the other kind out of each picture that it is given. It does not see the true"
            " one.",
        )  # fmt: skip

    def _told_pool(self, false: Tensor) -> list[Phase]:
        if not self.config.objective.pool:
            return []
        made = false.chunk(2, 1)[1]
        return [older("D", "fake", self._lens.exhibit("generated, now or earlier", "g", made))]

    def settle(self, move: Move) -> None:
        if "D" in move.players:
            clip_weights(self.config, self.players["D"].network)

    # -- what people see -----------------------------------------------------------------------

    def controls(self, aside: Pictures) -> Controls:
        a, b = domains(aside, self.config.data.pairs)
        rows = self.config.training.grid
        both = some(torch.cat([a, b], 1), rows + opinion.MORE, self._streams["preview"])
        given, true = both[:rows].chunk(2, 1)
        return {"given": given.contiguous(), "true": true.contiguous(), "more": both[rows:].clone()}

    def preview(self, controls: Controls) -> Seen:
        given, true, output = controls["given"], controls["true"], self.config.networks.g.output
        shown = self.players["G"].shown
        assert shown is not None
        raw = painted(shown, given, output)
        made = to_pixels(raw, output)
        off = (made.float() - true.float()).abs().mean().item() / 2.55
        rows = in_rows(given, made, true)
        words = f"Pixels are off by {off:.1f} % of their range on average."
        # D sees each one beside the picture that it was made from
        real = to_range(torch.cat([torch.cat([given, true], 1), controls["more"]]), output)
        fake = torch.cat([to_range(given, output), raw], 1)
        judged = opinion.verdicts(self.config, self.players["D"], Batch(real), Batch(fake))
        of_fake, of_true = judged.each_fake, judged.each_real[: len(true)]
        scores = in_rows(opinion.unasked(of_fake), of_fake, of_true)
        return Seen(
            {"comparison": Preview(rows, len(HEADS), HEADS, words)},
            {"D": judged._replace(scores={"comparison": scores})},
            made,
        )

    @staticmethod
    def given(config: RunConfig, pictures: Pictures) -> Tensor:
        return domains(pictures, config.data.pairs)[0]

    @staticmethod
    def wanted(config: RunConfig, pictures: Pictures) -> Tensor:
        return domains(pictures, config.data.pairs)[1]

    @staticmethod
    def onlooker(config: RunConfig, kind: Kind, networks: Mapping[str, nn.Module]) -> Onlooker:
        raise opinion.from_a_picture(config)

    @staticmethod
    def apply(config: RunConfig, networks: dict[str, nn.Module], images: Tensor) -> Tensor:
        return repainted(networks["G"], images, config.networks.g.output)

    def stills(self, controls: Controls, pictures: Pictures) -> dict[str, Still]:
        return {}

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {"referee": self._referee.state_dict(), "pool": self._pool.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._referee.load_state_dict(state["referee"])
        self._pool.load_state_dict(state["pool"])
