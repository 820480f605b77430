"""No test sets a bound of its own for what runs beside it: on a busy machine it would be missed."""

import re
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).parent
BOUND = re.compile(
    r"\.(?:join|result|communicate|acquire|wait)\((?:timeout=)?[1-9][\d_.]*\)"
    r"|\b(?:default_)?timeout=[1-9][\d_.]*\b(?! \* )|monotonic\(\) \+ [\d_.]+"
)
SHORT = {  # a try that is repeated, and one that must be over at once
    "browser/conftest.py": 2, "browser/visitor.py": 1, "hostile/test_routes.py": 1,
}  # fmt: skip


def bounds(text: str) -> list[str]:
    """What a source sets as the longest time that it waits."""
    return BOUND.findall(text)


def test_a_bound_is_found():
    for wrong in ("run.join(30)", "f.result(10)", "communicate(timeout=30)", "x(timeout=60_000)",
                  "deadline = time.monotonic() + 120"):  # fmt: skip
        assert bounds("p." + wrong), wrong
    for right in ("run.join(WAIT)", "f.result(0)", "monotonic() + WAIT", "x(timeout=3 * WAIT)"):
        assert not bounds("p." + right), right


def test_an_example_of_hypothesis_may_take_any_time():
    assert settings().deadline is None


def test_every_test_waits_as_long_as_all_others_do():
    found = {
        path.relative_to(ROOT).as_posix(): len(bounds(path.read_text("utf-8")))
        for path in ROOT.rglob("*.py")
        if path != Path(__file__)
    }
    assert {name: number for name, number in found.items() if number} == SHORT
