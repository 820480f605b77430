"""The plots that games have in common."""

from __future__ import annotations

from gan_lab.config import RunConfig
from gan_lab.games.base import Curve, Figure
from gan_lab.games.referee import column
from gan_lab.objectives import LOSSES, resting


def losses(config: RunConfig, curves: tuple[Curve, ...] | None = None, besides: str = "") -> Figure:
    """Both players' losses, where they rest, and what they mean with the loss at hand.

    Args:
        curves: instead of those of G and D.
        besides: what else there is to know of the numbers of this game.
    """
    rest = resting(config.objective)
    plain = (
        config.objective.adversarial == 1.0
        and not config.objective.features
        and config.networks.labels != "auxiliary"
    )
    common = (
        Curve("loss/D", "D", "d", rest.d),
        # with other weights or terms beside D's verdict G's loss rests elsewhere
        Curve("loss/G", "G", "g", rest.g if plain else None),
    )
    if not plain and not besides:
        besides = "Other things count in G's number here too, so it rests elsewhere."
    return Figure(
        "Losses",
        "What each player tries to make small. Dotted: where it rests once D cannot tell fake from"
        " real.",
        common if curves is None else curves,
        meaning=" ".join(filter(None, (LOSSES[config.objective.loss].meaning, besides))),
    )


def opinions(config: RunConfig, curves: tuple[Curve, ...] | None = None) -> Figure:
    """What D says of real pictures and of fakes."""
    common = (
        Curve("D(x)", "D(x)", "real", resting(config.objective).opinion),
        Curve("D(G(z))", "D(G(z))", "g"),
    )
    return Figure(
        "D's opinion",
        "What D says to real pictures, D(x), and to fakes, D(G(z)). 1: surely real. 0: surely"
        " fake. Dotted: it cannot tell.",
        common if curves is None else curves,
        range=(-0.03, 1.03),
    )


_DASHES = ("", "dash")


def extras(config: RunConfig, judges: tuple[str, ...] = ("D",)) -> tuple[Figure, ...]:
    """Plots of what is switched on beside the loss: penalties, naming of classes, ADA.

    Args:
        judges: the game's discriminators; each has curves of its own, dashed for a second one.
    """

    def curves(*kinds: Curve) -> tuple[Curve, ...]:
        return tuple(
            kind._replace(
                column=column(kind.column, judge),
                name=kind.name if len(judges) == 1 else f"{judge} {kind.name}",
                dash=dash,
            )
            for judge, dash in zip(judges, _DASHES, strict=False)
            for kind in kinds
        )

    steady, figures = config.regularisation, []
    if steady.gp or steady.dragan:
        figures.append(
            Figure(
                "D's slope",
                "How steep D is where the penalty looks: it should be 1 (dotted).",
                curves(Curve("gp" if steady.gp else "dragan", "slope", "d", 1.0)),
            )
        )
    if steady.r1 or steady.r2:
        flat = (("r1", "at real", "real", steady.r1), ("r2", "at fakes", "g", steady.r2))
        figures.append(
            Figure(
                "D's steepness",
                "Squared slope of D at real pictures and at fakes; the penalty pulls it to 0.",
                curves(*(Curve(reading, name, colour) for reading, name, colour, on in flat if on)),
                log=True,
            )
        )
    if config.networks.labels == "auxiliary":
        figures.append(
            Figure(
                "Naming the class",
                "How badly D names the class of real pictures; 0 is perfect.",
                curves(Curve("naming", "D", "d")),
            )
        )
    if config.objective.ada:
        figures.append(
            Figure(
                "Augmentation",
                "Share of the pictures that each change is applied to; it grows while D overfits.",
                curves(Curve("augment share", "share", "d", plain=True)),
                range=(-0.03, 1.03),
                calm=True,
            )
        )
    return tuple(figures)


def coloured(names: tuple[str, ...], prefix: str) -> tuple[Curve, ...]:
    """A curve ``prefix/NAME`` for each player: colour by role, dashed for a second one."""
    seen: dict[str, int] = {}
    curves = []
    for name in names:
        role = name[0].lower()
        curves.append(
            Curve(f"{prefix}/{name}", name, role, dash=_DASHES[seen.setdefault(role, 0) % 2])
        )
        seen[role] += 1
    return tuple(curves)
