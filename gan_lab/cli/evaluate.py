"""``evaluate``: all measures of a run's generator, beside what real pictures come to."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say, say_json, tell
from gan_lab.cli.progress import LINE_INTERVAL
from gan_lab.config import RunConfig
from gan_lab.data import Kind, Pictures, load
from gan_lab.measures import MEASURES, Measured, Reference, Weights, drawn, suitable, take
from gan_lab.metrics import inception
from gan_lab.metrics.cache import cache_root
from gan_lab.metrics.judge import Judge, judge_of
from gan_lab.metrics.judge import check as can_be_judged
from gan_lab.runs import RunDirectory, open_named, open_players
from gan_lab.runs.messages import Shown
from gan_lab.runs.pretrained import PREFIX
from gan_lab.words import size_of

ENOUGH = {False: 5000, True: 2500}  # fakes, of pictures and of points
WEIGHTS = ("averaged", "raw", "both")

Show = Callable[[str, float], None]
"""What is being done, and the share of it that is."""


def evaluate(run: str, metrics: str | None, n: int | None, weights: str, *, as_json: bool) -> None:
    """Measure the newest checkpoint of a run, and print what came out.

    Args:
        metrics: names with commas between them; all that suit the run by default.
        n: fakes; less where there are fewer real pictures to compare with.
        weights: one of :data:`WEIGHTS`.

    Raises:
        UsageError: a name, or weights, that there are not.
        DirectoryError: there is no such run, or it holds no checkpoint that can be read.
        PretrainedError: no generator of that name came with the app.
        DataError: its real pictures are not on this machine.
    """
    wanted = _weights(weights)
    unknown = [name for name in _split(metrics) if name not in MEASURES]
    if unknown:
        raise UsageError(
            f"--metrics {unknown[0]!r} is not allowed; there are {', '.join(MEASURES)}"
        )
    shown = open_named(run) if run.startswith(PREFIX) else open_players(RunDirectory.find(run))
    if "raw" in wanted and not shown.raw:
        raise UsageError(f"--weights {weights}: only the average of this one is kept; leave it out")
    config, kind = shown.config, shown.kind
    train, held_out = load(config.data), load(config.data, train=False)
    names = _names(metrics, config, kind, judged=_judged(train))
    with _progress() as show:
        show(f"{size_of(len(train.images) + len(held_out.images), 'real image')} read", 0.0)
        judge = None
        if any(MEASURES[name].judged for name in names) and not kind.points:
            judge = judge_of(train, held_out, progress=lambda done: show("classifier", done))
        n = n or ENOUGH[kind.points]
        reference = Reference(
            config, train, held_out, judge, most=max(n, ENOUGH[True]),
            cache=cache_root() / "features",
        )  # fmt: skip
        found = [_measured(shown, which, reference, names, n, show) for which in wanted]
    if as_json:
        say_json(_content(run, shown, judge, found))
    else:
        _tell(shown, judge, found)


def _split(metrics: str | None) -> list[str]:
    return [name.strip() for name in (metrics or "").split(",") if name.strip()]


def _weights(weights: str) -> tuple[Weights, ...]:
    if weights not in WEIGHTS:
        raise UsageError(f"--weights {weights!r} is not allowed; give one of {', '.join(WEIGHTS)}")
    return {"averaged": ("averaged",), "raw": ("raw",), "both": ("averaged", "raw")}[weights]


def _judged(train: Pictures) -> bool:
    """Whether there can be a classifier of these pictures."""
    try:
        can_be_judged(train)
    except ValueError:
        return False
    return True


def _names(metrics: str | None, config: RunConfig, kind: Kind, *, judged: bool) -> list[str]:
    """Names of the measures that are asked for. Raises UsageError for one that does not suit."""
    there, asked = suitable(config, kind, have_judge=judged), _split(metrics)
    for name in asked:
        if name.endswith("-inception") and (missing := inception.why_not()):
            raise UsageError(f"--metrics {name}: {missing}")
        if name not in there:
            raise UsageError(
                f"--metrics {name!r} does not suit this run; those that do are {', '.join(there)}"
            )
    return asked or there


def _measured(
    shown: Shown, which: Weights, reference: Reference, names: list[str], n: int, show: Show
) -> Measured:
    generators = shown.networks if which == "averaged" else shown.raw
    began = time.process_time()
    material = drawn(
        reference, shown.config, generators, shown.judges, n,
        progress=lambda done: show(f"{which}: drawing generated images", done),
    )  # fmt: skip
    values = {}
    for done, name in enumerate(names, 1):
        # the first metric of a feature network also passes the real images through the network
        show(f"{which}: {name} ({done} of {len(names)} metrics)", (done - 1) / len(names))
        values |= take(material, [name])
    return Measured(shown.step, which, values, time.process_time() - began)


def _content(
    run: str, shown: Shown, judge: Judge | None, found: list[Measured]
) -> dict[str, object]:
    names = {name: MEASURES[name] for one in found for name in one.values}
    return {
        "run": run,
        "step": shown.step,
        "data": shown.config.data.name,
        "classifier": judge
        and {"name": judge.name, "accuracy": judge.accuracy, "n": judge.held_out},
        "measures": {
            name: {"title": one.title(shown.config), "better": one.better, "unit": one.unit}
            for name, one in names.items()
        },
        "measured": [one.to_json() for one in found],
    }


def _tell(shown: Shown, judge: Judge | None, found: list[Measured]) -> None:
    for one in found:
        which = "the averaged G" if one.weights == "averaged" else "G itself"
        say(f"{which}, {size_of(shown.step, 'step')}, {shown.config.data.name}")
        say(f"  {'measure':<24}{'value':>12}{'real':>12}{'n':>8}  better")
        for name, value in one.values.items():
            floor = "" if value.floor is None else _short(value.floor)
            say(
                f"  {name:<24}{_short(value.number):>12}{floor:>12}{value.n:>8}"
                f"  {MEASURES[name].better}, {MEASURES[name].title(shown.config)}"
            )
    say("real: what as many real pictures come to, about as good as fakes can be")
    if judge is not None:
        say(f"{judge.name} of {judge.held_out:,} held-out pictures")


def _short(number: float) -> str:
    """About four digits."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    return f"{number:.4g}" if abs(number) < 10_000 else f"{number:,.0f}"


def _lines() -> Show:
    last, before = 0.0, ""

    def show(what: str, share: float) -> None:
        nonlocal last, before
        if what != before or time.monotonic() - last > LINE_INTERVAL:
            last, before = time.monotonic(), what
            tell(f"{what}, {share:.0%} done" if share else what)

    return show


@contextlib.contextmanager
def _progress() -> Iterator[Show]:
    """On stderr: a bar in a terminal; elsewhere a line for each step of the work, and every ten
    seconds how far it is."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(
        BarColumn(bar_width=30), TextColumn("{task.description}", markup=False),
        console=Console(stderr=True), redirect_stdout=False, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("loading", total=1.0)
        yield lambda what, share: bar.update(task, completed=min(1.0, share), description=what)
