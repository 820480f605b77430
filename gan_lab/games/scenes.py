"""Pictures of games, of what they have in common: one G that makes, one D that compares."""

from __future__ import annotations

from gan_lab.games.base import Arrow, Box, Scene

TILES = 4
"""Small pictures in a box."""

BARS = 16
"""Numbers that a small picture shows at most."""

LEARNS = "how G learns"

ANSWER = "The gradient from D: it tells G how to change its fakes so that D takes them for real."


def spread(step: int, count: int, offset: int = 0) -> tuple[int, ...]:
    """The tiles of a box: every ``step``-th of a view of ``count`` tiles, from ``offset`` on."""
    return tuple(offset + step * i for i in range(TILES) if offset + step * i < count)


def g_box(place: tuple[float, float], hint: str, *, id: str = "G", reading: str = "loss/G") -> Box:
    """A generator."""
    return Box(id, "player", id, hint, place, "g", role="generator", reading=reading, reads="loss")


def d_box(place: tuple[float, float], hint: str, *, id: str = "D", reading: str = "loss/D") -> Box:
    """A discriminator."""
    return Box(
        id,
        "player",
        id,
        hint,
        place,
        "d",
        role="discrimi\u00adnator",
        reading=reading,
        reads="loss",
    )


def made_box(
    place: tuple[float, float], label: str, hint: str, *, id: str = "fake",
    reading: str = "D(G(z))", judge: str = "D",
    view: str = "", tiles: tuple[int, ...] = (),
) -> Box:  # fmt: skip
    """What G makes; how real D takes it for, from 0 to 1, is its reading."""
    hint = f"{hint} {judge} believes: how sure it is that this is real."
    return Box(id, "made", label, hint, place, "g", reading=reading, reads=f"{judge} believes",
               view=view, tiles=tiles)  # fmt: skip


def real_box(
    place: tuple[float, float], label: str, hint: str, *, id: str = "real",
    reading: str = "D(x)", judge: str = "D",
    view: str = "", tiles: tuple[int, ...] = (),
) -> Box:  # fmt: skip
    """What is real; how real D takes it for, from 0 to 1, is its reading."""
    hint = f"{hint} {judge} believes: how sure it is that this is real."
    return Box(id, "real", label, hint, place, "real", reading=reading, reads=f"{judge} believes",
               view=view, tiles=tiles)  # fmt: skip


def duel(given: Box, fake: Box, real: Box, g: str, besides: tuple[Arrow, ...] = ()) -> Scene:
    """``given`` → G → ``fake`` → D ← ``real``, and D's answer to G.

    Args:
        g: what G does, in one sentence.
        besides: other arrows.
    """
    row = fake.place[1]
    boxes = (
        given,
        g_box((1, row), g),
        fake,
        d_box((3, row), "The discriminator. It learns to tell real ones from fakes."),
        real,
    )
    arrows = (
        Arrow(given.id, "G", "The input of G."),
        Arrow("G", fake.id, "The output of G."),
        Arrow(fake.id, "D", "D is shown fakes, and should say: fake."),
        Arrow(real.id, "D", "D is shown real ones, and should say: real."),
        Arrow("D", "G", ANSWER, "answer", LEARNS),
    )
    return Scene(boxes, arrows + besides)
