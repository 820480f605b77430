"""Looks after one run beside its trainer: lets the coach look, hears what is measured, tells both.

It has a thread of its own, which gives way to all others, and another one measures (``measurer``),
so that the coach never waits for a metric. From the trainer they get only copies, numbers and what
the page shows anyway: an observed run equals an unobserved one, to the bit. Whatever fails here
costs measures.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from gan_lab.coach import Coach, Evidence, Finding, Health, Probe
from gan_lab.games import Seen
from gan_lab.measures import Measured
from gan_lab.runs.autopilot import Autopilot
from gan_lab.runs.best_kept import BestKept
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.evidence import gathered
from gan_lab.runs.examiner import Examined
from gan_lab.runs.journal import Journal, fewer
from gan_lab.runs.mailbox import Mailbox
from gan_lab.runs.measurer import Left, Measurer, give_way
from gan_lab.runs.purse import Purse
from gan_lab.threads import BackgroundThread
from gan_lab.training.trainer import Trainer

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # s between two looks of the coach
PARTING = 1.5  # s that the end of a run waits for a last measurement
LAST_LOOK = 1.0  # s that it waits for a last look of the coach
TELL_EVERY = 5.0  # s between two checkups that differ in nothing but numbers
KEPT = 1200  # measurements in memory; all of them are on disk
PAST = 50  # findings that came and went, in memory


class Observer:
    """One run's. The run's own thread calls ``begin``, ``between_rounds``, ``saw``, ``standing``,
    ``cut`` and ``end``; none of them waits for more than copies, but for ``end``."""

    def __init__(
        self,
        directory: RunDirectory,
        mailbox: Mailbox,
        history_lock: threading.Lock,
        purse: Purse | None = None,
    ) -> None:
        self._directory = directory
        self._mailbox = mailbox
        self._history_lock = history_lock
        self._measurer = Measurer(self, purse)
        self._journal = Journal(directory.path)
        self._best = BestKept(directory)
        self._autopilot = Autopilot(mailbox.post)
        self._coach = Coach()
        self._lock = threading.Lock()  # of all that goes into a checkup
        self._measured: list[Measured] = []
        self._past: list[Finding] = []
        self._health: Health | None = None
        self._noted: dict[str, Finding] = {}  # that stand according to the journal, by rule
        self._probe: Probe | None = None
        self._preview: Probe | None = None
        self._seen: tuple[int, int, Seen] | None = None  # step, take, what the page shows of it
        self._take = 0
        self._told: tuple[float, Any] = (0.0, None)
        self._broken: set[str] = set()
        self._news = threading.Event()
        self._over = self._abandoned = False
        self._run_broke = self._ended = False
        self._trainer: Trainer | None = None
        self._thread = BackgroundThread(self._live, "observer", on_stop=self._let_go)

    # -- the run's own thread ------------------------------------------------------------------

    def begin(self, trainer: Trainer) -> None:
        """The run has loaded."""
        self._trainer = trainer
        self._measurer.begin(trainer)
        self._thread.start()

    def between_rounds(self, trainer: Trainer, *, saved: bool = False) -> None:
        """A round was played; leave copies if they are wished for.

        Args:
            saved: whether a state of this very step is on disk.
        """
        self._measurer.between_rounds(trainer, saved=saved)

    def saw(self, trainer: Trainer, seen: Seen) -> None:
        """The page gets a new preview: a look at the run that costs it nothing.

        Args:
            seen: of this very step, on the CPU; nobody changes it.
        """
        self._seen = (trainer.steps, trainer.history.take, seen)

    def standing(self, trainer: Trainer) -> None:
        """The run stands still, where measuring takes nothing from training: once, if what was
        measured last is older."""
        if trainer.config.training.measuring and not self._measurer.is_measured(trainer):
            self._measurer.leave(trainer)

    def cut(self, trainer: Trainer) -> None:
        """The run goes on from where it is now, and what is beyond that never happened."""
        with self._lock:
            self._journal.cut(trainer.steps)
            self._measured = fewer(self._journal.measured(), KEPT)
            self._past = self._journal.past()[-PAST:]
            self._best.cut(trainer.steps)
            self._take = trainer.history.take
            self._probe = self._preview = self._seen = None
            self._measurer.forget()
            self._autopilot.go_back()
            standing = self._journal.standing(trainer.steps)
            self._noted = {finding.rule.name: finding for finding in standing}
            if self._health is None:  # the run was resumed or forked
                self._coach.resume(standing, trainer.steps)
            else:  # it hears of it before the run is beyond that step again
                self._guarded("the coach", partial(self._look_again, trainer))
            self._tell(self._take)

    def diverged(self) -> None:
        """A reading was not finite, and the run ends: the last look shall say why."""
        self._run_broke = True

    def end(self, trainer: Trainer | None) -> None:
        """The run is over: a last measurement if that is a matter of a second, then rest.

        Args:
            trainer: as it ends; None if it broke.
        """
        if self._trainer is None or self._ended or not self._thread.is_alive():
            return
        self._ended = True
        begun = time.monotonic()
        in_reach = self._measurer.metrics.last < PARTING and not self._measurer.broken
        if trainer is not None and in_reach:
            self.standing(trainer)
        self._measurer.end(PARTING)
        self._over = True
        self._news.set()
        self._thread.join(max(LAST_LOOK, PARTING - (time.monotonic() - begun)))
        self._thread.stop()  # what is not ready now is not waited for

    def told(self, summary: dict[str, Any]) -> dict[str, Any]:
        """A summary of the run, with the newest measures beside its readings and what the coach
        says."""
        with self._lock:
            newest = next((m for m in reversed(self._measured) if m.weights == "averaged"), None)
            values = {name: v.number for name, v in newest.values.items()} if newest else {}
            health = self._health
        told = summary | {"metrics": summary["metrics"] | values}
        if health is None:
            return told
        names = [finding.rule.name for finding in health.findings]
        coach = {"condition": health.condition.value, "line": health.line, "findings": names}
        return told | {"coach": coach}

    # -- the measurer's thread -----------------------------------------------------------------

    def hear_probe(self, left: Left, probe: Probe) -> None:
        """The networks were probed."""
        with self._lock:
            if left.take == self._take:
                self._probe = probe

    def hear_metrics(self, left: Left, found: Examined) -> None:
        """The fakes were measured."""
        with self._lock:
            if left.take != self._take or self._abandoned:
                return
            self._take_in(found)
            self._tell(left.take)
        self._news.set()

    def _let_go(self) -> None:
        """The thread was told to stop; also what it measures ends at its next safe point."""
        self._over = self._abandoned = True
        self._news.set()

    # -- its own thread ------------------------------------------------------------------------

    def _live(self) -> None:
        give_way()
        assert self._trainer is not None
        trainer = self._trainer
        while not self._abandoned:
            self._news.wait(LOOK_EVERY)
            self._news.clear()
            over = self._over
            self._guarded("the preview", self._probe_preview)
            self._guarded("the coach", partial(self._look, trainer))
            if over:
                return
            self._measurer.wish(trainer, time.monotonic())

    def _guarded(self, what: str, act: Callable[[], None]) -> None:
        """What fails once is not tried again in this run, and costs it nothing else."""
        if what in self._broken:
            return
        try:
            act()
        except Exception:
            self._broken.add(what)
            log.exception("%s failed, and is given up for this run", what)

    def _probe_preview(self) -> None:
        """What the newest images on the page say, where they are others than at the last look."""
        seen, self._seen = self._seen, None
        previews = self._measurer.previews
        if seen is None or previews is None:
            return
        step, take, shown = seen
        probe = previews.take(step, shown)
        with self._lock:
            if take == self._take and probe is not None:
                self._preview = probe

    def _take_in(self, found: Examined) -> None:
        for one in found.measured:
            self._journal.note_measured(one)
        self._measured += found.measured
        if len(self._measured) > KEPT:
            self._measured = fewer(self._measured, KEPT // 2)
        self._best.settle(self._measured, found.best_by)

    def _look(self, trainer: Trainer) -> None:
        with self._lock:
            evidence = self._evidence(trainer)
            if evidence.whole.take != self._take or not evidence.step:
                return
            self._health = self._coach.look(evidence)
            self._note(self._health)
            self._tell(self._take)
            health = self._health
        if evidence.config.training.autopilot and not self._over:
            self._fly(health)

    def _look_again(self, trainer: Trainer) -> None:
        self._health = self._coach.look(self._evidence(trainer))

    def _evidence(self, trainer: Trainer) -> Evidence:
        """All that is known of the run now. Under the lock."""
        return gathered(
            trainer, self._history_lock, tuple(self._measured), self._probe, self._preview,
            broken=self._run_broke, undoable=self._directory.undoable(),
        )  # fmt: skip

    def _note(self, now: Health) -> None:
        """What came and what went, into the journal."""
        stood, stand = self._noted, {f.rule.name: f for f in now.findings}
        self._noted = stand
        for name, finding in stand.items():
            if name not in stood or stood[name].since != finding.since:
                self._journal.note_finding("came", now.step, finding.to_json())
        for name, finding in stood.items():
            if name not in stand or stand[name].since != finding.since:
                gone = replace(finding, until=now.step)
                self._journal.note_finding("went", now.step, gone.to_json())
                self._past = [*self._past, gone][-PAST:]

    def _fly(self, health: Health) -> None:
        treated = self._autopilot.mind(health)
        if treated is not None:
            finding, advice = treated
            told = {"rule": finding.rule.name, "advice": advice.text}
            changes = [list(change) for change in advice.changes]
            self._journal.note_finding("applied", health.step, told | {"changes": changes})

    def _tell(self, take: int) -> None:
        """A checkup, if there is something new in it; numbers alone are told now and then."""
        newest = self._measured[-1].step if self._measured else None
        health = self._health
        gist = health and (health.condition, [(f.rule.name, f.since) for f in health.findings])
        key = (take, len(self._measured), newest, self._best.best, gist)
        at, last = self._told
        if key == last and time.monotonic() - at < TELL_EVERY:
            return
        former = self._mailbox.checkup
        now = replace(
            former, number=former.number + 1, take=take, measured=tuple(self._measured),
            health=health, past=tuple(self._past), best=self._best.best,
        )  # fmt: skip
        if key == last and health and former.health and _same_but_step(former.health, health):
            return
        self._told = (time.monotonic(), key)
        self._mailbox.publish_checkup(now)


def _same_but_step(a: Health, b: Health) -> bool:
    return replace(a, step=b.step) == b
