"""What was measured of a run, and what the coach found: a line of JSON each, in its folder."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_lab.archives.json_text import lines
from gan_lab.coach import Advice, Finding, Sign
from gan_lab.coach.findings import UndoTo
from gan_lab.coach.rules import every_rule
from gan_lab.measures import Measured

log = logging.getLogger(__name__)

MEASURES, FINDINGS = "measures.jsonl", "findings.jsonl"
MOST = 10_000  # measurements of a run in memory
PAST = 1_000  # findings that came and went


class Journal:
    """Of one run's folder. A full disk costs lines, not the run; a damaged line is skipped."""

    def __init__(self, run: Path) -> None:
        self._run = run

    def measured(self, most: int = MOST) -> list[Measured]:
        """What was measured, oldest first; where there is more than ``most``, every second step but
        the newest is left out until there is not."""
        found: list[Measured] = []
        for line in _lines(self._run / MEASURES):
            if (one := _measured(line)) is not None:
                found.append(one)
            found = fewer(found, most)
        return found

    def past(self) -> list[Finding]:
        """The newest findings that came and went, oldest first; those of rules that there are no
        more are left out."""
        went = (line for line in _lines(self._run / FINDINGS) if line.get("event") == "went")
        return list(deque((f for line in went if (f := _finding(line)) is not None), PAST))

    def standing(self, step: int) -> list[Finding]:
        """Findings that had come and not gone at a step."""
        stand: dict[str, Finding] = {}
        for line in _lines(self._run / FINDINGS):
            if line["step"] > step or line.get("event") not in ("came", "went"):
                continue
            if (finding := _finding(line)) is not None:
                stand.pop(finding.rule.name, None)
                if line["event"] == "came":
                    stand[finding.rule.name] = finding
        return list(stand.values())

    def note_measured(self, measured: Measured) -> None:
        self._append(MEASURES, measured.to_json())

    def note_finding(self, event: str, step: int, told: Mapping[str, Any]) -> None:
        """
        Args:
            event: "came" or "went", with the whole finding, or "applied" with what was done.
            step: at which it happened.
        """
        self._append(FINDINGS, {"event": event, "step": step, **told})

    def cut(self, step: int) -> None:
        """What is beyond ``step`` never happened."""
        for name in (MEASURES, FINDINGS):
            self._write(self._run / name, name, step)

    def copy_to(self, other: Path, step: int) -> None:
        """What happened up to ``step``, for a run that goes on from there."""
        for name in (MEASURES, FINDINGS):
            self._write(other / name, name, step)

    def _append(self, name: str, line: Mapping[str, Any]) -> None:
        try:
            with (self._run / name).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, default=repr) + "\n")
        except OSError as error:
            log.warning("%s could not be written: %s", name, error)

    def _write(self, target: Path, name: str, step: int) -> None:
        """The lines of one of our files up to ``step``, to a file as a whole."""
        if not (self._run / name).exists():
            return
        temporary = target.with_name(f".{name}.writing")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                kept = (line for line in _lines(self._run / name) if line["step"] <= step)
                file.writelines(json.dumps(line) + "\n" for line in kept)
            os.replace(temporary, target)
        except OSError as error:
            log.warning("%s could not be written: %s", target, error)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Those that are whole and tell a step."""
    with contextlib.suppress(OSError):
        for line in lines(path):
            if isinstance(line.get("step"), int):
                yield line


def fewer(measured: list[Measured], most: int) -> list[Measured]:
    """At most ``most`` measurements: every second step but the newest is left out until there are
    not more."""
    while len(measured) > max(2, most):  # both ends stay
        measured = _halved(measured)
    return measured


def _halved(measured: list[Measured]) -> list[Measured]:
    """Those of every second step and the newest, so that of each step both G and its average stay;
    of many measurements of few steps every second one."""
    steps = list(dict.fromkeys(one.step for one in measured))
    kept = {*steps[::2], steps[-1]}
    fewer = [one for one in measured if one.step in kept]
    return fewer if len(fewer) < len(measured) else [*measured[:-1:2], measured[-1]]


def _measured(line: Mapping[str, Any]) -> Measured | None:
    try:
        return Measured.from_json(line)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _finding(line: Mapping[str, Any]) -> Finding | None:
    try:
        rule = every_rule()[line["rule"]]
        measured = line.get("measured")
        sign = Sign(
            line["sure"], line["seen"], tuple(line["columns"]), line["first"], line["last"],
            measured if isinstance(measured, int) else None,
        )  # fmt: skip
        advice = tuple(
            Advice(
                one["text"],
                tuple((path, value) for path, value in one["changes"]),
                _undo(one.get("undo")),
            )
            for one in line["advice"]
        )
        return Finding(rule, sign, advice, line["since"], line["until"])
    except (KeyError, TypeError, ValueError):
        return None


def _undo(told: Any) -> UndoTo | None:
    """What an advice says of going back; None where a line of another version has nothing of it.
    Raises KeyError, TypeError or ValueError."""
    return None if told is None else UndoTo(int(told["change"]), int(told["step"]))
