"""The words of slow motion, kind of game by kind of game, and what is shown with them.

A teller gets the tensors that trained, and makes phases of them; the maths stands in the games' own
files. Boxes and arrows are those of the game's scene.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn.functional import pad

from gan_lab.games.phases import Exhibit, Lens, Number, Phase

_MAKING = ("G", "G>fake", "fake")


class FromNoise:
    """Of a G that begins from z."""

    def __init__(self, lens: Lens, far: float, *, classes: bool) -> None:
        """
        Args:
            lens: how people are shown what G makes.
            far: how large a number of z is at most; see ``objectives.reach``.
            classes: whether G is told a class.
        """
        self._lens = lens
        self._far = far
        self._classes = classes
        given = ("class", "class>G") if classes else ()
        self._acting = ("z", "z>G", *given, *_MAKING)

    def made(self, z: Tensor, x: Tensor) -> list[Phase]:
        """z, batch×dim, was drawn, and G made x of it."""
        count, dim = z.shape
        words = f"{count} times {dim} random {'number' if dim == 1 else 'numbers'}, new ones."
        words += f" G makes one of the {self._lens.things} out of each."
        if dim > 2:
            words += " In the tiles light is a large number, dark a small one."
        if self._classes:
            words += " Each comes with a class, that of a real one of this batch."
        spread = Number("their spread (standard deviation)", float(z.std(correction=0)))
        return [
            Phase(("z",), "Draw noise", words, (spread,), (self._noise(z),)),
            Phase(
                self._acting,
                "G generates",
                f"G turns each z into {self._lens.one}, with its weights as they are now. Nothing"
                " is learned from that yet.",
                exhibits=(self._lens.exhibit("fakes", "g", x),),
            ),
        ]

    def again(self, z: Tensor, x: Tensor, *, shared: bool) -> Phase:
        """What G is to learn from; ``shared``: D has judged it already."""
        if shared:
            words = "The fakes that D has just learned from are used once more, for G."
        else:
            words = "New noise, new fakes, for G to learn from."
        return Phase(
            self._acting,
            "The same fakes again" if shared else "G generates again",
            f"{words} This time every step inside G is remembered, to trace back what each weight"
            " had to do with it.",
            exhibits=(self._noise(z), self._lens.exhibit("fakes", "g", x)),
        )

    def _noise(self, z: Tensor) -> Exhibit:
        """z as points if there are two numbers or one, else as a tile each: white is much."""
        if z.shape[1] <= 2:
            at = pad(z, (0, 2 - z.shape[1]))
            return Lens(lambda x: x, self._far).exhibit("z", "ink", at)
        side = math.ceil(math.sqrt(z.shape[1]))
        padded = pad(z, (0, side**2 - z.shape[1]))
        tiles = (127.5 + 127.5 * padded / self._far).round().clamp(0, 255).byte()
        return Lens(lambda x: x.view(-1, 1, side, side)).exhibit("z", "ink", tiles)


class WithAnswer:
    """Of a G that begins from a picture whose right answer is known."""

    def __init__(self, lens: Lens, titles: tuple[str, str], made: str, true: str, *,
                 between: tuple[str, ...] = ()) -> None:  # fmt: skip
        """
        Args:
            titles: of two phases: where pictures come from, what G does.
            made, true: what G's pictures and the right ones are called.
            between: arrows of the scene between the right ones and what G is given.
        """
        self._drawn = ("real", *between, "given")
        self._lens = lens
        self._titles = titles
        self._made = made
        self._true = true

    def made(
        self, start: Tensor, true: Tensor, fake: Tensor, name: str, drawn: str, making: str
    ) -> list[Phase]:
        """G made ``fake`` of ``start``, where ``true`` is right.

        Args:
            name: of ``start``.
            drawn, making: what to say of both phases.
        """
        given = self._lens.exhibit(name, "ink", start)
        right = self._lens.exhibit(self._true, "real", true)
        return [
            Phase(self._drawn, self._titles[0], drawn, exhibits=(given, right)),
            Phase(
                ("given", "given>G", *_MAKING),
                self._titles[1],
                making,
                exhibits=(given, self._lens.exhibit(self._made, "g", fake)),
            ),
        ]

    def again(self, fake: Tensor) -> list[Phase]:
        """G learns from fakes which were judged already."""
        return [
            Phase(
                ("fake",),
                "The same fakes again",
                "The fakes that D has just learned from are used once more, for G.",
                exhibits=(self._lens.exhibit(self._made, "g", fake),),
            )
        ]

    def compared(self, fake: Tensor, true: Tensor, numbers: tuple[Number, ...] = ()) -> Phase:
        """G plays for the right answer, too."""
        return Phase(
            ("fake", "real"),
            "Beside the right answer",
            "What G made beside what it should have made. G tries to come nearer, pixel by pixel.",
            numbers,
            (
                self._lens.exhibit(self._made, "g", fake),
                self._lens.exhibit(self._true, "real", true),
            ),
        )


class BothWays:
    """Of two G that turn one kind of picture into the other, and back."""

    def __init__(self, lens: Lens) -> None:
        self._lens = lens

    def made(self, a: Tensor, b: Tensor, fake_a: Tensor, fake_b: Tensor) -> list[Phase]:
        """Pictures of both kinds were drawn, and turned."""
        real_a, real_b = self._lens.exhibit("A", "real", a), self._lens.exhibit("B", "real", b)
        drawn = Phase(
            ("a", "b"),
            "Draw some of each kind",
            "The next pictures of kind A, and the next of kind B. No A belongs to any B.",
            exhibits=(real_a, real_b),
        )
        return [
            drawn, self._turned("G_ab", real_a, "b", fake_b),
            self._turned("G_ba", real_b, "a", fake_a),
        ]  # fmt: skip

    def _turned(self, g: str, given: Exhibit, to: str, fake: Tensor) -> Phase:
        start, kind = given.name.lower(), to.upper()
        return Phase(
            (start, f"{start}>{g}", g, f"{g}>fake_{to}", f"fake_{to}"),
            f"{g} turns {given.name} into {kind}",
            f"{g} makes each {given.name} into what it takes for a {kind}. What the right answer"
            " would be, nobody knows.",
            exhibits=(given, self._lens.exhibit(f"fake {kind}", "g", fake)),
        )

    def back(self, a: Tensor, back_a: Tensor, b: Tensor, back_b: Tensor) -> Phase:
        """Both ways and back (cycle consistency)."""
        return Phase(
            ("fake_b", "fake_b>G_ba", "G_ba", "fake_a", "fake_a>G_ab", "G_ab"),
            "There and back",
            "Each fake is turned back by the other G, and should be the picture again that it came"
            " from. So a fake must not forget what it was made of.",
            exhibits=self._both((a, back_a, "and back"), (b, back_b, "and back")),
        )

    def left(self, a: Tensor, same_a: Tensor, b: Tensor, same_b: Tensor) -> Phase:
        """What each G makes of what is right already (identity)."""
        return Phase(
            ("a", "G_ba", "b", "G_ab"),
            "What is right already",
            "G_ab is given what is a B already, and G_ba what is an A: they should leave it alone.",
            exhibits=self._both((a, same_a, "through G_ba"), (b, same_b, "through G_ab")),
        )

    def _both(self, *kinds: tuple[Tensor, Tensor, str]) -> tuple[Exhibit, ...]:
        """Pictures of both kinds, and what became of them."""
        return tuple(
            exhibit
            for name, (real, made, words) in zip("AB", kinds, strict=True)
            for exhibit in (
                self._lens.exhibit(name, "real", real),
                self._lens.exhibit(f"{name} {words}", "g", made),
            )
        )


def older(judge: str, box: str, fakes: Exhibit) -> Phase:
    """Older fakes are among those that a discriminator is going to be shown.

    Args:
        box: of the fakes in the scene.
    """
    return Phase(
        (box,),
        "Older fakes among them",
        f"{judge} should not forget what G used to make: past fakes are kept in a pool, and some of"
        " the new ones are exchanged for them.",
        exhibits=(fakes,),
    )
