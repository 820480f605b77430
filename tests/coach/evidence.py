"""Evidence made by hand: curves that show a disease, or health."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gan_lab.coach import Coach, Evidence, Health, Probe
from gan_lab.config import RunConfig, put
from gan_lab.data import Kind
from gan_lab.games import game_of
from gan_lab.measures import Measured, Value, Weights
from gan_lab.presets import preset
from gan_lab.training.history import History
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import Counts

KIND = Kind(1, 28, tuple("0123456789"))
TOTAL = 6000


def columns_of(config: RunConfig) -> tuple[str, ...]:
    """All columns of a run's history."""
    game = game_of(config)
    rest = (f"{what}/{name}" for what in ("grad", "lr") for name in game.names)
    return (*game.readings, *rest)


def evidence(
    config: RunConfig | str = "quick",
    curves: Mapping[str, ArrayLike] | None = None,
    *,
    steps: int = 600,
    changes: Mapping[str, Any] | None = None,
    measured: Mapping[str, ArrayLike] | None = None,
    floors: Mapping[str, float] | None = None,
    weights: Weights = "averaged",
    probe: Probe | None = None,
    preview: Probe | None = None,
    turned: tuple[int, ...] = (),
    ledger: tuple[Entry, ...] = (),
    broken: bool = False,
    undoable: Iterable[int] = (),
    kind: Kind = KIND,
    total: int = TOTAL,
    noise: float = 0.0,
    seed: int = 0,
) -> Evidence:
    """A run at ``steps``.

    Args:
        config: or the name of a preset; ``changes`` are applied to it.
        curves: by column, each a number or as many as there are steps. Learning rates are the
            config's unless given; all else was never read.
        measured: by measure, as many numbers as one likes, spread evenly up to the last step.
        noise: standard deviation laid over all curves but learning rates.
        turned: steps at which some parameter was changed a little, where no ``ledger`` is given.
    """
    config = preset(config).config if isinstance(config, str) else config
    config = put(config, dict(changes or {}))
    columns = columns_of(config)
    rows = np.full((steps, len(columns)), np.nan, np.float32)
    draw = np.random.default_rng(seed)
    for index, column in enumerate(columns):
        if column.startswith("lr/"):
            rows[:, index] = config.optim.of(column[3:]).lr
        if column in (curves or {}):
            rows[:, index] = np.broadcast_to(np.asarray((curves or {})[column]), steps)
            if not column.startswith("lr/"):
                rows[:, index] += noise * draw.normal(size=steps)
    images = steps * config.training.batch
    return at(
        config, columns, rows, kind=kind, total=total, probe=probe, preview=preview, images=images,
        measured=_measured(measured or {}, floors or {}, steps, weights), broken=broken,
        ledger=ledger or tuple(Entry(step, "optim.g.beta1", 0.5, 0.51) for step in turned),
        undoable=undoable,
    )  # fmt: skip


def at(
    config: RunConfig,
    columns: tuple[str, ...],
    rows: np.ndarray,
    *,
    kind: Kind = KIND,
    total: int = TOTAL,
    images: int = 0,
    measured: tuple[Measured, ...] = (),
    probe: Probe | None = None,
    preview: Probe | None = None,
    ledger: tuple[Entry, ...] = (),
    broken: bool = False,
    undoable: Iterable[int] = (),
) -> Evidence:
    """A run whose history is these rows."""
    history = History(columns)
    history.append(rows)
    counts = Counts(len(rows), len(rows), images, images / total)
    return Evidence(
        config, kind, total, counts, history.recent(500), history.curves(), measured, probe,
        preview, ledger, broken, undoable=frozenset(undoable),
    )  # fmt: skip


def _measured(
    values: Mapping[str, ArrayLike], floors: Mapping[str, float], steps: int, weights: Weights
) -> tuple[Measured, ...]:
    series = {name: np.atleast_1d(np.asarray(numbers, float)) for name, numbers in values.items()}
    count = max((len(numbers) for numbers in series.values()), default=0)
    at_steps = np.linspace(steps / max(count, 1), steps, count).astype(int)
    return tuple(
        Measured(
            int(step),
            weights,
            {
                name: Value(float(numbers[index]), 500, floors.get(name))
                for name, numbers in series.items()
                if index < len(numbers)
            },
        )
        for index, step in enumerate(at_steps)
    )


def healthy(name: str = "quick", *, steps: int = 600, **others: Any) -> Evidence:
    """A run as it should be: D a little ahead, gradients as they were."""
    config = preset(name).config
    curves = {"loss/D": 1.2, "loss/G": 0.9, "D(x)": 0.6, "D(G(z))": 0.4}
    game = game_of(config)
    if config.objective.game == "unpaired":
        curves = dict.fromkeys(("loss/D_a", "loss/D_b", "loss/G"), 0.2)
        curves |= {"D_a(a)": 0.6, "D_b(b)": 0.6, "D_a(G_ba(b))": 0.4, "D_b(G_ab(a))": 0.4}
    curves |= {f"grad/{player}": 1.0 for player in game.names}
    return evidence(config, curves, steps=steps, noise=others.pop("noise", 0.03), **others)


def watched(coach: Coach, make: Callable[[int], Evidence], steps: range) -> list[Health]:
    """What a coach says at each of some steps."""
    return [coach.look(make(step)) for step in steps]
