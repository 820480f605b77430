"""What curves, coach and marks need to know of a run, be it trained now or lying on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gan_lab.config import RunConfig
from gan_lab.data import Kind
from gan_lab.training.history import History
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import Counts


class Account(Protocol):
    """A trainer is one; ``history`` is read under the lock of whoever appends to it."""

    @property
    def history(self) -> History: ...
    @property
    def ledger(self) -> list[Entry]: ...
    @property
    def config(self) -> RunConfig: ...
    @property
    def counts(self) -> Counts: ...
    @property
    def kind(self) -> Kind:
        """What its pictures are like."""
        ...

    @property
    def total(self) -> int:
        """Real pictures in the training set."""
        ...


@dataclass(frozen=True)
class Kept:
    """The account of a run that nobody trains."""

    history: History
    ledger: list[Entry]
    config: RunConfig
    counts: Counts
    kind: Kind
    total: int
