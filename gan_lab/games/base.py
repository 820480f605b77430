"""The nouns of a game: players, moves, rounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from torch import Tensor, nn

from gan_lab.config import RunConfig
from gan_lab.data import Batches


@dataclass(frozen=True)
class Player:
    """One who learns.

    Attributes:
        role: whose section of ``optim`` and ``networks`` applies.
        network: what is trained.
        shown: for a generator, the averaged copy that people look at; always in eval mode.
    """

    role: Literal["g", "d"]
    network: nn.Module
    shown: nn.Module | None = None


class Move(NamedTuple):
    """One descent of one or several players.

    Attributes:
        players: names of those who move.
        loss: scalar that they descend.
        readings: scalars for the curves, left on the device.
        images: real pictures that D is trained on by this move.
    """

    players: tuple[str, ...]
    loss: Tensor
    readings: dict[str, Tensor]
    images: int = 0


class Game(Protocol):
    """Who plays, for what. Owns networks and losses; knows nothing of threads, pages, files."""

    config: RunConfig
    """May be replaced between rounds; live fields act from the next round on."""

    @property
    def players(self) -> Mapping[str, Player]:
        """Who plays, by name."""
        ...

    @property
    def readings(self) -> tuple[str, ...]:
        """What the curves show, by name."""
        ...

    def round(self, batches: Batches, seen: int, movers: frozenset[str]) -> Iterator[Move]:
        """All moves of one round, in order. Descend each before asking for the next.

        Args:
            batches: where real pictures come from.
            seen: real pictures that D was trained on so far; every schedule follows it.
            movers: players who take part; the others stand still.
        """
        ...

    def settle(self, move: Move) -> None:
        """What the rules demand right after a move, such as bounded weights."""
        ...

    def controls(self) -> Tensor:
        """Fixed inputs for previews, drawn once a run."""
        ...

    def preview(self, controls: Tensor) -> dict[str, Tensor]:
        """Pictures (uint8, N×C×H×W) by name, as shown to people; moves nothing of the run."""
        ...


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Spare the weight gradients of a player who does not move; those of its input still flow."""
    parameters = list(network.parameters())
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
