"""What goes into a run and what comes out of it. Nothing is shared by reference.

Commands go in; each is answered by the ledger entry that it became. Immutable moments, curves
and shown networks come out. A thread, a process or a machine far away differ only in what
carries these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from torch import nn

from gan_lab.coach import Finding, Health
from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Kind
from gan_lab.games import Onlooker, game_of
from gan_lab.latent import Model
from gan_lab.measures import Measured
from gan_lab.metrics.verdicts import Tally
from gan_lab.runs.best import Best
from gan_lab.training.trainer import Counts


@dataclass(frozen=True)
class Pause:
    """Stand still between two rounds; ``note`` says why, for the ledger and the page.

    With a ``checkpoint`` what stands still is on the disk too, for whatever reads it there.
    """

    note: str = ""
    checkpoint: bool = False


@dataclass(frozen=True)
class Resume:
    """Go on."""


@dataclass(frozen=True)
class Step:
    """Play ``count`` rounds and pause; of one player alone if ``player`` is named."""

    count: int = 1
    player: str | None = None


@dataclass(frozen=True)
class Slow:
    """Play one round, tell all that happens in it, and stand still."""


@dataclass(frozen=True)
class Set:
    """Change one live parameter; ``note`` says why, for the ledger."""

    path: str
    value: Any
    note: str = ""


@dataclass(frozen=True)
class Undo:
    """Go back to just before a change; ``change`` is its place in the ledger, from 0."""

    change: int


@dataclass(frozen=True)
class Checkpoint:
    """Write a checkpoint now."""


@dataclass(frozen=True)
class Stop:
    """End the run, with a last checkpoint."""


Command = Pause | Resume | Step | Slow | Set | Undo | Checkpoint | Stop


class State(StrEnum):
    """Where a run is in its life."""

    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    AT_REST = "at rest"
    """Nobody here trains it, and it has not ended: what its folder holds can be looked at."""

    @property
    def over(self) -> bool:
        return self in (State.FINISHED, State.STOPPED, State.FAILED, State.AT_REST)


@dataclass(frozen=True)
class Picture:
    """One encoded picture of many tiles.

    Attributes:
        data: the encoded bytes.
        mime: such as image/png.
        columns: tiles in a row.
        tile: side of a tile, px.
        count: tiles in all.
        heads: what stands above each column, if the columns differ.
        caption: one sentence for people.
    """

    data: bytes
    mime: str
    columns: int
    tile: int
    count: int
    heads: tuple[str, ...] = ()
    caption: str = ""


@dataclass(frozen=True)
class Drawing:
    """A plane for the page to draw: numbers, not a picture.

    Attributes:
        data: float32, little-endian: all parts one after the other.
        parts: names and shapes of the parts, in order.
        reach: half the side of the window around 0.
        measures: how near the fakes are, by name; see ``metrics.plane``.
        caption: one sentence for people.
    """

    data: bytes
    parts: tuple[tuple[str, tuple[int, ...]], ...]
    reach: float
    measures: dict[str, float]
    caption: str = ""


@dataclass(frozen=True)
class Opinion:
    """What one D thinks, counted.

    Attributes:
        tally: its scores in bins, and how many it tells right.
        of_real, of_fake: how many scores there are of each kind.
        names: what the real ones and the fakes are, for people.
        axis: what the scores are.
        meaning: one sentence on that.
        words: what it means at this moment.
        caption: what else there is to say of this D.
        portraits: the fakes that convince most and least and the real one that D likes least.
        marks: their scores.
        scores: of the tiles of each picture, by its name; None for a tile that D is never asked
            about.
    """

    tally: Tally
    of_real: int
    of_fake: int
    names: tuple[str, str]
    axis: str
    meaning: str
    words: str
    caption: str = ""
    portraits: Picture | None = None
    marks: tuple[float, ...] = ()
    scores: dict[str, tuple[float | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Bars:
    """Some rows of numbers, to be drawn as bars.

    Attributes:
        data: float32, little-endian, row by row.
        rows: how many.
        columns: numbers in a row.
    """

    data: bytes
    rows: int
    columns: int


@dataclass(frozen=True)
class Walk:
    """One round in slow motion, phase by phase.

    Attributes:
        step: rounds completed, this one among them.
        phases: as they are sent; an exhibit says where in ``data`` it lies.
        data: encoded pictures, and points as float32, one after the other.
    """

    step: int
    phases: tuple[dict[str, Any], ...]
    data: bytes


@dataclass(frozen=True)
class Checkup:
    """How a run is: what was measured, and what the coach says; a newer one replaces it.

    Attributes:
        number: grows by one with every checkup.
        take: of which take of the run it is.
        measured: all that was measured, oldest first.
        health: what the coach says; None before its first look.
        past: findings that came and went, oldest first.
        best: the best state that is kept; None if none is.
    """

    number: int = 0
    take: int = 0
    measured: tuple[Measured, ...] = ()
    health: Health | None = None
    past: tuple[Finding, ...] = ()
    best: Best | None = None


@dataclass(frozen=True)
class Moment:
    """A run at one instant; a newer one replaces it.

    Attributes:
        number: grows by one with every moment.
        seconds: of training alone.
        images_per_second, steps_per_second: over the last stretch of training.
        publishing: share of the time that goes into publishing.
        pictures: what the page draws, by name; empty if nobody watched.
        opinions: what each D thinks of what the pictures show, by the name of the player.
        note: why it stands still or what went wrong, for people.
        interventions: entries of the ledger.
        take: grows when the run goes back; counts, curves and ledger are then shorter than before.
        walk: the round just played, if it was in slow motion and the run still stands there.
        refused: why the disk lacks something of the run, and what to do; "" if it has all.
    """

    number: int
    state: State
    counts: Counts
    config: RunConfig
    seconds: float = 0.0
    steps_per_second: float = 0.0
    images_per_second: float = 0.0
    publishing: float = 0.0
    pictures: dict[str, Picture | Drawing] | None = None
    opinions: dict[str, Opinion] = field(default_factory=dict)
    pictures_step: int = 0
    note: str = ""
    interventions: int = 0
    take: int = 0
    walk: Walk | None = None
    refused: str = ""


@dataclass(frozen=True)
class Shown:
    """The averaged generators as they were at one step: copies that nobody steps.

    Attributes:
        networks: by the names of the players; most games have one, ``G``.
        kind: what the pictures are like that they were trained on.
        judges: the discriminators of that step by name, not averaged; none where nobody kept them.
        raw: the generators themselves, not averaged; none where nobody kept them.
        real: digest of the pictures that they were trained on; "" if it is not known.
    """

    networks: dict[str, nn.Module]
    step: int
    config: RunConfig
    kind: Kind
    judges: dict[str, nn.Module] = field(default_factory=dict)
    raw: dict[str, nn.Module] = field(default_factory=dict)
    real: str = ""

    @property
    def network(self) -> nn.Module:
        """The first, or only, generator."""
        return next(iter(self.networks.values()))

    @property
    def model(self) -> Model:
        """The first, or only, generator, for whoever explores its latent space."""
        return Model(self.network, self.config, self.kind, self.step, self.real)

    @property
    def onlooker(self) -> Onlooker:
        """D, for whoever asks it about a picture.

        Raises ConfigError if there is none, or if this game's D is never asked about a picture
        alone.
        """
        if not self.judges:
            raise ConfigError(
                "only the generator was kept here, without its discriminator; train a run of your"
                " own to look into D"
            )
        return game_of(self.config).onlooker(self.config, self.kind, self.networks | self.judges)


@dataclass(frozen=True)
class Budget:
    """When a run has done enough; totals of the run, also after resuming. None: no limit."""

    steps: int | None = None
    images: int | None = None
    seconds: float | None = None

    def spent(self, counts: Counts, seconds: float) -> bool:
        """Whether any limit is reached."""
        return (
            (self.steps is not None and counts.steps >= self.steps)
            or (self.images is not None and counts.images >= self.images)
            or (self.seconds is not None and seconds >= self.seconds)
        )
