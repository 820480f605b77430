"""Applies what the coach advises, where that was asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

from gan_lab.coach import Advice, Finding, Health, Weight
from gan_lab.coach.findings import ADVISED
from gan_lab.runs.messages import Command, Set
from gan_lab.training.ledger import Entry

log = logging.getLogger(__name__)

REST = 300  # rounds that a change is given to show what it does, before the next one


class Autopilot:
    """Turns the knobs of the first advice on trouble, once for each time that a finding comes.

    It never undoes a change: that gives up training, which is for the owner to decide. The next
    advice then counts as the first.
    """

    def __init__(self, post: Callable[[Command], Future[Entry]]) -> None:
        """
        Args:
            post: takes a command to the run; the change acts between two rounds, as anybody's.
        """
        self._post = post
        self._treated: set[tuple[str, int]] = set()
        self._not_before = 0

    def go_back(self) -> None:
        """The run has gone back: what was treated later is untreated again."""
        self._treated.clear()
        self._not_before = 0

    def mind(self, health: Health) -> tuple[Finding, Advice] | None:
        """Apply the advice on one finding at most; returns both."""
        if health.step < self._not_before:
            return None
        for finding in health.findings:
            key = (finding.rule.name, finding.since)
            if finding.rule.weight is not Weight.TROUBLE or key in self._treated:
                continue
            advice = next((one for one in finding.advice if one.undo is None), None)
            if advice is None or not advice.live:
                continue
            self._treated.add(key)
            self._not_before = health.step + REST
            self._apply(finding, advice)
            return finding, advice
        return None

    def _apply(self, finding: Finding, advice: Advice) -> None:
        why = f"{ADVISED}{finding.rule.title} - {advice.text}"
        for path, value in advice.changes:
            self._post(Set(path, value, why)).add_done_callback(_told)


def _told(answer: Future[Entry]) -> None:
    entry = answer.result()
    if entry.outcome != "applied":
        log.warning("advice was refused: %s = %s: %s", entry.path, entry.new, entry.note)
