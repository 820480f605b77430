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


def _rate(curve: Curve) -> Curve:
    """G's dashed, as both players' often lie on one another."""
    return curve._replace(plain=True, dash=curve.dash or ("dash" if curve.colour == "g" else ""))
