"""A run as a thing that you send messages to. One thread trains; everybody else writes letters."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from gan_lab.coach.meaning import meaning
from gan_lab.config import RunConfig
from gan_lab.data import Pictures
from gan_lab.runs.around import SPAN, Around, around
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.evidence import gathered
from gan_lab.runs.film import Film
from gan_lab.runs.mailbox import Mailbox
from gan_lab.runs.messages import (
    Bars,
    Budget,
    Checkup,
    Command,
    Moment,
    Picture,
    Shown,
    State,
)
from gan_lab.runs.worker import Worker
from gan_lab.training.history import POINTS, Curves
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import Counts


class Run:
    """One experiment being trained in a thread of its own. Every method is thread-safe."""

    def __init__(
        self,
        config: RunConfig,
        directory: RunDirectory,
        *,
        budget: Budget | None = None,
        threads: int = 1,
        resume: bool = False,
        download: bool = False,
        changes: dict[str, Any] | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        """
        Args:
            config: the experiment; when resuming, the checkpoint's own replaces it.
            directory: its folder, made by ``RunDirectory.create``, or found.
            budget: when to finish; endless by default.
            threads: intra-op threads, unless the config or the checkpoint fixes them.
            resume: go on from the directory's newest checkpoint.
            download: whether missing data may be fetched.
            changes: live changes to apply before the first round, by path.
            pictures: the real pictures of the config, where they are loaded already.
        """
        self.directory = directory
        self._mailbox = Mailbox(Moment(0, State.LOADING, Counts(0, 0, 0, 0.0), config))
        self._worker = Worker(
            config,
            directory,
            self._mailbox,
            budget=budget or Budget(),
            threads=threads,
            resume=resume,
            download=download,
            changes=changes or {},
            pictures=pictures,
        )
        self._thread = threading.Thread(target=self._worker.live, name="trainer", daemon=True)

    def start(self) -> Run:
        """Begin; returns itself."""
        self._thread.start()
        return self

    @property
    def threads(self) -> int:
        """Intra-op threads that it trains with."""
        return self._worker.threads

    def send(self, command: Command) -> Future[Entry]:
        """Post a command; the future holds the ledger entry that it becomes."""
        return self._mailbox.post(command)

    @property
    def film(self) -> Film:
        """What its page showed, so far."""
        return self._worker.film

    def latest(self) -> Moment:
        """The newest moment."""
        return self._mailbox.moment

    def checkup(self) -> Checkup:
        """How it is: what was measured, and what the coach says."""
        return self._mailbox.checkup

    def shown(self) -> Shown | None:
        """The G to explore, of the newest moment; None before the run has loaded."""
        return self._mailbox.shown

    def stills(self) -> dict[str, Picture | Bars] | None:
        """What the scene shows and what never changes, by name; None before the run has loaded."""
        return self._mailbox.stills

    def curves(self, level: int = -1, since: int = 0, points: int = POINTS) -> Curves | None:
        """All curves from a viewer's cursor on (see ``History.curves``); None before loading."""
        trainer = self._worker.loaded
        if trainer is None:
            return None
        with self._worker.history_lock:
            return trainer.history.curves(level, since, points)

    def curves_and_ledger(
        self, level: int, since: int, points: int, take: int
    ) -> tuple[Curves, list[Entry]] | None:
        """Curves from a viewer's cursor on, and the ledger of the same instant.

        Args:
            take: of which take the cursor is; with another one the viewer gets a fresh whole.
        """
        trainer = self._worker.loaded
        if trainer is None:
            return None
        with self._worker.history_lock:
            if take != trainer.history.take:
                level = -1
            return trainer.history.curves(level, since, points), list(trainer.ledger)

    def around(self, step: int) -> Around:
        """What every curve did before and after one step, however long ago; from the disk.

        Raises ValueError, in words, if the run has no such step, or none any more.
        """
        trainer = self._worker.loaded
        if trainer is None:
            raise ValueError("there are no curves yet")
        with self._worker.history_lock:
            columns, take = trainer.history.columns, trainer.history.take
            records, ledger = trainer.history.records, list(trainer.ledger)
        if not 0 <= step <= records:
            raise ValueError(f"there is no step {step}; the run is at step {records}")
        first = max(0, step - SPAN)
        over = self.latest().state.over
        rows = self.directory.read_span(columns, first, min(records, step + SPAN) - first)
        undoable = frozenset(() if over else self.directory.undoable())
        with self._worker.history_lock:
            if trainer.history.take != take:
                raise ValueError("the run has gone back meanwhile")
        return around(step, rows, columns, ledger, undoable, take)

    def meaning(self, of: str) -> str:
        """What a curve, or a figure of that title, means for this run as it stands.

        Raises ValueError, in words, if there is nothing of that name, or no run yet.
        """
        trainer = self._worker.loaded
        if trainer is None:
            raise ValueError("there are no curves yet")
        checkup = self.checkup()
        evidence = gathered(trainer, self._worker.history_lock, checkup.measured)
        return meaning(evidence.config, of, evidence)

    def ledger(self) -> list[Entry]:
        """All that was done to the run, oldest first."""
        trainer = self._worker.loaded
        return list(trainer.ledger) if trainer is not None else []

    def subscribed(
        self, callback: Callable[[Moment], None]
    ) -> contextlib.AbstractContextManager[None]:
        """While inside, every moment is handed to ``callback``, on the trainer's thread.

        The callback must return at once. One that raises is dropped; the run goes on.
        """
        return self._mailbox.subscribed(callback)

    def checked_up(
        self, callback: Callable[[Checkup], None]
    ) -> contextlib.AbstractContextManager[None]:
        """While inside, every new checkup is handed to ``callback``, which must return at once."""
        return self._mailbox.checked_up(callback)

    def explored(self) -> contextlib.AbstractContextManager[None]:
        """While inside, ``shown`` is made anew with every moment."""
        return self._mailbox.explored()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of training; returns whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def summary(self) -> dict[str, Any]:
        """How the run stands, as ``train --json`` prints it; only after it has ended."""
        return self._worker.summary()
