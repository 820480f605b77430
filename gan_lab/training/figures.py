"""All plots of a run: its game's, then what every run has."""

from __future__ import annotations

from gan_lab.config import RunConfig
from gan_lab.games import Curve, Figure, game_of
from gan_lab.games.figures import coloured


def figures(config: RunConfig) -> tuple[Figure, ...]:
    """What the page draws with this configuration; the columns are those of ``History``."""
    game = game_of(config)
    return (
        *game.figures(config),
        Figure(
            "Gradient norms",
            "How hard each player is pushed. Near zero: it learns no more. Growing without end:"
            " it is about to break.",
            coloured(game.names, "grad"),
            log=True,
        ),
        Figure(
            "Learning rates",
            "The size of each player's steps, as the schedule and your knobs make it.",
            tuple(_rate(curve) for curve in coloured(game.names, "lr")),
            log=True,
            calm=True,
        ),
    )


def common(one: RunConfig, other: RunConfig) -> tuple[Figure, ...]:
    """The figures that two runs both have, with the curves of either.

    What the configurations see differently (where a curve rests, what its numbers mean) is left
    out, as it would be true of one run only.
    """
    others = {figure.title: figure for figure in figures(other)}
    return tuple(
        _merged(figure, others[figure.title]) for figure in figures(one) if figure.title in others
    )


def lone(one: RunConfig, other: RunConfig) -> tuple[str, ...]:
    """Titles of the figures that the first run has and the other one has not."""
    others = {figure.title for figure in figures(other)}
    return tuple(figure.title for figure in figures(one) if figure.title not in others)


def _merged(one: Figure, other: Figure) -> Figure:
    theirs = {curve.column: curve for curve in other.curves}
    mine = {curve.column for curve in one.curves}
    curves = [
        curve if theirs.get(curve.column, curve).rest == curve.rest else curve._replace(rest=None)
        for curve in one.curves
    ]
    return one._replace(
        curves=(*curves, *(curve for column, curve in theirs.items() if column not in mine)),
        meaning=one.meaning if one.meaning == other.meaning else "",
        range=one.range if one.range == other.range else None,
        log=one.log and other.log,
    )


def _rate(curve: Curve) -> Curve:
    """G's dashed, as both players' often lie on one another."""
    return curve._replace(plain=True, dash=curve.dash or ("dash" if curve.colour == "g" else ""))
