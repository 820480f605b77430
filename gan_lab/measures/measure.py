"""The noun of the table: one way to measure fakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gan_lab.config import RunConfig
from gan_lab.data import Kind, short_name
from gan_lab.games import game_of
from gan_lab.measures.material import Material

Better = Literal["less", "more"]
Suits = Callable[[RunConfig, Kind], bool]


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        name: short and lasting, "frechet-classifier".
        titles: for people, with the name of what looks at the pictures; ``{data}`` stands for the
            name of the data.
        better: whether less or more of it is better.
        meaning: for a student, in one or two sentences.
        suits: whether it makes sense for a game and its pictures.
        number: the measure of some fakes; None where it cannot be told of these.
        floor: what would be the best, where that is not the number of as many real pictures.
        floored: whether there is a floor at all.
        most: fakes that it looks at; None for all.
        live: cheap enough to be taken again and again while a run trains.
        judged: needs the classifier, of pictures.
        unit: of the number, for people; "" for none.
    """

    name: str
    titles: str
    better: Better
    meaning: str
    suits: Suits
    number: Callable[[Material], float | None]
    floor: Callable[[Material], float | None] | None = None
    floored: bool = True
    most: int | None = None
    live: bool = True
    judged: bool = False
    unit: str = ""

    def title(self, config: RunConfig) -> str:
        """Its name for people, with the name of what looks at the pictures."""
        return self.titles.replace("{data}", short_name(config.data.name))


def of_points(config: RunConfig, kind: Kind) -> bool:  # noqa: ARG001 - a Suits
    """Points of the plane."""
    return kind.points


def of_pictures(config: RunConfig, kind: Kind) -> bool:  # noqa: ARG001 - a Suits
    """Pictures of any kind."""
    return not kind.points


def of_classes(config: RunConfig, kind: Kind) -> bool:
    """Pictures out of noise, of a set that has classes."""
    return not kind.points and len(kind.classes) > 1 and game_of(config).from_noise


def of_noise(config: RunConfig, kind: Kind) -> bool:  # noqa: ARG001 - a Suits
    """Games whose D can be asked about a picture alone."""
    return game_of(config).from_noise


def of_answers(config: RunConfig, kind: Kind) -> bool:  # noqa: ARG001 - a Suits
    """Games that know what each fake should have been."""
    return game_of(config).has_answers
