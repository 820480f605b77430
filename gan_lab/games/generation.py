"""The game that gave the field its name: pictures out of noise (Goodfellow et al. 2014)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_lab import networks
from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Batch, Batches, Kind, Pictures, to_pixels, to_range
from gan_lab.games import figures, opinion, scenes
from gan_lab.games.base import (
    Arrow,
    Box,
    Controls,
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
from gan_lab.games.phases import Account, Lens
from gan_lab.games.referee import READINGS, Look, Referee, clip_weights
from gan_lab.games.seats import seated
from gan_lab.games.telling import FromNoise
from gan_lab.memory import at_once
from gan_lab.networks import Critic, Head, Verdict
from gan_lab.objectives import LOSSES, draw_z, reach
from gan_lab.objectives.conditions import with_classes, with_planes
from gan_lab.randomness import Streams


class _Made(NamedTuple):
    """What G made.

    Attributes:
        z: float32, batch×dim.
        labels: int64, batch: the classes that G was told; None without.
        x: batch×C×H×W, with its graph if G is to learn from it.
    """

    z: Tensor
    labels: Tensor | None
    x: Tensor


class Generation:
    """G turns z into pictures; D scores pictures; k moves of D, then k moves of G a round.

    With classes (``networks.labels``) G's input is z with a one at the place of the class behind
    it, and D is told the class, or has to name it.
    """

    from_noise: ClassVar[bool] = True
    plays_points: ClassVar[bool] = False
    has_answers: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = ("D", "G")
    readings: ClassVar[tuple[str, ...]] = ("loss/D", "loss/G", "D(x)", "D(G(z))", *READINGS)

    def __init__(self, config: RunConfig, kind: Kind, streams: Streams) -> None:
        self.config = config
        self._kind = kind
        self._streams = streams
        self._classes = _classes(config, kind)
        lens = self._lens()
        told = config.networks.labels in ("concat", "projection")  # else it has to name them
        beside = ("class", "class>D") if told else ()
        self._referee = Referee("D", streams, lens, beside=beside)
        self._teller = FromNoise(lens, reach(config.latent), classes=bool(self._classes))
        # generators first: the order of the draws of first weights
        made = self.generators(config, kind)
        self.players = seated(made, self.discriminators(config, kind), streams)

    @staticmethod
    def sources(config: RunConfig, kind: Kind) -> Sources:
        told = _classes(config, kind)
        planes = told if config.networks.labels == "concat" else 0
        return Sources((config.latent.dim + told,), (kind.channels + planes, kind.size, kind.size))

    @staticmethod
    def generators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        source = Generation.sources(config, kind).g
        return {"G": networks.generator(config.networks.g, source, kind.channels, kind.size)}

    @staticmethod
    def discriminators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        labels, channels = config.networks.labels, Generation.sources(config, kind).d[0]
        head = Head() if labels == "concat" else Head(_classes(config, kind), labels)
        d = networks.discriminator(config.networks.d, channels, kind.size, head=head)
        return {"D": d}

    @classmethod
    def rehearse(cls, config: RunConfig, kind: Kind) -> None:
        g = cls.generators(config, kind)["G"]
        x = g(torch.empty(2, *cls.sources(config, kind).g))
        labels = torch.zeros(2, dtype=torch.long) if _classes(config, kind) else None
        if config.networks.labels == "concat" and labels is not None:
            x = torch.cat([x, x.new_empty(2, len(kind.classes), *x.shape[2:])], 1)
        cls.discriminators(config, kind)["D"](x, labels)

    @staticmethod
    def given(config: RunConfig, pictures: Pictures) -> Tensor:
        raise _from_noise(config)

    @staticmethod
    def wanted(config: RunConfig, pictures: Pictures) -> Tensor:
        return pictures.images

    @staticmethod
    def apply(config: RunConfig, networks: dict[str, nn.Module], images: Tensor) -> Tensor:
        raise _from_noise(config)

    @classmethod
    def onlooker(cls, config: RunConfig, kind: Kind, networks: Mapping[str, nn.Module]) -> Onlooker:
        critic = networks["D"]
        assert isinstance(critic, Critic)
        return Onlooker(
            look=lambda labels: _look(config, kind, critic.judge, labels),
            known=lambda images: cls._as_known(config, kind, networks["G"], images),
            stages=critic.stages,
            company=config.training.batch if config.networks.d.compares_batch else 1,
        )

    @staticmethod
    def figures(config: RunConfig) -> tuple[Figure, ...]:
        return (figures.losses(config), figures.opinions(config), *figures.extras(config))

    @staticmethod
    def scene(config: RunConfig) -> Scene:
        side, told = config.training.grid, config.networks.labels
        tiles = scenes.spread(1 if told == "none" else side, side**2)
        row = 0.0 if told == "none" else 0.5
        z = Box("z", "noise", "z", "Random numbers, out of which G makes a picture. As bars: those"
                " of the fakes here.", (0, 0), role="noise",
                still="z")  # fmt: skip
        fake = scenes.made_box((2, row), "fake", "What G has just made of these z.",
                               view="samples", tiles=tiles)  # fmt: skip
        real = scenes.real_box((4, row), "real", "Some of the real pictures. G never sees them.")
        scene = scenes.duel(
            z,
            fake,
            real._replace(still="real"),
            "The generator. It turns random numbers into pictures that D should take for real.",
        )
        if told == "none":
            return scene
        kind = Box("class", "given", "class", "Of which class the picture should be, as a one at"
                   " the place of the class.", (0, 1), still="class")  # fmt: skip
        arrows = [Arrow("class", "G", "G is told which class to draw.")]
        if told != "auxiliary":  # else it has to name it
            hint = "D is told the class, of fakes and of real ones."
            arrows.append(Arrow("class", "D", hint, label="told to both"))
        return Scene((*scene.boxes, kind), (*scene.arrows, *arrows))

    # -- the round -----------------------------------------------------------------------------

    def round(self, batches: Batches, now: Now, movers: frozenset[str]) -> Iterator[Move]:
        made: _Made | None = None  # what G made last, with its graph, if both moves share it
        if "D" in movers:
            shared = self.config.objective.share_fakes and "G" in movers
            for left in reversed(range(self.config.optim.d.steps)):
                batch = self._drawn(batches, now)
                made = self._fakes(batch.labels, now, with_graph=shared and left == 0)
                yield self._d_move(batch, made, now)
        if "G" in movers:
            for index in range(self.config.optim.g.steps):
                if index > 0 or made is None or not made.x.requires_grad:
                    made = None
                yield self._g_move(batches, made, now)

    def _drawn(self, batches: Batches, now: Now) -> Batch:
        """The next real pictures; without their labels if nobody asks for them."""
        batch = batches.draw()
        return batch if self._classes else Batch(batch.x, None)

    def _fakes(self, labels: Tensor | None, now: Now, *, with_graph: bool) -> _Made:
        """One batch of G's pictures, in training mode; the graph only if G will learn from it."""
        z = draw_z(self.config.latent, self.config.training.batch, self._streams["z"])
        with torch.set_grad_enabled(with_graph):
            x = self.players["G"].network(with_classes(z, labels, self._classes))
        return _Made(z, labels, x)

    def _d_move(self, batch: Batch, made: _Made, now: Now) -> Move:
        move = self._referee.d_move(
            self.config, self._look(batch.labels), batch.x, made.x.detach(), now,
            wanted=batch.labels,
        )  # fmt: skip
        account = move.account.after(lambda: self._teller.made(made.z, made.x))
        return move._replace(account=account)

    def _g_move(self, batches: Batches, made: _Made | None, now: Now) -> Move:
        """G's answer, with the fakes that D has just judged, if there are any."""
        objective = self.config.objective
        real: Tensor | None = None
        labels = None if made is None else made.labels
        if LOSSES[objective.loss].needs_real_for_g or objective.features:
            batch = self._drawn(batches, now)  # a fresh one: D has just learned from the last
            real = batch.x
            if self._classes:  # both of a pair are of one class
                made, labels = None, batch.labels
        shared = made is not None
        if made is None:
            if self._classes and labels is None:
                labels = self._some_labels(batches)
            made = self._fakes(labels, now, with_graph=True)
        answer = self._referee.g_loss(
            self.config, self.players["D"], self._look(labels), made.x, now,
            real=lambda: _given(real), wanted=labels,
        )  # fmt: skip
        account = Account(
            lambda: [self._teller.again(made.z, made.x, shared=shared), answer.judging()],
            (self._referee.asked(made.x),),
            self._referee.answers("G"),
        )
        return Move(("G",), answer.loss, {"loss/G": answer.loss.detach()}, account=account)

    def _some_labels(self, batches: Batches) -> Tensor:
        """int64, batch: classes as often as among the real pictures."""
        every = batches.labels
        assert every is not None
        index = torch.randint(
            len(every), (self.config.training.batch,), generator=self._streams["classes"],
            device=self._streams["classes"].device,
        )  # fmt: skip
        return every[index]

    def _look(self, labels: Tensor | None) -> Look:
        """D for pictures of these classes."""
        return _look(self.config, self._kind, self.players["D"].judge, labels)

    def settle(self, move: Move) -> None:
        if "D" in move.players:
            clip_weights(self.config, self.players["D"].network)

    # -- what people see -----------------------------------------------------------------------

    def _lens(self) -> Lens:
        """How people are shown what D is shown."""
        output = self.config.networks.g.output
        return Lens(lambda x: to_pixels(x, output))

    def controls(self, aside: Pictures) -> Controls:
        """z of the fixed grid, grid²×dim; with classes a row of the grid (or more) for each. And
        some real pictures for D to judge beside what G makes of it, uint8, with their classes."""
        side, generator = self.config.training.grid, self._streams["preview"]
        z = draw_z(self.config.latent, side**2, generator)
        chosen = opinion.probe(len(aside), generator)
        real = {"real": aside.images[chosen].to(z.device)}
        if not self._classes:
            return {"z": z} | real
        if aside.labels is not None:
            real["real labels"] = aside.labels[chosen].to(z.device)
        present = torch.arange(self._classes) if aside.labels is None else aside.labels.unique()
        rows = present[torch.arange(side) % len(present)]
        return {"z": z, "labels": rows.repeat_interleave(side).to(z.device)} | real

    @torch.no_grad()
    def preview(self, controls: Controls) -> Seen:
        shown, output = self.players["G"].shown, self.config.networks.g.output
        assert shown is not None
        source = with_classes(controls["z"], controls.get("labels"), self._classes)
        made = torch.cat([shown(part) for part in source.split(at_once(64, self._kind.size))])
        caption = "The same random numbers every time"
        caption += "; each row is one class." if "labels" in controls else "."
        samples = Preview(to_pixels(made, output), self.config.training.grid, caption=caption)
        real = Batch(self._known(controls["real"]), controls.get("real labels"))
        judged = opinion.verdicts(
            self.config, self.players["D"], real, Batch(made, controls.get("labels")), self._look
        )
        judged = judged._replace(scores={"samples": judged.each_fake})
        return Seen({"samples": samples}, {"D": judged}, samples.images)

    def _known(self, images: Tensor) -> Tensor:
        """Real pictures (uint8) as D knows them."""
        shown = self.players["G"].shown
        assert shown is not None
        return self._as_known(self.config, self._kind, shown, images)

    @staticmethod
    def _as_known(config: RunConfig, kind: Kind, shown: nn.Module, images: Tensor) -> Tensor:
        """Real pictures as D knows them, beside what the averaged G shows."""
        return to_range(images, config.networks.g.output)

    def stills(self, controls: Controls, pictures: Pictures) -> Mapping[str, Still]:
        """z of the fakes in the scene, their classes as ones among zeros, some real pictures."""
        fake = next(box for box in self.scene(self.config).boxes if box.id == "fake")
        shown = list(fake.tiles or range(scenes.TILES))
        found: dict[str, Still] = {"z": controls["z"][shown, : scenes.BARS]}
        if 0 < self._classes <= scenes.BARS:
            found["class"] = one_hot(controls["labels"][shown], self._classes).float()
        if not self.plays_points:
            some = pictures.images[:: max(1, len(pictures) // scenes.TILES)][: scenes.TILES]
            found["real"] = Preview(some)
        return found

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {"referee": self._referee.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._referee.load_state_dict(state["referee"])


def _look(
    config: RunConfig, kind: Kind, judge: Callable[..., Verdict], labels: Tensor | None
) -> Look:
    """D for pictures of these classes; a joined batch has them twice."""
    if labels is None:
        return judge
    concat = config.networks.labels == "concat"

    def look(x: Tensor) -> Verdict:
        told = labels.repeat(len(x) // len(labels))
        return judge(with_planes(x, told, _classes(config, kind))) if concat else judge(x, told)

    return look


def _classes(config: RunConfig, kind: Kind) -> int:
    """How many classes the players know; 0 if they know of none. Raises ConfigError."""
    if config.networks.labels == "none":
        return 0
    if len(kind.classes) < 2:
        raise ConfigError(
            f"networks.labels must be none with {config.data.name}, whose pictures are of fewer"
            " than two classes; choose a set that has more, such as mnist"
        )
    return len(kind.classes)


def _from_noise(config: RunConfig) -> ConfigError:
    return ConfigError(
        f"a run of the game {config.objective.game} begins from noise, not from a picture; draw"
        " from it with sample"
    )


def _given(real: Tensor | None) -> Tensor:
    assert real is not None
    return real
