"""Does the coach find what ails a run, does it leave the healthy alone, and does its advice help?

    python benchmarks/clinic.py [--part points pictures cures] [--seeds 10 11 12] [--only NAME ...]
    python benchmarks/clinic.py --table

Small networks, healthy and made ill on purpose (``clinic_cases.py``), train with the coach looking
on. Found is a disease for which the right rule speaks at any time; a false alarm is a healthy run
of which any rule says that it is in trouble. A cure forks the run at the finding and compares the
first advice with doing nothing: same seed, same further rounds. Resumable: a line for each case and
seed in ``build/clinic/``; a changed coach or case is asked anew. Thresholds were chosen with seeds
0 and 1, the published table is of seeds from 10 on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import Any

import house
import torch
from clinic_cases import CASES, Case
from clinic_coach import coach_hash, named
from clinic_table import tables
from clinic_ward import Patient

from gan_lab.coach import Advice, Finding, Weight
from gan_lab.coach.coach import Coach

KEPT = house.ROOT / "build" / "clinic"
PARTS = ("points", "pictures", "cures")
HELD_OUT = (10, 11, 12)


def key(case: Case, seed: int, coach: str) -> str:
    """Of one line: the coach, the case as it is written, the seed."""
    written = repr((case.preset, sorted(case.changes.items()), case.rounds, case.few))
    return f"{coach}-{named(written)}-{seed}"


# -- looking on --------------------------------------------------------------------------------


def heard(case: Case, seed: int) -> tuple[Patient, dict[str, Finding]]:
    """A whole run: the patient at its end, and what was said of it, by rule, as said first."""
    patient, coach, said = Patient(case, seed), Coach(), {}
    for evidence in patient.looks():
        for finding in coach.look(evidence).findings:
            said.setdefault(finding.rule.name, finding)
    return patient, said


def examined(case: Case, seed: int) -> dict[str, Any]:
    """One line of the parts points and pictures."""
    patient, said = heard(case, seed)
    facts = patient.facts()
    steps = {name: finding.since for name, finding in said.items()}
    right = [name for name in steps if name in case.right]
    return {
        "disease": case.disease,
        "there": not case.disease or bool(case.shows(facts)),
        "found": min(right, key=steps.__getitem__) if right else "",
        "step": min((steps[name] for name in right), default=0),
        "trouble": [n for n, f in said.items() if f.rule.weight == Weight.TROUBLE],
        "caution": [n for n, f in said.items() if f.rule.weight == Weight.CAUTION],
        "steps": steps,
        "facts": {name: round(value, 5) for name, value in facts.items()},
    }


# -- cures -------------------------------------------------------------------------------------


def treated(case: Case, seed: int) -> dict[str, Any]:
    """One line of the part cures: the first advice of the right finding against doing nothing."""
    patient, coach = Patient(case, seed), Coach()
    for evidence in patient.looks():
        health = coach.look(evidence)
        right = [f for f in health.findings if f.rule.name in case.right and f.advice]
        if right:
            return {"disease": case.disease, "found": right[0].rule.name, "step": health.step,
                    **_compared(patient, right[0].advice[0])}  # fmt: skip
    return {"disease": case.disease, "found": "", "step": 0}


def _compared(patient: Patient, advice: Advice) -> dict[str, Any]:
    """Outcomes after the same further rounds; no advice is compared that only explains."""
    told = {"advice": advice.text, "changes": [list(c) for c in advice.changes],
            "live": advice.live}  # fmt: skip
    if not advice.changes:
        return told
    end = patient.trainer.steps + max(
        patient.case.rounds - patient.trainer.steps, patient.case.rounds // 2
    )
    state = patient.state()
    patient.train(end)
    nothing = patient.outcome()
    if advice.live:
        patient.restore(state)
        patient.turn(advice.changes)
        patient.train(end)
    else:
        patient = Patient(patient.case, patient.seed, dict(advice.changes))
        patient.train(end)
    return told | {"nothing": nothing, "treated": patient.outcome()}


# -- doing it ----------------------------------------------------------------------------------


def read(part: str) -> dict[str, dict[str, Any]]:
    """Lines that are there, by case and key; what a stop left half written is left out."""
    path = KEPT / f"{part}.jsonl"
    lines = {}
    for text in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        lines[f"{line['case']} {line['key']}"] = line
    return lines


def wanted(part: str, seeds: list[int], only: list[str]) -> Iterator[tuple[Case, int]]:
    """The cases of a part with each seed; cures are tried of the ill ones of both other parts."""
    for case in CASES.values():
        if part == "cures" and not (case.disease and case.curable):
            continue
        if part not in ("cures", case.part) or (only and not any(o in case.name for o in only)):
            continue
        yield from ((case, seed) for seed in seeds)


def run(part: str, seeds: list[int], only: list[str]) -> list[dict[str, Any]]:
    """All lines of a part, those that are missing made now."""
    KEPT.mkdir(parents=True, exist_ok=True)
    coach, there, lines = coach_hash(part), read(part), []
    for case, seed in wanted(part, seeds, only):
        name = key(case, seed, coach)
        line = there.get(f"{case.name} {name}")
        if line is None:
            begun = time.perf_counter()
            told = treated(case, seed) if part == "cures" else examined(case, seed)
            seconds = round(time.perf_counter() - begun, 1)
            line = {"case": case.name, "seed": seed, "key": name, "seconds": seconds, **told}
            with (KEPT / f"{part}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            print(_brief(line), flush=True)
        lines.append(line)
    return lines


def _brief(line: dict[str, Any]) -> str:
    what = f"{line['case']} seed {line['seed']} ({line['seconds']} s): "
    if "trouble" in line:
        said = ", ".join(f"{name} {step}" for name, step in line["steps"].items())
        verdict = "" if line["there"] else "NOT ILL "
        if line["disease"]:
            verdict += "found" if line["found"] else "MISSED"
        else:
            verdict += "FALSE ALARM" if line["trouble"] else "well"
        return f"{what}{verdict} [{said}]"
    if "treated" not in line:
        return what + ("only explained" if line["found"] else "not found")
    return f"{what}{line['nothing']:.3g} -> {line['treated']:.3g} with {line['changes']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--seeds", type=int, nargs="*", default=list(HELD_OUT))
    parser.add_argument("--only", nargs="*", default=[], help="parts of names of cases")
    parser.add_argument("--table", action="store_true", help="Markdown of all lines of this coach")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.table:
        found = {}
        for part in PARTS:
            there, coach = read(part), coach_hash(part)
            found[part] = [
                there[name]
                for case, seed in wanted(part, options.seeds, options.only)
                if (name := f"{case.name} {key(case, seed, coach)}") in there
            ]
        print(tables(found))
        return
    for part in options.part:
        run(part, options.seeds, options.only)


if __name__ == "__main__":
    main()
