"""The browser tests, again and again: what fails once in many times fails here.

A browser, a server and a run that trains meet in these tests, so one that passes may have been
lucky. Each piece is one file of them, played without a second chance.
"""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import house

ROUNDS = 5
TESTS = house.ROOT / "tests" / "browser"


def pieces() -> list[tuple[str, int]]:
    """Every file in each round, round by round."""
    files = sorted(path.stem for path in TESTS.glob("test_*.py"))
    return [(file, number) for number in range(1, ROUNDS + 1) for file in files]


def piece(file: str, where: Path) -> dict[str, Any]:
    """One round of one file; "lost" names the tests that failed."""
    report = where / f"{file}.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:rerunfailures",
               f"--junitxml={report}", str(TESTS / f"{file}.py")]  # fmt: skip
    done = subprocess.run(command, cwd=house.ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        last = done.stdout.strip().splitlines()[-1:]
        return {"file": file, "tests": 0, "failed": 1, "lost": " ".join(last) or "no test ran"}
    return {"file": file, **told(report)}


def told(report: Path) -> dict[str, Any]:
    """What a JUnit report of pytest says: tests, failed ones, and the names of these."""
    cases = list(ET.parse(report).getroot().iter("testcase"))
    failed = [one.get("name", "") for one in cases if {"failure", "error"} & {e.tag for e in one}]
    return {"tests": len(cases), "failed": len(failed), "lost": ", ".join(failed)}
