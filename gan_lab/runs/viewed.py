"""A run as it is looked at, whether somebody trains it or not."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from gan_lab.coach.meaning import meaning
from gan_lab.runs.account import Account
from gan_lab.runs.around import SPAN, Around, around
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.evidence import gathered
from gan_lab.runs.film import Film
from gan_lab.runs.mailbox import Mailbox
from gan_lab.runs.messages import Bars, Checkup, Command, Moment, Picture, Shown, State
from gan_lab.training.history import POINTS, Curves
from gan_lab.training.ledger import Entry


class Viewed(ABC):
    """What pages and sockets ask of a run. Every method is thread-safe."""

    def __init__(self, directory: RunDirectory, mailbox: Mailbox, lock: threading.Lock) -> None:
        """
        Args:
            directory: its folder.
            mailbox: from which its newest moment comes.
            lock: of its history.
        """
        self.directory = directory
        self._mailbox = mailbox
        self._lock = lock

    @property
    @abstractmethod
    def _account(self) -> Account | None:
        """Curves, ledger, settings; None before it has loaded."""

    @property
    @abstractmethod
    def threads(self) -> int:
        """Intra-op threads that it trains with."""

    @property
    @abstractmethod
    def film(self) -> Film:
        """What its page showed, so far."""

    @abstractmethod
    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of training; returns whether it came."""

    def send(self, command: Command) -> Future[Entry]:
        """Post a command; the future holds the ledger entry that it becomes."""
        return self._mailbox.post(command)

    def make_way(self) -> None:
        """Another run takes this one's place: who watches hears a last moment, and comes again."""
        last = self._mailbox.moment
        self._mailbox.publish(replace(last, number=last.number + 1, state=State.LOADING, note=""))

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
        account = self._account
        if account is None:
            return None
        with self._lock:
            return account.history.curves(level, since, points)

    def curves_and_ledger(
        self, level: int, since: int, points: int, take: int
    ) -> tuple[Curves, list[Entry]] | None:
        """Curves from a viewer's cursor on, and the ledger of the same instant.

        Args:
            take: of which take the cursor is; with another one the viewer gets a fresh whole.
        """
        account = self._account
        if account is None:
            return None
        with self._lock:
            if take != account.history.take:
                level = -1
            return account.history.curves(level, since, points), list(account.ledger)

    def around(self, step: int) -> Around:
        """What every curve did before and after one step, however long ago; from the disk.

        Raises ValueError, in words, if the run has no such step, or none any more.
        """
        account = self._account
        if account is None:
            raise ValueError("there are no curves yet")
        with self._lock:
            columns, take = account.history.columns, account.history.take
            records, ledger = account.history.records, list(account.ledger)
        if not 0 <= step <= records:
            raise ValueError(f"there is no step {step}; the run is at step {records}")
        first = max(0, step - SPAN)
        over = self.latest().state.over
        rows = self.directory.read_span(columns, first, min(records, step + SPAN) - first)
        undoable = frozenset(() if over else self.directory.undoable())
        with self._lock:
            if account.history.take != take:
                raise ValueError("the run has gone back meanwhile")
        return around(step, rows, columns, ledger, undoable, take)

    def meaning(self, of: str) -> str:
        """What a curve, or a figure of that title, means for this run as it stands.

        Raises ValueError, in words, if there is nothing of that name, or no run yet.
        """
        account = self._account
        if account is None:
            raise ValueError("there are no curves yet")
        checkup = self.checkup()
        evidence = gathered(account, self._lock, checkup.measured)
        return meaning(evidence.config, of, evidence)

    def ledger(self) -> list[Entry]:
        """All that was done to the run, oldest first."""
        account = self._account
        return list(account.ledger) if account is not None else []

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
