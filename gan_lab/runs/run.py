"""A run as a thing that you send messages to. One thread trains; everybody else writes letters."""

from __future__ import annotations

from functools import partial
from typing import Any

from gan_lab.config import RunConfig
from gan_lab.data import Pictures
from gan_lab.runs.account import Account
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.film import Film
from gan_lab.runs.mailbox import Mailbox
from gan_lab.runs.messages import (
    Budget,
    Moment,
    State,
    Stop,
)
from gan_lab.runs.viewed import Viewed
from gan_lab.runs.worker import Worker
from gan_lab.threads import BackgroundThread
from gan_lab.training.trainer import Counts

LAST_CHECKPOINT = 60.0  # s that the end of the process waits for a step and a checkpoint


class Run(Viewed):
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
        take: int = 0,
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
            take: number of its first take, where others have seen an earlier one.
        """
        mailbox = Mailbox(Moment(0, State.LOADING, Counts(0, 0, 0, 0.0), config, take=take))
        self._worker = Worker(
            config,
            directory,
            mailbox,
            budget=budget or Budget(),
            threads=threads,
            resume=resume,
            download=download,
            changes=changes or {},
            pictures=pictures,
            take=take,
        )
        super().__init__(directory, mailbox, self._worker.history_lock)
        self._thread = BackgroundThread(
            self._worker.live, "trainer", on_stop=partial(mailbox.post, Stop()),
            interruptible=False, patience=LAST_CHECKPOINT,
        )  # fmt: skip

    def start(self) -> Run:
        """Begin; returns itself."""
        self._thread.start()
        return self

    @property
    def _account(self) -> Account | None:
        return self._worker.loaded

    @property
    def threads(self) -> int:
        return self._worker.threads

    @property
    def film(self) -> Film:
        return self._worker.film

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of training; returns whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def summary(self) -> dict[str, Any]:
        """How the run stands, as ``train --json`` prints it; only after it has ended."""
        return self._worker.summary()
