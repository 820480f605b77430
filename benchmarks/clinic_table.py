"""The tables of the clinic, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Line = Mapping[str, Any]


def tables(found: Mapping[str, Sequence[Line]]) -> str:
    """All that was asked: diseases, false alarms, cures; with totals against the goals."""
    exams = [*found["points"], *found["pictures"]]
    ill = [line for line in exams if line["disease"] and line["there"]]
    well = [line for line in exams if not line["disease"]]
    absent = [line for line in exams if line["disease"] and not line["there"]]
    never = {(line["case"], line["seed"]) for line in absent}
    cures = [line for line in found["cures"] if (line["case"], line["seed"]) not in never]
    parts = [_totals(ill, well, cures), _diseases(ill), _healthy(well)]
    if absent:
        names = ", ".join(f"{line['case']} ({line['seed']})" for line in absent)
        parts.append(f"Not ill although meant to be, and not counted: {names}.")
    parts.append(_cures(cures))
    return "\n\n".join(part for part in parts if part)


def share(part: int, whole: int) -> str:
    """So many of so many, and in per cent."""
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "none"


def _totals(ill: Sequence[Line], well: Sequence[Line], cures: Sequence[Line]) -> str:
    tried = [line for line in cures if "treated" in line]
    rows = [
        ("ill runs in which the disease was found", "≥ 90 %",
         share(sum(bool(line["found"]) for line in ill), len(ill))),
        ("healthy runs with a false alarm", "≤ 5 %",
         share(sum(bool(line["trouble"]) for line in well), len(well))),
        ("cures better than doing nothing", "≥ 70 %",
         share(sum(_better(line) for line in tried), len(tried))),
    ]  # fmt: skip
    return table(("", "goal", "reached"), rows)


def by_case(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Lines by the name of their case, in the order in which they come."""
    cases: dict[str, list[Line]] = {}
    for line in lines:
        cases.setdefault(line["case"], []).append(line)
    return cases


def _diseases(ill: Sequence[Line]) -> str:
    rows = []
    for name, lines in by_case(ill).items():
        found = [line for line in lines if line["found"]]
        steps = [line["step"] for line in found]
        by = ", ".join(sorted({line["found"] for line in found})) or "**missed**"
        when = f"{statistics.median(steps):g}" if steps else ""
        rows.append((name, lines[0]["disease"], f"{len(found)} of {len(lines)}", by, when))
    return table(("case", "disease", "found", "by the rule", "after steps"), rows)


def _healthy(well: Sequence[Line]) -> str:
    rows = []
    for name, lines in by_case(well).items():
        alarms = sum(bool(line["trouble"]) for line in lines)
        said = {what for line in lines for what in line["trouble"]}
        cautions = {what for line in lines for what in line["caution"]}
        rows.append((name, f"{alarms} of {len(lines)}", ", ".join(sorted(said)) or "none",
                     ", ".join(sorted(cautions)) or "none"))  # fmt: skip
    return table(("healthy case", "false alarms", "which", "cautions"), rows)


def _better(line: Line) -> bool:
    return line["treated"] < line["nothing"]


def _cures(cures: Sequence[Line]) -> str:
    rows = []
    for name, lines in by_case(cures).items():
        tried = [line for line in lines if "treated" in line]
        if not tried:
            found = any(line["found"] for line in lines)
            rows.append((name, "", "", "", "only explained" if found else "not found"))
            continue
        turned = "; ".join(f"{path} = {_value(value)}" for path, value in tried[0]["changes"])
        turned += "" if tried[0]["live"] else " (anew)"
        middle = [statistics.median(line[what] for line in tried) for what in _OUTCOMES]
        better = f"{sum(map(_better, tried))} of {len(tried)}"
        rows.append((name, turned, f"{middle[0]:.3g}", f"{middle[1]:.3g}", better))
    return table(("case", "first advice", "doing nothing", "treated", "better"), rows)


_OUTCOMES = ("nothing", "treated")


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown; "" without rows."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) if len(lines) > 2 else ""
