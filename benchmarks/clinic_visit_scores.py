"""What was shown on visitors' pages, in numbers: alarms, delays, and the tables of them.

A *sample* is what a page showed at one instant (``clinic_visit_page.py``); a *span* is a stretch of
time in which it did not change but for numbers.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clinic_table import by_case, share, table
from clinic_visit_cases import VISITS, Visit

Line = Mapping[str, Any]
Span = Mapping[str, Any]

ALARMS = ("caution", "trouble")
_STALLED = 5.0  # s; of a longer time between two samples nobody knows what was shown


def alarms(shown: Mapping[str, Any]) -> bool:
    """Whether a visitor is told that something is wrong, be it a caution."""
    return shown["condition"] in ALARMS or any(one["weight"] in ALARMS for one in shown["findings"])


def red(shown: Mapping[str, Any]) -> bool:
    """Whether a visitor is told of trouble."""
    weights = {one["weight"] for one in shown["findings"]}
    return shown["condition"] == "trouble" or "trouble" in weights


def spans(samples: Sequence[Mapping[str, Any]], visit: Visit) -> list[dict[str, Any]]:
    """The time in which the coach's line was visible while the run trained, in stretches."""
    found: list[dict[str, Any]] = []
    last = None
    for shown, after in zip(samples, [*samples[1:], None], strict=True):
        if not shown["seen"] or shown["state"] not in ("running", "failed"):
            last = None
            continue
        length = 0.0 if after is None else min(after["at"] - shown["at"], _STALLED)
        if (now := _gist(shown, visit)) != last:
            kept = ("at", "step", "looked", "condition", "line", "findings")
            found.append({"for": 0.0} | {name: shown[name] for name in kept})
            last = now
        found[-1]["for"] = round(found[-1]["for"] + length, 2)
    return found


def _gist(shown: Mapping[str, Any], visit: Visit) -> tuple[Any, ...]:
    """What is shown, but for its numbers."""
    findings = tuple(
        (one["rule"], one["weight"], repr([[p for p, _ in changes] for changes in one["advice"]]),
         visit.turn is not None and visit.names(one))
        for one in shown["findings"]
    )  # fmt: skip
    return shown["condition"], findings


def mismatch(samples: Iterable[Mapping[str, Any]]) -> str:
    """The first difference between what a page showed and what the server had sent it; "" if there
    is none. The benchmark would then read the page wrongly."""
    for one in samples:
        if one["seen"] and one["condition"] != one["sent"]:
            return f"the page showed {one['condition']} and was sent {one['sent']} at {one['at']} s"
    return ""


# -- healthy runs ------------------------------------------------------------------------------


def seconds(line: Line, of: Any = lambda _: True) -> float:
    """Seconds that were shown, or of those the ones that ``of`` says yes to."""
    return sum(span["for"] for span in line["spans"] if of(span))


def by_rule(lines: Iterable[Line]) -> dict[str, float]:
    """Seconds for which each rule alarmed, by its name, longest first."""
    found: Counter[str] = Counter()
    for line in lines:
        for span in line["spans"]:
            for name in {one["rule"] for one in span["findings"] if one["weight"] in ALARMS}:
                found[name] += span["for"]
    return dict(found.most_common())


# -- caused troubles ---------------------------------------------------------------------------


def when(steps: Sequence[Sequence[float]], step: int) -> float:
    """Seconds at which a step was played.

    Args:
        steps: pairs of seconds and steps, both rising.
    """
    before = (steps[0][0], 0.0)
    for at, there in steps:
        if there >= step:
            share = (step - before[1]) / max(1e-9, there - before[1])
            return before[0] + min(1.0, max(0.0, share)) * (at - before[0])
        before = (at, there)
    return before[0]


def delay(line: Line) -> float:
    """Seconds from the beginning of the trouble to the first finding that names the cause; 0 if it
    is named before, infinite if never."""
    for span in line["spans"]:
        if span["at"] >= line["pressed"] and any(_right(line, one) for one in span["findings"]):
            return max(0.0, span["at"] - when(line["steps"], line["began"]))
    return math.inf


def named_first(line: Line) -> bool:
    """Whether the first alarm that stands after the turn names the cause at its head."""
    first = first_named(line)
    return first is not None and _right(line, first)


def first_named(line: Line) -> Mapping[str, Any] | None:
    """The finding at the head of the first alarm after the turn; None if there is none."""
    for span in line["spans"]:
        if span["at"] + span["for"] > line["pressed"] and alarms(span) and span["findings"]:
            return span["findings"][0]
    return None


def at_the_head(line: Line) -> float:
    """Share of the time with an alarm after the turn in which the cause stood at its head; 0 if
    there was no alarm."""
    whole = right = 0.0
    for span in line["spans"]:
        length = min(span["for"], span["at"] + span["for"] - line["pressed"])
        if length > 0 and alarms(span) and span["findings"]:
            whole += length
            right += length * _right(line, span["findings"][0])
    return right / whole if whole else 0.0


def _right(line: Line, finding: Mapping[str, Any]) -> bool:
    visit = VISITS[line["case"]]
    return finding["weight"] in ALARMS and visit.names(finding, line["old"], line["new"])


# -- tables ------------------------------------------------------------------------------------


def tables(lines: Sequence[Line]) -> str:
    """All pieces: totals against the goals, then healthy and caused runs by case."""
    healthy = [line for line in lines if line["kind"] == "healthy" and not line["lost"]]
    caused = [line for line in lines if line["kind"] == "caused" and not line["lost"]]
    there = [line for line in caused if line["there"]]
    parts = [_totals(healthy, there), _healthy(healthy), _caused(caused)]
    if absent := ", ".join(line["piece"] for line in caused if not line["there"]):
        parts.append(f"Training did not go wrong in {absent}; these runs are not counted.")
    if lost := ", ".join(f"{line['piece']} ({line['lost']})" for line in lines if line["lost"]):
        parts.append(f"Could not be measured: {lost}.")
    return "\n\n".join(part for part in parts if part)


def _totals(healthy: Sequence[Line], caused: Sequence[Line]) -> str:
    rows = []
    if healthy:
        rows = [
            ("time of healthy runs with an alarm on the page", "≤ 2 %", _time(healthy, alarms)),
            ("of that, red", "0 s", f"{sum(seconds(line, red) for line in healthy):.0f} s"),
        ]
    if caused:
        delays = [delay(line) for line in caused]
        named = sum(named_first(line) for line in caused)
        rows += [
            ("from the beginning of a trouble to its cause on the page, median", "≤ 30 s",
             _seconds(statistics.median(delays))),
            ("caused troubles whose cause is named first", "≥ 90 %",
             share(named, len(caused))),
        ]  # fmt: skip
    return table(("", "goal", "reached"), rows)


def _time(lines: Sequence[Line], of: Any) -> str:
    whole, part = (sum(seconds(line, one) for line in lines) for one in (lambda _: True, of))
    return f"{part:.0f} of {whole:.0f} s ({100 * part / whole:.1f} %)" if whole else "nothing shown"


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if math.isfinite(value) else "never"


def _healthy(healthy: Sequence[Line]) -> str:
    rows = []
    for name, lines in by_case(healthy).items():
        rules = ", ".join(f"{rule} {spent:.0f} s" for rule, spent in by_rule(lines).items())
        wrong = sum(seconds(line, red) for line in lines)
        steps = statistics.median(line["steps"][-1][1] for line in lines)
        failed = sum(line["ended"] == "failed" for line in lines)
        runs = f"{len(lines)} ({failed} failed)" if failed else str(len(lines))
        rows.append((name, runs, f"{steps:,.0f}", _time(lines, alarms),
                     f"{wrong:.0f} s", rules or "none"))  # fmt: skip
    return table(("healthy run", "runs", "steps", "with an alarm", "red", "by rule"), rows)


def _caused(caused: Sequence[Line]) -> str:
    rows = []
    for name, lines in by_case(caused).items():
        there = [line for line in lines if line["there"]]
        turn = VISITS[name].turn
        assert turn is not None
        change = f"{turn.path}: {lines[0]['old']:g} → {lines[0]['new']:g}"
        if not there:
            rows.append((name, change, f"0 of {len(lines)}", *[""] * 5))
            continue
        late = [when(line["steps"], line["began"]) - line["pressed"] for line in there]
        heads = Counter(one["rule"] if one else "nothing" for one in map(first_named, there))
        rows.append((
            name, change, f"{len(there)} of {len(lines)}", _seconds(statistics.median(late)),
            ", ".join(_seconds(delay(line)) for line in there),
            f"{sum(map(named_first, there))} of {len(there)}", ", ".join(heads),
            f"{100 * statistics.mean(map(at_the_head, there)):.0f} %",
        ))  # fmt: skip
    heads = ("caused trouble", "what was turned", "went wrong", "after", "cause named after",
             "named first", "first rule", "at the head")  # fmt: skip
    return table(heads, rows)
