"""A move told slowly: what was drawn, made, judged and learned, from the very tensors that trained.

A game tells what led to the loss (:class:`Account`); what follows, gradient and step, is the same
in all games (:func:`learned`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from torch import Tensor

Colour = Literal["g", "d", "real", "ink"]

PICTURES = 16
"""Of a batch, shown in a phase."""

POINTS = 256

_WORDS = {
    "gp": "D's slope where the penalty looks",
    "dragan": "D's slope where the penalty looks",
    "r1": "D's squared slope at real ones",
    "r2": "D's squared slope at fakes",
    "naming": "how badly D names the class",
    "augment share": "share that is augmented",
    "pixels": "distance to the true pixels",
    "cycle": "lost on the way there and back (cycle)",
    "identity": "changed without need (identity)",
    "PSNR": "PSNR, dB",
    "PSNR bicubic": "PSNR of bicubic enlargement, dB",
    "grow/side": "side, px",
    "grow/alpha": "α, share of the newest level",
}


class Number(NamedTuple):
    """Something that was just computed; ``unit`` as in 3 %."""

    name: str
    value: float
    unit: str = ""


class Exhibit(NamedTuple):
    """Some of a batch as a phase shows it: pictures, or points.

    Attributes:
        name: for people.
        colour: whose they are.
        items: uint8, N×C×H×W; or points, float32, N×2, in units of the window.
        reach: of points, half the side of the window around 0; 0 for pictures.
        opinions: float32, N: how real D took each for, from 0 to 1; None if nobody judged.
        pushes: float32, N×2: of points, which way each is asked to go; None if nobody asked.
        of: how many the whole batch has.
    """

    name: str
    colour: Colour
    items: Tensor
    reach: float = 0.0
    opinions: Tensor | None = None
    pushes: Tensor | None = None
    of: int = 0


class Lens(NamedTuple):
    """How a game shows what its players are shown.

    Attributes:
        pixels: a batch as the players see it, to ``Exhibit.items``.
        reach: as of an :class:`Exhibit`.
        things, one: what they are called: pictures, a picture.
    """

    pixels: Callable[[Tensor], Tensor]
    reach: float = 0.0
    things: str = "pictures"
    one: str = "a picture"

    def exhibit(
        self, name: str, colour: Colour, x: Tensor, opinions: Tensor | None = None
    ) -> Exhibit:
        """The first of a batch; ``opinions`` are N×… of the whole batch."""
        count = POINTS if self.reach else PICTURES
        items = self.pixels(x.detach()[:count]).cpu()
        says = None if opinions is None else opinions.flatten(1).mean(1)[:count].cpu()
        return Exhibit(name, colour, items, self.reach, says, of=len(x))

    def asked(self, name: str, made: Tensor, slope: Tensor) -> list[Exhibit]:
        """What a loss asks of what G made: the way against its slope, both shaped as ``made``.

        Points get arrows; pictures are followed by one of how each pixel should change, grey where
        it may stay.
        """
        shown = self.exhibit(name, "g", made)
        push = -slope[: len(shown.items)].cpu()
        if self.reach:
            return [shown._replace(pushes=push.flatten(1))]
        change = 127.5 + 127.5 * push / push.abs().max().clamp(min=1e-30)
        wish = "what the loss asks: lighter or darker"
        lighter = Exhibit(wish, "d", change.round().byte(), of=len(made))
        return [shown, lighter]


class Phase(NamedTuple):
    """One thing that happens in a round.

    Attributes:
        acting: ids of boxes and arrows of the game's scene.
        words: a sentence or two for a student.
        move: which move of the round it belongs to, in words; the trainer fills this in.
        role: of who moves in it, "g" or "d"; this too.
    """

    acting: tuple[str, ...]
    title: str
    words: str
    numbers: tuple[Number, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    move: str = ""
    role: str = ""


class Asked(NamedTuple):
    """Something that was made with a graph, and how to show it together with its gradient.

    Slow motion keeps the gradient of ``made``; at full speed nobody does.
    """

    made: Tensor
    show: Callable[[Tensor, Tensor], list[Exhibit]]


class Account(NamedTuple):
    """What a game has to tell of a move; asked for in slow motion only, after the descent.

    Attributes:
        before: the phases that led to the loss. They hold what trained: nothing is computed anew
            with a network, and nothing is drawn.
        asked: what the loss looked at whose gradient is worth seeing.
        along: the boxes and arrows along which the gradient comes; else the players alone.
    """

    before: Callable[[], list[Phase]] = list
    asked: tuple[Asked, ...] = ()
    along: tuple[str, ...] = ()

    def after(self, earlier: Callable[[], list[Phase]]) -> Account:
        """The same, with phases that come before its own."""
        return self._replace(before=lambda: [*earlier(), *self.before()])

    def then(self, later: Callable[[], Phase], along: tuple[str, ...] = ()) -> Account:
        """The same, with a phase that comes behind its own; ``along`` counts if it is not empty."""
        return self._replace(before=lambda: [*self.before(), later()], along=along or self.along)


SILENT = Account()


class Descent(NamedTuple):
    """How one player descended.

    Attributes:
        weights: how many numbers it learns.
        gradient: norm of its gradient as it came.
        clipped: the same after clipping.
        rate: learning rate.
        moved: how far the weights went, ‖Δw‖.
        length: how long they were before, ‖w‖.
        optimiser: its name.
    """

    player: str
    weights: int
    gradient: float
    clipped: float
    rate: float
    moved: float
    length: float
    optimiser: str


def spoken(column: str) -> str:
    """What a reading is called in a phase."""
    kind, _, who = column.partition("/")
    if kind == "loss":
        return f"{who}'s loss"
    if column.endswith(")"):
        return f"{column}, mean of all"
    if column in _WORDS or not who:
        return _WORDS.get(column, column)
    return f"{who}: {_WORDS.get(kind, kind)}"


def learned(
    readings: Mapping[str, float],
    loss: float,
    account: Account,
    descents: tuple[Descent, ...],
    told: frozenset[str] = frozenset(),
) -> list[Phase]:
    """The end of every move: loss and gradient, then the step.

    Args:
        readings: of the move, by column.
        loss: all that was descended.
        told: names of numbers that phases have told already.
    """
    numbers = [Number(spoken(column), value) for column, value in readings.items()]
    numbers = [number for number in numbers if number.name not in told]
    if all(number.value != loss for number in numbers):
        numbers.append(Number("all that is made small", loss))
    exhibits = [
        exhibit
        for one in account.asked
        if one.made.grad is not None
        for exhibit in one.show(one.made, one.made.grad)
    ]
    players = tuple(descent.player for descent in descents)
    who = " and ".join(players)
    return [
        Phase(
            account.along or players,
            f"{whose(players)} loss and gradient",
            _why(descents, bool(exhibits)),
            (*numbers, *_each(descents, _slopes)),
            tuple(exhibits),
        ),
        Phase(
            players,
            f"{who} {'moves' if len(players) == 1 else 'move'}",
            _how(descents),
            _each(descents, _steps),
        ),
    ]


def whose(players: tuple[str, ...]) -> str:
    """D's, or G_ab's and G_ba's."""
    return " and ".join(f"{player}'s" for player in players)


def _why(descents: tuple[Descent, ...], shown: bool) -> str:
    count = sum(descent.weights for descent in descents)
    first = descents[0].player
    if first.startswith("D"):
        words = "The loss says in one number how wrong D was."
    else:
        words = "The loss says in one number how far G is from what it wants."
    words += f" Its gradient says of each of the {count:,} weights how a change would change that."
    if not first.startswith("D") and shown:
        words += " It comes back through what G made: this is all that G ever hears."
    return words


def _how(descents: tuple[Descent, ...]) -> str:
    names = " and ".join(sorted({descent.optimiser for descent in descents}))
    return (
        f"Every weight takes a small step that should make the loss smaller: {names} makes it of"
        " the gradient and of what it remembers of earlier ones, and the learning rate says how"
        " small."
    )


def _each(
    descents: tuple[Descent, ...], numbers: Callable[[Descent], list[Number]]
) -> tuple[Number, ...]:
    """The numbers of every player, under its name if there are several."""
    alone = len(descents) == 1
    return tuple(
        number if alone else number._replace(name=f"{descent.player}: {number.name}")
        for descent in descents
        for number in numbers(descent)
    )


def _slopes(descent: Descent) -> list[Number]:
    numbers = [Number("gradient's norm", descent.gradient)]
    if descent.clipped != descent.gradient:
        numbers.append(Number("after clipping", descent.clipped))
    return numbers


def _steps(descent: Descent) -> list[Number]:
    share = 100.0 * descent.moved / descent.length if descent.length else float("inf")
    return [
        Number("learning rate", descent.rate),
        Number("length of the step ‖Δw‖", descent.moved),
        Number("length of all weights ‖w‖", descent.length),
        Number("the step beside them", share, "%"),
    ]
