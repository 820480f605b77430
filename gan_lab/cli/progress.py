"""How far a run is, on stderr: a bar in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gan_lab.cli.output import tell
from gan_lab.runs import Budget, Moment, State
from gan_lab.words import size_of

LINE_INTERVAL = 10.0  # s between two lines where there is no terminal

Show = Callable[[Moment], None]


def share(budget: Budget, moment: Moment) -> float:
    """How much of the budget is spent, 0 to 1; of several limits the nearest counts."""
    counts = moment.counts
    pairs = (
        (counts.steps, budget.steps),
        (counts.images, budget.images),
        (moment.seconds, budget.seconds),
    )
    return min(1.0, max((done / whole for done, whole in pairs if whole), default=0.0))


def words(moment: Moment) -> str:
    """A moment in one line."""
    if moment.state is State.LOADING:
        return "loading"
    return (
        f"{size_of(moment.counts.steps, 'step')}, {size_of(moment.counts.images, 'picture')},"
        f" {moment.seconds:.0f} s, {moment.images_per_second:,.0f} pictures/s"
    )


@contextlib.contextmanager
def shown_progress(budget: Budget, where: Path) -> Iterator[Show]:
    """While inside, moments handed to what it gives are shown."""
    if sys.stderr.isatty():
        with _bar(budget) as show:
            yield show
    else:
        yield _lines(where)


def _lines(where: Path) -> Show:
    last = time.monotonic()

    def show(moment: Moment) -> None:
        nonlocal last
        if time.monotonic() - last > LINE_INTERVAL and not moment.state.over:
            last = time.monotonic()
            tell(f"{where.name}: {words(moment)}")

    return show


@contextlib.contextmanager
def _bar(budget: Budget) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    progress = Progress(
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        # drawn when a moment is shown, and by nobody else: a thread that draws takes the GIL
        auto_refresh=False,
        redirect_stdout=False,
        transient=True,
    )
    with progress:
        task = progress.add_task("loading", total=1.0)

        def show(moment: Moment) -> None:
            progress.update(task, completed=share(budget, moment), description=words(moment))
            progress.refresh()

        yield show
