"""Somebody changed a parameter far, and trouble began after that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import ADVISED, Advice, Rule, Sign, UndoTo, Weight
from gan_lab.coach.play import (
    Judge,
    first_round,
    generators,
    has_labels,
    judges,
    lowered,
    named,
    number,
    rest_of,
)
from gan_lab.coach.quality import trend
from gan_lab.config import ConfigError, get, known, put
from gan_lab.training.ledger import Entry

TIMES = 5.0
"""A number that became so many times as large or as small was changed far."""
SHARE = 0.25
"""So was one that moved over so much of its range."""
WITHIN = 1000
"""Rounds after a change in which trouble that begins is put down to it."""
_LARGEST = 1e300  # number of a ledger that is compared
_PARTS = 8
"""In so many parts of them the curves are looked at again later on."""
BEFORE, AFTER = 300, 30
"""Rounds on either side of the change that are compared, at most."""
LEAST = 10
"""Readings on either side of the change below which nothing is compared."""
LONGER, SHORTER = 30.0, 0.05
"""How many times as long as before a gradient is that broke loose, or died away."""
LONG, SHORT = 20.0, 1e-3
"""Length that such a gradient has at least; or at most, where the loss is another one."""
WORSE, WORSE_G = 3.0, 5.0
"""How many times as large as before, and as where it rests, a loss is that is out of hand."""
SURE, UNSURE = 0.98, 0.9
"""D's certainty from which it has won, and below which it had not."""
FOOLED = 0.15
"""How much more real D takes fakes for than real images, once G has left it behind."""


DECLINE = 1.5
"""How many times as bad as before the metric that says most is, once fakes are clearly worse."""


SETTLED = 100
"""Rounds after a parameter was set back within which trouble that still begins is put down to it,
too: the networks have no time to recover in fewer."""


class Suspect(NamedTuple):
    """A change that went far.

    Attributes:
        entry: of the ledger; its ``old`` is what to go back to: the newest former value that was
            not far from where the run began.
        back: step from which the parameter has had a value near that again; None while it has not.
    """

    entry: Entry
    back: int | None = None

    @property
    def step(self) -> int:
        """Of the change."""
        return self.entry.step

    @property
    def since(self) -> int:
        """Step from which on the run is as it was made by this change, or by setting it back."""
        return self.entry.step if self.back is None else self.back

    @property
    def until(self) -> int:
        """Step up to which trouble may have begun that is put down to it."""
        return self.entry.step + WITHIN if self.back is None else self.back + SETTLED


class Trouble(NamedTuple):
    """What is seen since a change.

    Attributes:
        words: a clause with its numbers.
        columns: curves on which it can be seen.
        measured: as of ``Sign``.
    """

    words: str
    columns: tuple[str, ...] = ()
    measured: int | None = None


def suspects(evidence: Evidence) -> list[Suspect]:
    """The changes that went far from where the run began, the newest of each parameter; those that
    still hold first, and of them the newest first."""
    by_path: dict[str, list[Entry]] = {}
    for entry in evidence.changes:
        by_path.setdefault(entry.path, []).append(entry)
    found = [_suspect(evidence, path, entries) for path, entries in by_path.items()]
    there = [one for one in found if one is not None]
    return sorted(there, key=lambda one: (one.back is not None, -one.step))


def _suspect(evidence: Evidence, path: str, entries: list[Entry]) -> Suspect | None:
    """The newest far change of one parameter, if what it did may still be seen.

    Args:
        entries: the changes of that parameter, oldest first.
    """
    origin = near = entries[0].old
    found: Suspect | None = None
    for entry in entries:
        near = near if _is_far(path, origin, entry.old) else entry.old
        if not _is_far(path, origin, entry.new):
            if found is not None and found.back is None:
                found = found._replace(back=entry.step)
        elif entry.note.startswith(ADVISED):  # the run may have begun with what was wrong
            origin = near = entry.new
            found = None
        else:
            found = Suspect(replace(entry, old=near))
    if found is None or get(evidence.config, path) != entries[-1].new:
        return None
    counts = found.back is not None or known(path).counts_in(evidence.config)
    return found if counts else None


def _is_far(path: str, old: Any, new: Any) -> bool:
    """Whether a parameter moved far, by its kind and its range."""
    try:
        knob = known(path)
    except ConfigError:  # of another version
        return False
    if old == new:
        return False
    if knob.kind in ("choice", "bool"):
        return True
    if knob.kind not in ("int", "float") or not (_is_number(old) and _is_number(new)):
        return False
    small, large = sorted((float(old), float(new)))
    if small > 0.0 or new == small:  # switched off, too
        return large >= TIMES * small
    return knob.low is not None and knob.high is not None and (
        large - small >= SHARE * (knob.high - knob.low)
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    """Whether it is one; the ledger of an imported run may hold anything."""
    return isinstance(value, int | float) and abs(value) <= _LARGEST


def look(evidence: Evidence) -> Sign | None:
    for suspect in suspects(evidence):
        if (trouble := _trouble(evidence, suspect)) is not None:
            entry, back = suspect
            was = "" if entry.old is None else f" (it was {_told(entry.old)})"
            then = (
                "; since then"
                if back is None
                else f", and back at step {back:,}, but the run has not recovered:"
            )
            name = named(entry.path)
            seen = (
                f"{name[0].upper()}{name[1:]} was set to {_told(entry.new)} at step"
                f" {entry.step:,}{was}{then} {trouble.words}."
            )
            sure = 0.97 if evidence.broken else 0.95
            columns, measured = trouble.columns, trouble.measured
            return Sign(sure, seen, columns, entry.step, evidence.step, measured)
    return None


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _trouble(evidence: Evidence, suspect: Suspect) -> Trouble | None:
    """What began to go wrong after a change, and is still wrong; None if nothing is."""
    if evidence.broken and evidence.step <= suspect.until:
        return Trouble("readings became infinite or no numbers, and the run broke")
    for test in (_gradients, _certainty, _losses):
        if (found := test(evidence, suspect)) is not None and _began_soon(evidence, suspect, test):
            return found
    for test in (_quality, _others):
        if (found := test(evidence, suspect)) is not None:
            return found
    return None


def _began_soon(
    evidence: Evidence, suspect: Suspect, test: Callable[[Evidence, Suspect], Trouble | None]
) -> bool:
    """Whether a test of the curves saw trouble already in the first rounds after a change; where it
    was set back, whether it still did soon after that."""
    if evidence.step <= suspect.until:
        return True
    part = (suspect.until - suspect.since) // _PARTS
    then = range(suspect.since + part, suspect.until + 1, part)
    return any(test(evidence.curves_at(step), suspect) is not None for step in then)


# -- before and after ------------------------------------------------------------------------------


def _after(evidence: Evidence, suspect: Suspect, column: str) -> NDArray[np.float32]:
    """The newest readings since the change; empty if there are too few."""
    rounds = evidence.step - suspect.since
    values = evidence.newest(column, min(AFTER, max(rounds, 0)) or 1)
    return values if rounds >= LEAST <= len(values) else values[:0]


def _before(evidence: Evidence, suspect: Suspect, column: str) -> NDArray[np.float32]:
    """The curve shortly before the change, since both networks train; may be thinned. Empty if it
    rests on too few readings."""
    steps, means = evidence.course(column)
    width = 2**evidence.whole.level
    first = max(first_round(evidence.config), suspect.step - max(BEFORE, 8 * width))
    means = means[(steps > first) & (steps + width // 2 <= suspect.step)]
    return means if len(means) * width >= LEAST else means[:0]


def _gradients(evidence: Evidence, suspect: Suspect) -> Trouble | None:
    """Whether a gradient broke loose or died away."""
    for name in (*(judge.name for judge in judges(evidence.config)), *generators(evidence.config)):
        column = f"grad/{name}"
        now, then = _after(evidence, suspect, column), _before(evidence, suspect, column)
        if not len(now) or not len(then):
            continue
        length, before = float(np.median(now)), float(np.median(then))
        loose = length > LONG and length > LONGER * before
        tiny = length < SHORTER * before and (length < SHORT or _same_objective(evidence, suspect))
        dead = name.startswith("G") and tiny
        if loose or dead:
            return Trouble(
                f"the gradient of {name} is {number(length)} long, and it was {number(before)}",
                (column,),
            )
    return None


def _certainty(evidence: Evidence, suspect: Suspect) -> Trouble | None:
    """Whether D is sure of everything, says the same extreme of all, or prefers the fakes, and did
    not before."""
    if not has_labels(evidence.config):
        return None
    for judge in judges(evidence.config):
        columns = (judge.real, judge.fake)
        now = [_after(evidence, suspect, column) for column in columns]
        then = [_before(evidence, suspect, column) for column in columns]
        if not all(len(x) for x in (*now, *then)):
            continue
        real, fake = (float(x.mean()) for x in now)
        before = [float(x.mean()) for x in then]
        won = min(real, 1.0 - fake) > SURE and min(before[0], 1.0 - before[1]) < UNSURE
        same = min(real, fake) > SURE or max(real, fake) < 1.0 - SURE
        blind = same and UNSURE > before[0] > before[1] > 1.0 - UNSURE
        fooled = fake - real > FOOLED and before[1] - before[0] < FOOLED / 2
        if won or blind or fooled:
            words = (
                f"{judge.name} says {number(real)} to real images and {number(fake)} to fakes"
                f" (before, {number(before[0])} and {number(before[1])})"
            )
            return Trouble(words, columns)
    return None


def _losses(evidence: Evidence, suspect: Suspect) -> Trouble | None:
    """Whether a loss is far larger than before, where it means the same as before."""
    if not _same_objective(evidence, suspect):
        return None
    first = judges(evidence.config)[0]
    for column, times, judge in (
        *((judge.loss, WORSE, judge) for judge in judges(evidence.config)),
        ("loss/G", WORSE_G, None),
    ):
        now, then = _after(evidence, suspect, column), _before(evidence, suspect, column)
        if not len(now) or not len(then):
            continue
        value, before = float(np.median(now)), float(np.abs(then).max())
        rest = _rest(evidence, judge or first)
        if value > times * max(before, rest):
            name = column.partition("/")[2]
            return Trouble(
                f"{name}'s loss is {number(value)}, and it was at most {number(before)}", (column,)
            )
    return None


def _rest(evidence: Evidence, judge: Judge) -> float:
    return abs(rest_of(evidence, judge)) if has_labels(evidence.config) else 1.0


def _same_objective(evidence: Evidence, suspect: Suspect) -> bool:
    """Whether losses before and after a change are of one kind."""
    if not _allowed(evidence, suspect):
        return False
    before = put(evidence.config, {suspect.entry.path: suspect.entry.old})
    now = evidence.config
    return before.objective == now.objective and before.regularisation == now.regularisation


def _quality(evidence: Evidence, suspect: Suspect) -> Trouble | None:
    """Whether the fakes are clearly worse than before, twice in a row."""
    course = trend(evidence)
    if course is None:
        return None
    steps, badness = np.array(course.steps), course.badness
    before, after = badness[steps <= suspect.step], badness[steps > suspect.since][-course.fresh :]
    if not len(before) or len(after) < 2:
        return None
    then, now = float(before[-2:].min()), float(after[-2:].min())
    if not course.is_worse(now, then, DECLINE):
        return None
    words = f"{course.called} went from {number(abs(then))} to {number(abs(now))}"
    return Trouble(words, (), course.measured)


def _others(evidence: Evidence, suspect: Suspect) -> Trouble | None:
    """What other rules see since then and did not before."""
    began = {
        name: onset
        for name, onset in evidence.signs.items()
        if suspect.step < onset.since <= suspect.until
        and (onset.sign.measured is None or onset.sign.measured > suspect.since)
    }
    if not began:
        return None
    worst = max(began.values(), key=lambda onset: onset.sign.sure)
    words = lowered(worst.sign.seen.rstrip("."))
    return Trouble(words, worst.sign.columns, worst.sign.measured)


# -- what to do ------------------------------------------------------------------------------------


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    """Get the weights of before the change back first, as they are spoilt by now; set the parameter
    back second."""
    for suspect in suspects(evidence):
        if _trouble(evidence, suspect) is None:
            continue
        entry = suspect.entry
        undo = _undo(evidence, entry)
        words = f"Set {named(entry.path)} back to {_told(entry.old)}."
        if suspect.back is not None or not _allowed(evidence, suspect):
            return (undo,)
        back = Advice(f"{words} The weights stay as they are now.", ((entry.path, entry.old),))
        return (undo, back) if undo.undo else (back, undo)
    return ()


def _undo(evidence: Evidence, entry: Entry) -> Advice:
    """To go back to before the change that led away from ``old``; in words alone where the state of
    before it cannot be restored.

    Args:
        entry: of a suspect; where the parameter went far in several changes, its ``old`` is that
            of the first of them.
    """
    place, first = [
        (place, one)
        for place, one in enumerate(evidence.ledger)
        if one.turned and one.path == entry.path and one.old == entry.old
        if one.step <= entry.step
    ][-1]
    if place in evidence.undoable and not evidence.broken:
        text = (
            "Undo restores the weights and the settings from just before this change; the training"
            f" since step {first.step:,} is lost."
        )
        return Advice(text, undo=UndoTo(place, first.step))
    return Advice(
        "To get the weights back too, move the time machine to before step"
        f" {first.step:,} and start a new run from there."
    )


def _allowed(evidence: Evidence, suspect: Suspect) -> bool:
    """Whether the former value may be set as things stand."""
    try:
        put(evidence.config, {suspect.entry.path: suspect.entry.old})
    except ConfigError:
        return False
    return suspect.entry.old is not None


RULE = Rule(
    "far-change",
    "Changed too far",
    Weight.TROUBLE,
    "A parameter was moved far from where training had been well with it, and trouble began after"
    " that. The other findings are most likely its consequences, so undo the change first.",
    "The run's own list of changes",
    look,
    advice,
    patience=25,
    warm_up=0,
    cause=True,
)
