"""Probes and measures copies of one run's networks, in a thread that gives way to all others.

A probe is cheap, metrics are dear: each has a price and a budget of its own, and a probe never
waits until the budget can pay for metrics.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from torch import Tensor

from gan_lab.coach import Probe
from gan_lab.coach.evidence import FIRST_STEPS
from gan_lab.coach.preview_probe import PreviewProbes
from gan_lab.runs.examiner import Abandoned, Examined, Examiner
from gan_lab.runs.messages import Shown
from gan_lab.runs.purse import CREDIT, Purse
from gan_lab.threads import BackgroundThread
from gan_lab.training.devices import use_threads
from gan_lab.training.trainer import Trainer

log = logging.getLogger(__name__)

PROBES_SHARE = 0.2
"""Of what a run may spend on measuring: for probes; the rest is for metrics."""

PROBE_EVERY = 5.0  # s between two probes
CHANGED = 0.3
"""How far fakes must have moved, beside the distance of real images, before metrics of the first
steps are taken again."""
_UNSEEN = 4 * FIRST_STEPS  # steps after which they have changed where nobody can tell
_PATIENCE = 10  # how much it gives way to others: the system's niceness


class Wish(IntEnum):
    """When the trainer should leave copies of the networks for metrics."""

    NEVER = 0
    SAVED = 1
    """Right after a state was saved: what is measured then may turn out to be the best."""
    NOW = 2


@dataclass(frozen=True)
class Left:
    """Copies of the networks.

    Attributes:
        take: of which take of the run they are.
        metrics: whether they are to be measured, or only probed.
    """

    shown: Shown
    take: int
    metrics: bool


class Recipient(Protocol):
    """Whoever gets what was found; called on the measurer's thread."""

    def hear_probe(self, left: Left, probe: Probe) -> None: ...
    def hear_metrics(self, left: Left, found: Examined) -> None: ...


class Measurer:
    """One run's. The run's own thread calls ``begin``, ``between_rounds``, ``leave`` and ``end``;
    none of them waits for more than copies, but for ``end``.

    Attributes:
        broken: whether measuring failed and was given up.
    """

    def __init__(
        self, recipient: Recipient, metrics: Purse | None = None, probes: Purse | None = None
    ) -> None:
        """
        Args:
            metrics, probes: the budgets.
        """
        self._recipient = recipient
        self.metrics = metrics or Purse(credit=(1.0 - PROBES_SHARE) * CREDIT)
        self.probes = probes or Purse(credit=PROBES_SHARE * CREDIT)
        self.previews: PreviewProbes | None = None
        self.broken = False
        self._wish = Wish.NEVER
        self._wish_probe = False
        self._left: Left | None = None
        self._working = False
        self._last = (-1, -1)  # step and take of the newest copies for metrics
        self._probed_at = -PROBE_EVERY  # s
        self._fakes_then: Tensor | None = None  # on the page when metrics were last taken
        self._news = threading.Event()
        self._over = self._abandoned = False
        self._has_probed = self._has_measured = False
        self._thread = BackgroundThread(self._live, "metrics", on_stop=self.abandon)

    # -- the run's own thread ------------------------------------------------------------------

    def begin(self, trainer: Trainer) -> None:
        """The run has loaded."""
        self.previews = PreviewProbes(trainer.config, trainer.pictures)
        self._examiner = Examiner(trainer.pictures, self._go_on)
        self._earn()
        self._thread.start()

    def between_rounds(self, trainer: Trainer, *, saved: bool = False) -> None:
        """A round was played; leave copies if they are wished for.

        Args:
            saved: whether a state of this very step is on disk.
        """
        self._earn()
        if self._wish is Wish.NOW or (saved and self._wish is Wish.SAVED):
            self.leave(trainer)
        elif self._wish_probe:
            self.leave(trainer, metrics=False)

    def is_measured(self, trainer: Trainer) -> bool:
        """Whether copies of this very step were left for metrics."""
        return self._last == (trainer.steps, trainer.history.take)

    def leave(self, trainer: Trainer, *, metrics: bool = True) -> None:
        """Copies: nothing of the run moves, and nothing is drawn."""
        purse = self.metrics if metrics else self.probes
        begun = purse.now()
        take = trainer.history.take
        shown = Shown(
            trainer.shown(), trainer.steps, trainer.config, trainer.pictures.kind,
            trainer.judges(), trainer.learners(),
        )  # fmt: skip
        self._wish_probe = False
        if metrics:
            self._wish, self._last = Wish.NEVER, (trainer.steps, take)
            self._fakes_then = self.previews and self.previews.small
        self._left = Left(shown, take, metrics)
        purse.charge(purse.now() - begun)
        self._news.set()

    def forget(self) -> None:
        """The run went back: copies that wait are of what never happened."""
        self._left = None

    def end(self, seconds: float) -> None:
        """Finish what was begun if that takes no longer than so many seconds, then rest."""
        self._over = True
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        self._thread.stop()

    def abandon(self) -> None:
        """End at the next safe point."""
        self._over = self._abandoned = True
        self._news.set()

    def _earn(self) -> None:
        self.metrics.earn()
        self.probes.earn()

    # -- any thread ----------------------------------------------------------------------------

    def wish(self, trainer: Trainer, now: float) -> None:
        """Decide what the trainer should leave next; once a second or so.

        Args:
            now: s, of a clock that never goes back.
        """
        self._wish = self.wished(trainer)
        self._wish_probe = self._wish is not Wish.NOW and self.probe_due(trainer, now)

    def wished(self, trainer: Trainer) -> Wish:
        """When copies should be left for metrics."""
        share = trainer.config.training.measuring
        if not share or self._busy:
            return Wish.NEVER
        if 0 <= self._last[0] <= FIRST_STEPS:  # not to be judged by: again, whatever it costs
            if self._changed(trainer.steps):
                return Wish.NOW
            if trainer.steps < _UNSEEN:  # later on the budget decides, also where G stands still
                return Wish.NEVER
        # a state that was just saved may use up what is left; else something stays for the next
        left, cost = self.metrics.left((1.0 - PROBES_SHARE) * share), self.metrics.last
        if left < cost:
            return Wish.NEVER
        return Wish.NOW if left >= 2 * cost else Wish.SAVED

    def probe_due(self, trainer: Trainer, now: float) -> bool:
        """Whether copies should be left for a probe."""
        share = trainer.config.training.measuring
        if not share or self._busy or trainer.steps <= FIRST_STEPS:
            return False
        left = self.probes.left(PROBES_SHARE * share)
        return now - self._probed_at >= PROBE_EVERY and left >= self.probes.last

    @property
    def _busy(self) -> bool:
        return self.broken or self._working or self._left is not None

    def _changed(self, step: int) -> bool:
        """Whether the fakes are other ones than when metrics were last taken."""
        if step <= FIRST_STEPS:
            return False
        change = self.previews and self.previews.change_since(self._fakes_then)
        return step >= _UNSEEN if change is None else change >= CHANGED

    # -- its own thread ------------------------------------------------------------------------

    def _live(self) -> None:
        give_way()
        while not self._abandoned:
            self._news.wait()
            self._news.clear()
            over = self._over
            left, self._left = self._left, None
            if left is not None and not self.broken:
                self._working = True
                self._guarded(left)
                self._working = False
            if over:
                return

    def _guarded(self, left: Left) -> None:
        """What fails once is not tried again in this run, and costs it nothing else."""
        try:
            self._work(left)
        except Abandoned:
            pass
        except Exception:
            self.broken = True
            log.exception("measuring failed, and is given up for this run")

    def _work(self, left: Left) -> None:
        if left.shown.step > FIRST_STEPS:
            first, self._has_probed = not self._has_probed, True
            begun = self.probes.now()
            probe = self._examiner.probe(left.shown)
            self.probes.spend(self.probes.now() - begun, prepared=first)
            self._probed_at = time.monotonic()
            if probe is not None:
                self._recipient.hear_probe(left, probe)
        if left.metrics:
            first, self._has_measured = not self._has_measured, True
            begun = self.metrics.now()
            try:
                found = self._examiner.examine(left.shown)
            except ValueError as error:  # points that are no numbers
                log.info("step %d could not be measured: %s", left.shown.step, error)
                found = None
            self.metrics.spend(self.metrics.now() - begun, prepared=first)
            if found is not None:
                self._recipient.hear_metrics(left, found)

    def _go_on(self) -> None:
        if self._abandoned:
            raise Abandoned


def give_way() -> None:
    """Of the calling thread: to training, and to whoever explores."""
    use_threads(1)
    with contextlib.suppress(AttributeError, OSError):  # Linux knows a niceness of each thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PATIENCE)
