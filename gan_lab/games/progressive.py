"""Players that grow (progressive GAN, Karras et al. 2018, arXiv 1710.10196)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gan_lab.config import ConfigError, RunConfig, Training
from gan_lab.data import Batch, Batches, Kind, to_range
from gan_lab.games.base import Controls, Curve, Figure, Move, Now, Seen
from gan_lab.games.generation import Generation
from gan_lab.networks.growth import Growing, Growth, doubled, faded, sides
from gan_lab.networks.progressive import Generator
from gan_lab.randomness import Streams

START = "training.grow_from"


def growth(training: Training, size: int, seen: int) -> Growth:
    """How far the players have grown after ``seen`` real pictures.

    The first level stays for ``stable_images``; each further one fades in over ``fade_images``
    and then stays for ``stable_images``, the last one for good. With both 0 all is there at once.

    Args:
        size: of the full pictures, px. Raises ConfigError if ``grow_from`` does not lead there.
    """
    steps = sides(size, training.grow_from, START)
    last, length = len(steps) - 1, training.stable_images + training.fade_images
    level, into = divmod(seen, length) if length else (last, 0)
    if level >= last:
        return Growth(last, size, 1.0)
    if into < training.stable_images:
        return Growth(level, steps[level], 1.0)
    share = (into - training.stable_images) / training.fade_images
    return Growth(level + 1, steps[level + 1], round(share, 6))


class Progressive(Generation):
    """The game of :class:`Generation` with pictures, G and D that double their side level by level.

    Level and α follow from the pictures seen alone, so a resumed run goes on exactly.
    """

    readings: ClassVar[tuple[str, ...]] = (*Generation.readings, "grow/side", "grow/alpha")

    def __init__(self, config: RunConfig, kind: Kind, streams: Streams) -> None:
        super().__init__(config, kind, streams)
        g = self.players["G"].network
        assert isinstance(g, Generator)
        g.whole = False  # D looks at the level's own side, people at the full one
        self._grow(growth(config.training, kind.size, seen=0))
        # the level at which each player has moved last
        self._learned = dict.fromkeys(self.names, self._growth.level)

    @staticmethod
    def generators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        return Generation.generators(_growing(config, kind), kind)

    @staticmethod
    def discriminators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        return Generation.discriminators(_growing(config, kind), kind)

    @staticmethod
    def figures(config: RunConfig) -> tuple[Figure, ...]:
        return (
            *Generation.figures(config),
            Figure(
                "Growth",
                "Side of the pictures that both players work on, in pixels.",
                (Curve("grow/side", "side", "ink", plain=True),),
                log=True,
                calm=True,
            ),
            Figure(
                "Fading in",
                "α, the share of the newest level in every picture, real or fake. At 1 it has"
                " faded in wholly.",
                (Curve("grow/alpha", "α", "ink", plain=True),),
                range=(-0.03, 1.03),
                calm=True,
            ),
        )

    # -- the round -----------------------------------------------------------------------------

    def round(self, batches: Batches, now: Now, movers: frozenset[str]) -> Iterator[Move]:
        self._grow(growth(self.config.training, self._kind.size, now.seen))
        side, alpha = float(self._growth.side), self._growth.alpha
        device = self._streams["z"].device
        for move in super().round(batches, now, movers):
            fresh = [n for n in move.players if self._learned[n] != self._growth.level]
            self._learned |= dict.fromkeys(move.players, self._growth.level)
            forget = tuple(fresh) if self.config.training.grow_reset else ()
            readings = {
                "grow/side": torch.full((), side, device=device),
                "grow/alpha": torch.full((), alpha, device=device),
            }
            yield move._replace(readings=move.readings | readings, forget=move.forget + forget)

    def _drawn(self, batches: Batches, now: Now) -> Batch:
        batch = super()._drawn(batches, now)
        return batch._replace(x=faded(batch.x, self._growth))

    def _grow(self, to: Growth) -> None:
        self._growth = to
        for player in self.players.values():
            for network in (player.network, player.shown or player.network):
                for part in network.modules():
                    if isinstance(part, Growing) and part.growth != to:
                        part.grow(to)

    # -- what people see -----------------------------------------------------------------------

    def preview(self, controls: Controls) -> Seen:
        shown = self.players["G"].shown
        assert isinstance(shown, Generator)
        seen = super().preview(controls)
        words = described(shown.growth)
        views = seen.views.items()
        return seen._replace(
            views={n: x._replace(caption=f"{words}. {x.caption}".strip()) for n, x in views},
            verdicts={n: x._replace(caption=f"Now at {words}.") for n, x in seen.verdicts.items()},
        )

    @staticmethod
    def _as_known(config: RunConfig, kind: Kind, shown: nn.Module, images: Tensor) -> Tensor:
        """As detailed as G's can be at the present level, enlarged to the side of what G shows."""
        assert isinstance(shown, Generator)
        x = faded(to_range(images, config.networks.g.output), shown.growth)
        while x.shape[-1] < kind.size:
            x = doubled(x)
        return x

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "learned": dict(self._learned)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self._learned = dict(state["learned"])


def described(growth: Growth) -> str:
    """For people: 16×16 px, fading in: 37 %."""
    words = f"{growth.side}×{growth.side} px"
    return words if growth.alpha == 1.0 else f"{words}, fading in: {100 * growth.alpha:.0f} %"


def _growing(config: RunConfig, kind: Kind) -> RunConfig:
    """With networks that begin where the training does. Raises ConfigError."""
    for path, network in (("g", config.networks.g), ("d", config.networks.d)):
        if network.family != "progressive":
            raise ConfigError(
                f"networks.{path}.family must be progressive with objective.game = progressive,"
                f" not {network.family}"
            )
    start = config.training.grow_from
    sides(kind.size, start, START)
    base = {"base": start}
    networks = config.networks.model_copy(
        update={
            "g": config.networks.g.model_copy(update=base),
            "d": config.networks.d.model_copy(update=base),
        }
    )
    return config.model_copy(update={"networks": networks})
