"""Larger pictures out of small ones: SRGAN (Ledig et al. 2017, arXiv 1609.04802)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab import networks
from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Batch, Batches, Kind, Pictures, to_pixels, to_range
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
from gan_lab.games.eyes import Eyes
from gan_lab.games.phases import PICTURES, Account, Lens, Number, Phase, spoken
from gan_lab.games.referee import READINGS, Referee, clip_weights, matched_layers
from gan_lab.games.seats import seated
from gan_lab.games.telling import WithAnswer
from gan_lab.games.translation import in_rows, painted, repainted
from gan_lab.metrics import psnr, ssim
from gan_lab.metrics.ssim import WINDOW
from gan_lab.randomness import Streams

ROWS = 8  # pictures that people watch
HEADS = ("low", "bicubic", "generated", "true")
_FEATURES = Figure(
    "Features of VGG19",
    "How different G's pictures and the true ones look to a network that was trained on"
    " photographs; G tries to make it small.",
    (Curve("vgg", "G", "g"),),
    log=True,
)


class SuperResolution:
    """G makes a picture ``objective.scale`` times as large; D tells the true one from it.

    The low picture is the true one, shrunk. For the first ``training.g_pretrain`` rounds G learns
    from the pixels of the right answer alone (the paper's SRResNet); then D plays too.
    """

    from_noise: ClassVar[bool] = False
    plays_points: ClassVar[bool] = False
    has_answers: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("D", "G")
    readings: ClassVar[tuple[str, ...]] = (
        "loss/D", "loss/G", "D(x)", "D(G(z))", "pixels", "PSNR", "PSNR bicubic", "vgg",
        *READINGS,
    )  # fmt: skip

    def __init__(self, config: RunConfig, kind: Kind, streams: Streams) -> None:
        self.config = config
        self._streams = streams
        output = config.networks.g.output
        lens = Lens(lambda x: to_pixels(x, output))
        self._referee = Referee("D", streams, lens)
        titles = ("Real pictures, made small", "G enlarges")
        self._teller = WithAnswer(lens, titles, "enlarged", "real", between=("real>given",))
        self._eyes = Eyes()
        made = self.generators(config, kind)
        self.players = seated(made, self.discriminators(config, kind), streams)

    @staticmethod
    def sources(config: RunConfig, kind: Kind) -> Sources:
        _check(config, kind)
        low = kind.size // config.objective.scale
        return Sources((kind.channels, low, low), (kind.channels, kind.size, kind.size))

    @staticmethod
    def generators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        source = SuperResolution.sources(config, kind).g
        return {"G": networks.generator(config.networks.g, source, kind.channels, kind.size)}

    @staticmethod
    def discriminators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        return {"D": networks.discriminator(config.networks.d, kind.channels, kind.size)}

    @classmethod
    def rehearse(cls, config: RunConfig, kind: Kind) -> None:
        g = cls.generators(config, kind)["G"]
        side = kind.size // config.objective.scale
        made = g(torch.empty(2, kind.channels, side, side))
        if made.shape[1:] != (kind.channels, kind.size, kind.size):
            raise ConfigError(
                f"networks.g makes {'×'.join(map(str, made.shape[1:]))} out of {kind.channels}×"
                f"{side}×{side}, and not {kind.channels}×{kind.size}×{kind.size}; change it or"
                " objective.scale"
            )
        cls.discriminators(config, kind)["D"](made)

    @staticmethod
    def figures(config: RunConfig) -> tuple[Figure, ...]:
        return (
            Figure(
                "PSNR",
                "How near G's pictures are to the true ones, in decibels, beside bicubic"
                " enlargement (dashed) of the same ones. 3 dB more is half the squared error.",
                (
                    Curve("PSNR", "G", "g"),
                    Curve("PSNR bicubic", "bicubic", "ink", dash="dash"),
                ),
            ),
            Figure(
                "Pixels",
                "The difference to the true pixels that G tries to make small.",
                (Curve("pixels", "G", "g"),),
                log=True,
            ),
            *((_FEATURES,) if config.objective.vgg else ()),
            figures.losses(config),
            figures.opinions(config),
            *figures.extras(config),
        )

    @staticmethod
    def scene(config: RunConfig) -> Scene:
        low, made, true = (scenes.spread(len(HEADS), ROWS * len(HEADS), at) for at in (0, 2, 3))
        given = Box("given", "given", "small", "A true picture, made small.", (0, 0),
                    view="comparison", tiles=low)  # fmt: skip
        fake = scenes.made_box(
            (2, 0), "enlarged", "What G makes of the small one.", view="comparison", tiles=made
        )
        real = scenes.real_box(
            (4, 0),
            "true",
            "The true pictures, before they were made small.",
            view="comparison",
            tiles=true,
        )
        return scenes.duel(
            given,
            fake,
            real,
            "The generator. It enlarges pictures, near to the true pixels and so that D believes"
            " it.",
            (
                Arrow(
                    "real",
                    "given",
                    "Every small picture is a true one, made small.",
                    label="made small",
                ),
            ),
        )

    # -- the round -----------------------------------------------------------------------------

    def round(self, batches: Batches, now: Now, movers: frozenset[str]) -> Iterator[Move]:
        x = fake = None  # what D was shown last, if both moves share it
        if "D" in movers:
            shared = self.config.objective.share_fakes and "G" in movers
            for left in reversed(range(self.config.optim.d.steps)):
                x = batches.draw().x
                fake = self._enlarged(x, with_graph=shared and left == 0)
                yield self._d_move(x, fake.detach(), now)
        if "G" in movers:
            for index in range(self.config.optim.g.steps):
                shared = index == 0 and fake is not None and fake.requires_grad
                if not shared or x is None or fake is None:
                    x = batches.draw().x
                    fake = self._enlarged(x, with_graph=True)
                yield self._g_move(x, fake, now, shared=shared)

    def _low(self, x: Tensor) -> Tensor:
        """True pictures in G's range, shrunk as a file would hold them: rounded to whole pixels."""
        output = self.config.networks.g.output
        return to_range(shrunk(to_pixels(x, output), self.config.objective.scale), output)

    def _enlarged(self, x: Tensor, *, with_graph: bool) -> Tensor:
        """What G, in training mode, makes of the low versions of true pictures."""
        with torch.set_grad_enabled(with_graph):
            return self.players["G"].network(self._low(x))

    def _d_move(self, x: Tensor, fake: Tensor, now: Now) -> Move:
        move = self._referee.d_move(self.config, self.players["D"].judge, x, fake, now)
        account = move.account.after(lambda: self._told_made(x, fake))
        return move._replace(account=account)

    def _g_move(self, x: Tensor, fake: Tensor, now: Now, *, shared: bool) -> Move:
        """G comes nearer to the pixels of ``x`` and, once the game has begun, fools D."""
        objective = self.config.objective
        pretraining = now.steps < self.config.training.g_pretrain
        gap = (F.l1_loss if objective.pixel_norm == "absolute" else F.mse_loss)(fake, x)
        loss = objective.pixels * gap
        readings = {"pixels": gap.detach(), **self._decibels(x, fake)}
        account = Account(
            lambda: self._teller.again(fake) if shared else self._told_made(x, fake),
            (self._referee.asked(fake),),
        )
        if not pretraining:
            player = self.players["D"]
            answer = self._referee.g_loss(
                self.config, player, player.judge, fake, now, real=lambda: x,
                matching=matched_layers,
            )  # fmt: skip
            loss = loss + answer.loss
            readings["loss/G"] = answer.loss.detach()
            if objective.vgg:
                apart = self._eyes.distance(self.config, fake, x)
                loss = loss + objective.vgg * apart
                readings["vgg"] = apart.detach()
            account = account.then(answer.judging, self._referee.answers("G"))
        account = account.then(lambda: self._teller.compared(fake, x, decibels(readings)))
        # pictures that G learns from alone count too, or schedules and epochs would stand still
        images = len(x) if pretraining else 0
        return Move(("G",), loss, readings, images=images, account=account)

    def _told_made(self, x: Tensor, fake: Tensor) -> list[Phase]:
        return self._teller.made(
            self._low(x[:PICTURES]), x, fake, "small",
            f"The next real pictures, and the same with {self.config.objective.scale} times fewer"
            " pixels each way: small ones whose right answer is known.",
            "G makes a large picture of every small one; what the small one does not say, it has to"
            " invent.",
        )  # fmt: skip

    @torch.no_grad()
    def _decibels(self, x: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """PSNR of the batch as a whole, of G's pictures and of bicubic ones."""
        span = 1.0 if self.config.networks.g.output == "sigmoid" else 2.0
        cubic = enlarged(self._low(x), self.config.objective.scale)
        result = {}
        for name, made in (("PSNR", fake), ("PSNR bicubic", cubic)):
            error = F.mse_loss(made.clamp(1.0 - span, 1.0), x)
            # 100 dB at most: a reading must be finite
            result[name] = 10.0 * torch.log10(span**2 / error.clamp(min=1e-10 * span**2))
        return result

    def settle(self, move: Move) -> None:
        if "D" in move.players:
            clip_weights(self.config, self.players["D"].network)

    # -- what people see -----------------------------------------------------------------------

    def controls(self, aside: Pictures) -> Controls:
        more = opinion.probe(len(aside), self._streams["preview"])[: opinion.MORE]
        found = {"true": chosen(aside.images, ROWS), "more": aside.images[more]}
        return {name: x.to(self._streams["z"].device) for name, x in found.items()}

    def preview(self, controls: Controls) -> Seen:
        """Rows of the low picture, bicubic enlargement, G's picture and the true one."""
        scale, true = self.config.objective.scale, controls["true"]
        shown, output = self.players["G"].shown, self.config.networks.g.output
        assert shown is not None
        low = shrunk(true, scale)
        cubic = enlarged(low, scale)
        raw = painted(shown, low, output)
        made = to_pixels(raw, output)
        blocks = low.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
        rows = in_rows(blocks, cubic, made, true)
        real = to_range(torch.cat([true, controls["more"]]), output)
        judged = opinion.verdicts(self.config, self.players["D"], Batch(real), Batch(raw))
        none, of_true = opinion.unasked(judged.each_fake), judged.each_real[: len(true)]
        scores = in_rows(none, none, judged.each_fake, of_true)
        return Seen(
            {"comparison": Preview(rows, len(HEADS), HEADS, compared(made, cubic, true))},
            {"D": judged._replace(scores={"comparison": scores})},
            made,
        )

    @staticmethod
    def given(config: RunConfig, pictures: Pictures) -> Tensor:
        return torch.cat([shrunk(p, config.objective.scale) for p in pictures.images.split(1024)])

    @staticmethod
    def wanted(config: RunConfig, pictures: Pictures) -> Tensor:
        return pictures.images

    @staticmethod
    def onlooker(config: RunConfig, kind: Kind, networks: Mapping[str, nn.Module]) -> Onlooker:
        raise opinion.from_a_picture(config)

    @staticmethod
    def apply(config: RunConfig, networks: dict[str, nn.Module], images: Tensor) -> Tensor:
        """Pictures ``scale`` times as large; of convolutions alone, G takes any size."""
        return repainted(networks["G"], images, config.networks.g.output)

    def stills(self, controls: Controls, pictures: Pictures) -> dict[str, Still]:
        return {}

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {"referee": self._referee.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._referee.load_state_dict(state["referee"])


def _check(config: RunConfig, kind: Kind) -> None:
    scale = config.objective.scale
    if kind.size % scale:
        fitting = max(8, kind.size // scale * scale)
        raise ConfigError(
            f"pictures of {kind.size}×{kind.size} px cannot be shrunk {scale} times without a"
            f" rest; set data.size to a multiple of objective.scale, such as {fitting}"
        )
    if config.networks.labels != "none":
        raise ConfigError(
            "networks.labels must be none with objective.game = super-resolution, whose players"
            " know of no classes"
        )


def shrunk(images: Tensor, scale: int) -> Tensor:
    """Antialiased bicubic, uint8 N×C×H×W to N×C×(H/scale)×(W/scale), rounded."""
    return _bicubic(images, images.shape[2] // scale, images.shape[3] // scale)


def enlarged(images: Tensor, scale: int) -> Tensor:
    """What G has to beat: bicubic, N×C×h×w to N×C×(h·scale)×(w·scale); uint8 rounded, or float."""
    return _bicubic(images, images.shape[2] * scale, images.shape[3] * scale)


def _bicubic(images: Tensor, height: int, width: int) -> Tensor:
    # antialias when enlarging too: it means the kernel with a = -0.5 that Pillow and the papers
    # use, where PyTorch's plain one has -0.75 and is the weaker rival
    x = F.interpolate(images.float(), (height, width), mode="bicubic", antialias=True)
    return x.round().clamp(0, 255).byte() if images.dtype == torch.uint8 else x


def chosen(images: Tensor, count: int) -> Tensor:
    """``count`` pictures (or all, if fewer), evenly spaced, with much detail.

    Plain ones would show nothing: bicubic is right about them already.
    """
    some = images[:: max(1, len(images) // 1024)]
    x = some.float()
    detail = x.diff(dim=2).abs().mean((1, 2, 3)) + x.diff(dim=3).abs().mean((1, 2, 3))
    average = detail.mean()
    places = []
    for stretch in torch.arange(len(some)).tensor_split(min(count, len(some))):
        fine = stretch[detail[stretch] >= average]
        places.append(fine[0] if len(fine) else stretch[detail[stretch].argmax()])
    return some[torch.stack(places)]


def decibels(readings: dict[str, Tensor]) -> tuple[Number, ...]:
    """What G's pictures and bicubic ones come to, for slow motion."""
    return tuple(Number(spoken(n), float(readings[n])) for n in ("PSNR", "PSNR bicubic"))


def compared(made: Tensor, cubic: Tensor, true: Tensor) -> str:
    """G's pictures beside bicubic ones in one line; each uint8 N×C×H×W."""
    words = f"PSNR {psnr(made, true).mean():.1f} dB (bicubic {psnr(cubic, true).mean():.1f})"
    if min(true.shape[2:]) >= WINDOW:
        words += f", SSIM {ssim(made, true).mean():.2f} ({ssim(cubic, true).mean():.2f})"
    return words
