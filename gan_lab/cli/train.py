"""``train``: check everything, then make a run, show how it gets on, and stop it when asked."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from gan_lab.cli.coach import News
from gan_lab.cli.intake import tell_intake
from gan_lab.cli.output import Failed, say, say_json, tell
from gan_lab.cli.progress import shown_progress
from gan_lab.config import RunConfig, put
from gan_lab.data import NAMED, DataError, Intake, Pictures, domains, load
from gan_lab.games import rehearse
from gan_lab.runs import Budget, Run, RunDirectory, State
from gan_lab.runs.directory import new_path
from gan_lab.runs.messages import Checkpoint, Stop
from gan_lab.runs.origin import keep_preset
from gan_lab.training import memory
from gan_lab.training.devices import pick_device, share_threads
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import config_of
from gan_lab.words import size_of

DEFAULT_SECONDS = 60.0
POLL = 0.25  # s between two looks at the run
ONWARDS = "then go on with: python -m gan_lab train --resume {run}"
_IMPATIENT = 3  # signals after which the process ends as the system would have it


@dataclass(frozen=True)
class Order:
    """A run that can begin: everything that could be wrong with it has been looked at.

    Attributes:
        directory: where it lives.
        config: the experiment; of the checkpoint, if it goes on.
        changes: live changes to begin with, by path.
        resume: whether it goes on from a checkpoint.
        trained, steps: seconds and rounds of training so far.
    """

    directory: RunDirectory
    config: RunConfig
    pictures: Pictures
    changes: dict[str, Any] = field(default_factory=dict)
    resume: bool = False
    trained: float = 0.0
    steps: int = 0


def new(config: RunConfig, preset: str, out: Path | None) -> Order:
    """A new run; its folder is made last, so that wrong input leaves nothing behind.

    Args:
        preset: name of the preset that it began from; or "".
        out: its folder, new or empty; one below the runs root by default.

    Raises ConfigError, DataError, DirectoryError, ValueError or OSError.
    """
    config = _from_anywhere(config)
    pictures = _checked(config, partial(tell_intake, config=config))
    if config.training.start_from:
        parent = RunDirectory.find(config.training.start_from)
        parent.read_checkpoint()  # raises if there is none
        config = put(config, {"training.start_from": str(parent.path.resolve())})
    directory = RunDirectory.create(out or new_path(config, preset))
    keep_preset(directory.path, preset)
    return Order(directory, config, pictures)


def resumed(name: str, changes: dict[str, Any]) -> Order:
    """The run of that name or folder, to go on from its newest checkpoint."""
    directory = RunDirectory.find(name)
    state = directory.read_checkpoint()
    config = config_of(state)
    put(config, changes)  # raises here what the run would only refuse
    return Order(
        directory,
        config,
        _checked(config, lambda _: None),
        changes,
        True,
        state["seconds"],
        state["steps"],
    )


def _from_anywhere(config: RunConfig) -> RunConfig:
    """Own pictures by their full path, so that the run can go on from another folder."""
    own = Path(config.data.name)
    if config.data.name.partition(":")[0] in NAMED or not own.exists():
        return config
    return put(config, {"data.name": str(own.resolve())})


def _checked(config: RunConfig, told: Callable[[Intake], None]) -> Pictures:
    """The real pictures, once it is sure that the players can be built for them here.

    ``told`` hears of own ones what reading them came to.
    """
    pick_device(config.training.device)
    with contextlib.redirect_stdout(sys.stderr):  # a download talks
        try:
            pictures = load(config.data, download=True, told=told)
        except DataError as error:
            raise DataError(f"data.name: {error}") from None
    rehearse(config, pictures.kind)
    memory.refuse_too_much(config, pictures.kind, len(pictures))
    if config.data.pairs != "none":
        domains(pictures, config.data.pairs)  # raises if there are none
    return pictures


def train(order: Order, limits: dict[str, Any], *, as_json: bool) -> None:
    """Train to the end, to a limit, or until SIGINT or SIGTERM; print how it went.

    Raises Failed if the run did.
    """
    budget = _budget(limits, order)
    log = logging.FileHandler(order.directory.path / "errors.log", encoding="utf-8", delay=True)
    logging.getLogger("gan_lab").addHandler(log)
    run = Run(
        order.config,
        order.directory,
        budget=budget,
        threads=share_threads(0),
        resume=order.resume,
        changes=order.changes,
        pictures=order.pictures,
    )
    caught = Caught()
    try:
        with caught.listening(), shown_progress(budget, order.directory.path) as show:
            news, saves = News(), Saves(run)
            run.start()
            stopping, refused = False, ""
            while not run.join(POLL):
                refused = refused or run.latest().refused  # nobody is there to press Resume
                if (caught.name or refused) and not stopping:
                    stopping = True
                    run.send(Stop())
                saves.look(caught)
                show(run.latest())
                news.tell(run.checkup())
            show(run.latest())
            news.tell(run.checkup())
    finally:
        logging.getLogger("gan_lab").removeHandler(log)
        log.close()
    if refused := refused or run.latest().refused:
        raise Failed(f"{refused}, {ONWARDS.format(run=order.directory.path)}")
    if order.resume and (note := run.latest().note) and run.latest().state is not State.FAILED:
        tell(note)
    _report(run, caught.name, as_json=as_json)
    if order.resume and run.latest().counts.steps == order.steps:
        tell("nothing was left to do: --steps, --images and --seconds are totals of the run")


def _budget(limits: dict[str, Any], order: Order) -> Budget:
    if all(limit is None for limit in limits.values()):
        limits = {"seconds": order.trained + DEFAULT_SECONDS}
        more = " more" if order.resume else ""
        tell(f"no --steps, --images or --seconds: training for {DEFAULT_SECONDS:g} s{more}")
    return Budget(**limits)


class Saves:
    """Checkpoints that a signal asked for: posted, and told of once they are there."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._answer: Future[Entry] | None = None

    def look(self, caught: Caught) -> None:
        """Ask for one if a signal did; tell what became of the last one."""
        if self._answer is None and caught.save:
            caught.save = False
            self._answer = self._run.send(Checkpoint())
        if self._answer is not None and self._answer.done():
            entry, self._answer = self._answer.result(), None
            if entry.outcome == "applied":
                tell(f"{self._run.directory.path.name}: saved at step {entry.step:,}")
            else:
                tell(f"{self._run.directory.path.name}: not saved: {entry.note}")


class Caught:
    """The signal that asked for an end, if one did.

    Attributes:
        name: of that signal, or "".
        save: whether another one has asked for a checkpoint; to be set to False once it is heard.
    """

    def __init__(self) -> None:
        self.name = ""
        self.save = False
        self._count = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """While inside, SIGINT and SIGTERM are noted, and where the system has it SIGUSR1; the
        handlers themselves take no lock."""
        former = {s: signal.signal(s, self._note) for s in (signal.SIGINT, signal.SIGTERM)}
        if hasattr(signal, "SIGUSR1"):
            former[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, self._note_save)
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.name = signal.Signals(number).name
        self._count += 1
        if self._count >= _IMPATIENT:
            signal.signal(number, signal.SIG_DFL)

    def _note_save(self, number: int, frame: FrameType | None) -> None:
        self.save = True


def _report(run: Run, signal_name: str, *, as_json: bool) -> None:
    last = run.latest()
    if last.state is State.FAILED:
        raise Failed(last.note)
    summary = run.summary()
    if as_json:
        say_json(summary)
    else:
        say(
            f"{summary['state']}: {size_of(summary['steps'], 'step')},"
            f" {size_of(summary['images'], 'picture')} in {summary['seconds']:.1f} s"
            f" ({summary['images_per_second']:,.0f} pictures/s)"
        )
        for name, value in summary["metrics"].items():
            say(f"  {name:10} {value:.4g}")
        say(f"run: {summary['run']}")
    if signal_name:
        tell(
            f"interrupted by {signal_name}; a checkpoint is kept. Go on with:"
            f" python -m gan_lab train --resume {summary['run']}"
        )
