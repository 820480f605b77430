"""The nouns of a game: players, moves, rounds, and what people see of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, cast

from torch import Tensor, nn

from gan_lab.config import RunConfig
from gan_lab.data import Batches, Kind, Pictures
from gan_lab.games.phases import SILENT, Account
from gan_lab.networks import Critic, Stage, Verdict
from gan_lab.objectives import Scale
from gan_lab.randomness import Streams

Controls = dict[str, Tensor]
"""Fixed inputs of previews, by name; drawn once a run and kept in its checkpoints."""


class Sources(NamedTuple):
    """Shapes of one input, by role: numbers of noise, or channels, height and width."""

    g: tuple[int, ...]
    d: tuple[int, int, int]


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

    @property
    def judge(self) -> Callable[..., Verdict]:
        """Of a discriminator: pictures, and perhaps labels, to what it thinks of them."""
        return cast(Critic, self.network).judge


class Now(NamedTuple):
    """How far the run is; every schedule is a function of it.

    Attributes:
        steps: rounds completed.
        seen: real pictures that D was trained on.
    """

    steps: int
    seen: int


class Move(NamedTuple):
    """One descent of one or several players.

    Attributes:
        players: names of those who move.
        loss: scalar that they descend.
        readings: scalars for the curves, left on the device.
        images: real pictures that D is trained on by this move.
        forget: players whose optimisers begin anew before they step.
        account: what there is to tell of it in slow motion.
    """

    players: tuple[str, ...]
    loss: Tensor
    readings: dict[str, Tensor]
    images: int = 0
    forget: tuple[str, ...] = ()
    account: Account = SILENT


class Preview(NamedTuple):
    """One picture on the page, of many tiles.

    Attributes:
        images: uint8, N×C×H×W, row by row.
        columns: tiles in a row; 0 for about a square.
        heads: what stands above each column, if the columns differ.
        caption: one sentence for people.
    """

    images: Tensor
    columns: int = 0
    heads: tuple[str, ...] = ()
    caption: str = ""

    def cpu(self) -> Preview:
        """The same, on the CPU."""
        return self._replace(images=self.images.cpu())


class Sheet(NamedTuple):
    """The plane on the page: a cloud of points, and what the players make of the plane.

    Attributes:
        real, fake: float32, K×2, in the plane's units.
        opinion: float32, S×S from 0 to 1: how real D takes every place for, row by row from below.
        pushes: float32, M×2: at the first fakes, the way in which G's loss falls, per unit.
        lattice: float32, rows×columns×2: where G takes a lattice of z; one row if z is one number.
        reach: half the side of the window around 0.
        measures: how near the fakes are to the real points, by name; see ``metrics.plane``.
        caption: one sentence for people.
    """

    real: Tensor
    fake: Tensor
    opinion: Tensor
    pushes: Tensor
    lattice: Tensor
    reach: float
    measures: dict[str, float]
    caption: str = ""

    def cpu(self) -> Sheet:
        """The same, on the CPU."""
        return self._replace(**{name: x.cpu() for name, x in self.parts().items()})

    def parts(self) -> dict[str, Tensor]:
        """All that is to be drawn, by name."""
        names = ("real", "fake", "opinion", "pushes", "lattice")
        return {name: getattr(self, name) for name in names}


View = Preview | Sheet
"""Something that the page shows."""


class Verdicts(NamedTuple):
    """What one D says of real pictures and of fakes, on the scale of the loss.

    Attributes:
        real, fake: float32, N and M: all its opinions; a D of patches has several of a picture.
        each_real, each_fake: float32: the mean of its opinions of each picture.
        threshold: above it D says "real".
        scale: what these numbers are.
        names: what the real ones and the fakes are, for people.
        portraits: the fakes that convince most and least, and the real one that D likes least;
            None for points.
        scores: of the tiles of views, by the names of these, as in ``Preview.images``; NaN for a
            tile that D is never asked about.
        caption: what else there is to say of this D; "" for nothing.
    """

    real: Tensor
    fake: Tensor
    each_real: Tensor
    each_fake: Tensor
    threshold: float
    scale: Scale
    names: tuple[str, str] = ("real pictures", "fakes")
    portraits: Portraits | None = None
    scores: Mapping[str, Tensor] = MappingProxyType({})
    caption: str = ""

    def cpu(self) -> Verdicts:
        """The same, on the CPU."""
        names = ("real", "fake", "each_real", "each_fake")
        return self._replace(
            **{name: getattr(self, name).cpu() for name in names},
            portraits=self.portraits and self.portraits.cpu(),
            scores={name: x.cpu() for name, x in self.scores.items()},
        )


class Portraits(NamedTuple):
    """Some tiles with D's score of each.

    Attributes:
        preview: the tiles, with a head for each.
        scores: float32, one a tile.
    """

    preview: Preview
    scores: Tensor

    def cpu(self) -> Portraits:
        """The same, on the CPU."""
        return Portraits(self.preview.cpu(), self.scores.cpu())


class Seen(NamedTuple):
    """What people see of a game at one instant.

    Attributes:
        views: pictures and planes, by name.
        verdicts: what each D thinks of real and fake, by the name of the player.
        fakes: what G makes, alone: uint8 N×C×S×S; points: float32 N×2, from -1 to 1. None where a
            game does not say.
    """

    views: Mapping[str, View]
    verdicts: Mapping[str, Verdicts] = MappingProxyType({})
    fakes: Tensor | None = None

    def cpu(self) -> Seen:
        """The same, on the CPU."""
        return Seen(
            {name: view.cpu() for name, view in self.views.items()},
            {name: one.cpu() for name, one in self.verdicts.items()},
            None if self.fakes is None else self.fakes.cpu(),
        )


class Onlooker(NamedTuple):
    """D for whoever looks on from outside the rounds: asked as its game asks it.

    Attributes:
        look: classes (int64, N or 1, or None where D is told of none) to a function from pictures,
            N×C×S×S in the range of G's output, to what D thinks of them; gradients flow back.
        known: real pictures (uint8) to what D knows them as, in the range of G's output.
        stages: what its layers are, as in ``Verdict.features``.
        company: how many pictures it should be shown at once; 1 if it judges each by itself.
    """

    look: Callable[[Tensor | None], Callable[[Tensor], Verdict]]
    known: Callable[[Tensor], Tensor]
    stages: tuple[Stage, ...]
    company: int


class Curve(NamedTuple):
    """One line of a figure.

    Attributes:
        column: of the readings.
        name: for people.
        colour: "g", "d", "real" or "ink".
        rest: where it settles once fakes are like real pictures; drawn dotted.
        dash: "" or "dash".
        plain: what is not noisy is not smoothed.
    """

    column: str
    name: str
    colour: str
    rest: float | None = None
    dash: str = ""
    plain: bool = False


class Figure(NamedTuple):
    """One plot on the page.

    Attributes:
        hint: what it shows.
        meaning: what its numbers mean with the loss at hand; "" if the hint says all.
        range: of the axis, or None to follow the curves.
        calm: changes so seldom that it may be drawn less often.
    """

    title: str
    hint: str
    curves: tuple[Curve, ...]
    meaning: str = ""
    range: tuple[float, float] | None = None
    log: bool = False
    calm: bool = False


class Box(NamedTuple):
    """One thing in the picture of the game: who plays, or what goes from hand to hand.

    Attributes:
        id: short and lasting; other parts of the page name boxes by it.
        kind: what it is: noise, a player, what a player has made, real pictures, or what a player
            is given beside noise.
        label: its name for people.
        role: what it is, in a word or two; "" if its name says it.
        hint: one sentence for people.
        place: column and row, from 0; a row of 0.5 stands between two.
        colour: "g", "d", "real" or "ink".
        reading: the column of the readings that it shows; "" for none.
        reads: what that reading is called here.
        view: of ``preview``, whose tiles or points are its small pictures; "" for none.
        tiles: which tiles of that view are shown.
        part: of that view, where it is a :class:`Sheet`.
        still: of ``stills``, which has small pictures that never change; "" for none.
    """

    id: str
    kind: Literal["noise", "player", "made", "real", "given"]
    label: str
    hint: str
    place: tuple[float, float]
    colour: str = "ink"
    role: str = ""
    reading: str = ""
    reads: str = ""
    view: str = ""
    tiles: tuple[int, ...] = ()
    part: str = ""
    still: str = ""


class Arrow(NamedTuple):
    """What goes from one box to another.

    Attributes:
        start, end: ids of boxes.
        hint: one sentence for people.
        kind: "flow" for what is handed on; "answer" for what a player learns from another;
            "back" for the way back to what something was made from.
        label: some words of it, for an arrow that is long enough; "" for none.
    """

    start: str
    end: str
    hint: str
    kind: Literal["flow", "answer", "back"] = "flow"
    label: str = ""

    @property
    def id(self) -> str:
        """By which other parts of the page name it."""
        return f"{self.start}>{self.end}"


class Scene(NamedTuple):
    """The picture of the game: who plays with whom for what."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


Still = Preview | Tensor
"""What the scene shows and what never changes in a run: pictures, or numbers to be drawn as bars,
float32 K×n."""


class Game(Protocol):
    """Who plays, for what. Owns networks and losses; knows nothing of threads, pages, files."""

    from_noise: ClassVar[bool]
    """Whether G begins from z; else from a picture."""

    plays_points: ClassVar[bool]
    """Whether it is played with points of a plane; else with pictures."""

    has_answers: ClassVar[bool]
    """Whether each picture that G is given has one right answer: the k-th of ``given`` and the k-th
    of ``wanted`` belong together."""

    names: ClassVar[tuple[str, ...]]
    """The players, those of role d first."""

    readings: ClassVar[tuple[str, ...]]
    """All that its moves may ever read; live knobs decide which of it they do."""

    config: RunConfig
    """May be replaced between rounds; live fields act from the next round on."""

    def __init__(self, config: RunConfig, kind: Kind, streams: Streams) -> None:
        """Build all players on the streams' device; called within ``randomness.seeded``.

        Raises ConfigError where the game cannot be played with such pictures or networks.
        """
        ...

    @staticmethod
    def sources(config: RunConfig, kind: Kind) -> Sources:
        """What the networks of each role begin from.

        Raises ConfigError where the game cannot be played with such pictures.
        """
        ...

    @staticmethod
    def generators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        """New generators by the names of their players, for opening a checkpoint."""
        ...

    @staticmethod
    def discriminators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        """New discriminators by the names of their players."""
        ...

    @staticmethod
    def rehearse(config: RunConfig, kind: Kind) -> None:
        """Build the players and pass a batch of two through them; called on the meta device.

        Raises ConfigError, ValueError or RuntimeError where they do not fit the pictures.
        """
        ...

    @staticmethod
    def given(config: RunConfig, pictures: Pictures) -> Tensor:
        """Real pictures as those that G begins from (uint8 N×C×h×w), where it begins from such.

        Raises ConfigError in a game that begins from noise.
        """
        ...

    @staticmethod
    def wanted(config: RunConfig, pictures: Pictures) -> Tensor:
        """Those of some real pictures that are of the kind which G should make (as in
        ``Pictures.images``)."""
        ...

    @staticmethod
    def apply(config: RunConfig, networks: dict[str, nn.Module], images: Tensor) -> Tensor:
        """Pictures (uint8 N×C×h×w) to pictures, where G begins from pictures; see games.apply."""
        ...

    @staticmethod
    def onlooker(config: RunConfig, kind: Kind, networks: Mapping[str, nn.Module]) -> Onlooker:
        """D as it may be asked about any picture.

        Args:
            networks: all players of this game by name, in eval mode, on the CPU.

        Raises ConfigError in a game that begins from a picture.
        """
        ...

    @staticmethod
    def figures(config: RunConfig) -> tuple[Figure, ...]:
        """What the curves show with this configuration, of the readings."""
        ...

    @staticmethod
    def scene(config: RunConfig) -> Scene:
        """Who plays with whom for what, as a picture at the head of the page."""
        ...

    @property
    def players(self) -> Mapping[str, Player]:
        """Who plays, by name; a name begins with its role, G or D."""
        ...

    def round(self, batches: Batches, now: Now, movers: frozenset[str]) -> Iterator[Move]:
        """All moves of one round, in order. Descend each before asking for the next.

        Args:
            batches: where real pictures come from.
            now: how far the run is.
            movers: players who take part; the others stand still.
        """
        ...

    def settle(self, move: Move) -> None:
        """What the rules demand right after a move, such as bounded weights."""
        ...

    def controls(self, aside: Pictures) -> Controls:
        """Fixed inputs for previews. ``aside`` are pictures that nobody is trained on, where the
        set has such."""
        ...

    def preview(self, controls: Controls) -> Seen:
        """What people see, and what D thinks of it; moves nothing of the run."""
        ...

    def stills(self, controls: Controls, pictures: Pictures) -> Mapping[str, Still]:
        """What the scene shows beside the previews, by name; none if they have it all.

        Args:
            pictures: what is real. Nothing is drawn from the run's streams for them.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """What the game remembers beside its players: tensors, numbers, and their containers."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a state that :meth:`state_dict` gave."""
        ...


@contextmanager
def frozen(*networks: nn.Module) -> Iterator[None]:
    """Spare the weight gradients of players who do not move; those of their input still flow."""
    parameters = [p for network in networks for p in network.parameters() if p.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)


@contextmanager
def at_rest(network: nn.Module) -> Iterator[None]:
    """In eval mode: looking moves no statistics and draws nothing.

    So batch norm uses its running averages, which are of real pictures and fakes together, and not
    those of the batch, as in training, where each batch is of one kind.
    """
    was = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was)
