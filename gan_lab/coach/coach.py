"""The coach: what rules see at single looks becomes findings that last, and does not flip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from gan_lab.coach.doubts import doubts
from gan_lab.coach.evidence import Evidence, Onset
from gan_lab.coach.findings import (
    Advice,
    Condition,
    Event,
    Finding,
    Health,
    Rule,
    Sign,
    Weight,
    at_step,
)
from gan_lab.coach.line import line
from gan_lab.coach.play import played
from gan_lab.coach.rules import every_rule
from gan_lab.config import get

LOOKS = 2
"""Least looks that a sign must be seen at, however many rounds lie between two."""
LONGER = 2
"""A finding goes so many times as slowly as it came."""
GAP = 200
"""Rounds without a sign after which it begins anew."""
_GRAVEST = (Weight.TROUBLE, Weight.CAUTION, Weight.NEWS)


class _Onset(NamedTuple):
    """First and last step at which the sign of a rule was seen."""

    first: int
    last: int


@dataclass
class _Track:
    """What is remembered of one rule between looks.

    Attributes:
        since: step from which its sign has been seen (or, while its finding stands, missed); None
            if the last look showed nothing of the kind.
        looks: at which that was so.
        slips: looks in a row at which it was not.
        finding: that stands.
        sign: on which it rests, as the rule gave it.
    """

    since: int | None = None
    looks: int = 0
    slips: int = 0
    finding: Finding | None = None
    sign: Sign | None = None

    def count(self, here: bool, step: int) -> None:
        """One more look. A single slip is forgiven on the way to a finding, since curves are noisy;
        on the way out of one it is not, or what flickers would come and go."""
        if here:
            self.since = step if self.since is None else self.since
            self.looks, self.slips = self.looks + 1, 0
        else:
            self.slips += 1
            if self.slips > 1 or self.finding is not None:
                self.anew()

    def anew(self) -> None:
        self.since, self.looks, self.slips = None, 0, 0

    def lasted(self, step: int, rounds: int, looks: int) -> bool:
        return self.since is not None and step - self.since >= rounds and self.looks >= looks


class Coach:
    """Looks at a run again and again, and says how it is.

    A sign must last ``patience`` rounds and two looks before it becomes a finding, and must be
    gone twice as long before that is taken back. Time is counted in rounds of the game, so it does
    not matter how often anybody looks. After a knob was turned patience starts anew.

    Attributes:
        events: findings that came and went, oldest first.
    """

    def __init__(self, rules: Iterable[Rule] | None = None) -> None:
        """By default with all rules, also those of other packages."""
        every = every_rule().values() if rules is None else rules
        self._rules = tuple(sorted(every, key=lambda rule: rule.cause))  # those are asked last
        self._tracks = {rule.name: _Track() for rule in self._rules}
        self._step = self._looked = 0  # steps of this look and of the one before
        self._turned = 0  # step of the last change that was heard of
        self._onsets: dict[str, _Onset] = {}  # of signs of trouble, by rule
        self.events: list[Event] = []

    @property
    def past(self) -> tuple[Finding, ...]:
        """Findings that came and went, oldest first."""
        return tuple(event.finding for event in self.events if event.kind == "went")

    @property
    def standing(self) -> tuple[Finding, ...]:
        """Findings that stand, gravest and surest first."""
        found = [track.finding for track in self._tracks.values() if track.finding is not None]
        return gravest_first(found)

    def resume(self, standing: Iterable[Finding], step: int) -> None:
        """Go on with a run that was put down: these findings stand, as if this coach had said them.

        Args:
            standing: findings as the run's folder has them.
            step: rounds completed.
        """
        self._step = self._looked = step
        for finding in standing:
            if (track := self._tracks.get(finding.rule.name)) is not None:
                track.finding, track.sign = finding, finding.sign
                self._onsets[finding.rule.name] = _Onset(finding.sign.first or finding.since, step)
                self.events.append(Event(finding.since, "came", finding))

    def look(self, evidence: Evidence) -> Health:
        """How the run is now. A step before that of the last look means that it went back."""
        if evidence.step < self._step:
            self._back_to(evidence.step)
        self._looked, self._step = self._step, evidence.step
        if (turned := max(evidence.turned, default=0)) != self._turned:
            self._turned = turned
            for track in self._tracks.values():
                track.anew()
        signs: dict[str, Onset] = {}
        for rule in self._rules:
            sign = self._judge(rule, evidence.with_signs(signs) if rule.cause else evidence)
            if sign is not None and sign.symptom and rule.weight is Weight.TROUBLE:
                signs[rule.name] = Onset(sign, self._since(rule, evidence.step))
        return health(self.standing, evidence, suspected=self._suspects())

    def _since(self, rule: Rule, step: int) -> int:
        """The step from which on the sign of a rule, which is seen now, has been seen. A change of
        a parameter and short gaps begin nothing anew, unlike for patience."""
        former, finding = self._onsets.get(rule.name), self._tracks[rule.name].finding
        gap = max(GAP, 2 * (step - self._looked))  # a fast run is looked at less often than that
        goes_on = former is not None and (finding or step - former.last <= gap)
        since = former.first if former is not None and goes_on else step
        self._onsets[rule.name] = _Onset(since, step)
        return since

    def _suspects(self) -> bool:
        """Whether a sign of trouble is seen that has not lasted yet."""
        return any(
            rule.weight is Weight.TROUBLE and self._tracks[rule.name].since is not None
            for rule in self._rules
        )

    def _judge(self, rule: Rule, evidence: Evidence) -> Sign | None:
        """Ask a rule; returns the sign that it sees now."""
        track, step = self._tracks[rule.name], evidence.step
        early = played(evidence) < rule.warm_up and not (evidence.broken and rule.cause)
        sign = None if early else rule.look(evidence)
        if track.finding is None:
            track.count(sign is not None, step)
            at_once = not rule.patience or evidence.broken  # there will be no other look at it
            rounds, looks = (0, 1) if at_once else (rule.patience, LOOKS)
            if sign is not None and track.lasted(step, rounds, looks):
                self._say(track, sign, Finding(rule, sign, _advice(rule, evidence), step))
            return sign
        if sign is not None:
            track.sign = sign
            track.finding = replace(track.finding, advice=_advice(rule, evidence))
        if track.sign is not None:  # of what is not of now any more, the words say so
            track.finding = replace(track.finding, sign=_dated(track.sign, step))
        track.count(sign is None, step)
        looks = LOOKS * LONGER if rule.patience else 1
        gone = sign is None and track.lasted(step, LONGER * rule.patience, looks)
        if gone or (sign is None and _outdated(track.finding.sign, evidence)):
            self._take_back(track, replace(track.finding, until=step))
        return sign

    def _say(self, track: _Track, sign: Sign, finding: Finding) -> None:
        track.anew()
        track.sign = sign
        finding = track.finding = dated(finding, finding.since)
        self.events.append(Event(finding.since, "came", finding))

    def _take_back(self, track: _Track, finding: Finding) -> None:
        track.anew()
        track.finding = track.sign = None
        self.events.append(Event(self._step, "went", finding))

    def _back_to(self, step: int) -> None:
        """Forget what was seen after a step; what stood then stands again."""
        self.events = [event for event in self.events if event.step <= step]
        self._onsets = {name: one for name, one in self._onsets.items() if one.first <= step}
        for track in self._tracks.values():
            track.anew()
            track.finding = track.sign = None
        for event in self.events:
            came = event.kind == "came"
            if (track := self._tracks.get(event.finding.rule.name)) is not None:
                track.finding = event.finding if came else None


def dated(finding: Finding, now: int) -> Finding:
    """A finding whose words say of which step they are, where that is not now."""
    return replace(finding, sign=_dated(finding.sign, now))


def _dated(sign: Sign, now: int) -> Sign:
    if sign.measured is None or not (when := at_step(sign.measured, now)) or when in sign.seen:
        return sign
    return replace(sign, seen=f"{sign.seen.removesuffix('.')}{when}.")


def _outdated(sign: Sign, evidence: Evidence) -> bool:
    """Whether the words of a finding are wrong by now: what they rest on is too old, or a parameter
    that they name has another value."""
    if sign.measured is not None and not evidence.is_fresh(sign.measured):
        return True
    return any(get(evidence.config, path) != value for path, value in sign.settings)


def _advice(rule: Rule, evidence: Evidence) -> tuple[Advice, ...]:
    """What it advises, but for what would turn no knob."""
    return tuple(
        one
        for one in rule.advice(evidence)
        if not one.changes or any(get(evidence.config, path) != to for path, to in one.changes)
    )


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """In the order in which they are told: of equal weight a cause before its symptoms."""
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[int, bool, float, str]:
    rule = finding.rule
    return _GRAVEST.index(rule.weight), not rule.cause, -finding.sign.sure, rule.name


def health(findings: tuple[Finding, ...], evidence: Evidence, *, suspected: bool = False) -> Health:
    """How a run is by the findings that stand, gravest first.

    Args:
        suspected: whether a sign of trouble is seen that has not lasted yet.
    """
    if findings and findings[0].rule.weight is Weight.TROUBLE:  # no praise beside it
        findings = tuple(f for f in findings if f.rule.weight is not Weight.NEWS)
    condition = _condition(findings, evidence, suspected=suspected)
    return Health(evidence.step, condition, line(condition, findings, evidence), findings)


def _condition(findings: tuple[Finding, ...], evidence: Evidence, *, suspected: bool) -> Condition:
    weights = {finding.rule.weight for finding in findings}
    if Weight.TROUBLE in weights:
        return Condition.TROUBLE
    if Weight.CAUTION in weights:
        return Condition.CAUTION
    names = {finding.rule.name for finding in findings}
    if "converged" in names:
        return Condition.CONVERGED
    if "improving" in names:
        return Condition.IMPROVING
    if played(evidence) < Rule.warm_up:
        return Condition.STARTING
    return Condition.WATCHING if suspected or doubts(evidence) else Condition.HEALTHY
