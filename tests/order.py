"""In which order test files run, so that all processes are busy until the end.

With ``--dist loadfile`` a process takes one file after another. A long file that starts last keeps
one process busy while the others have nothing to do, and three browsers at once slow each other
down. So the longest files start first, and the browser tests are spread over the whole run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parent
MEASURED = ROOT / "seconds.json"
"""Seconds of each long file, by its path below tests; ``benchmarks/suite.py --times`` writes it."""
_GUESS = {True: 10.0, False: 0.1}  # s of one test of a file that was not measured: browser or not
T = TypeVar("T")


def measured() -> dict[str, float]:
    """Seconds of each file, or nothing where nobody measured."""
    try:
        return json.loads(MEASURED.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def ordered(counts: Mapping[str, int], seconds: Mapping[str, float]) -> list[str]:
    """Files in the order in which they should start.

    Args:
        counts: how many tests each file has, by its path below tests.
        seconds: how long files took, as far as that is known.
    """
    cost = {name: seconds.get(name, n * _GUESS[_in_browser(name)]) for name, n in counts.items()}
    kinds = [
        sorted((name for name in counts if _in_browser(name) is browser), key=_longest(cost))
        for browser in (True, False)
    ]
    totals = [sum(cost[name] for name in kind) or 1.0 for kind in kinds]
    begun, order = [0.0, 0.0], []
    while any(kinds):  # both kinds end at about the same time
        which = min((0, 1), key=lambda k: (not kinds[k], begun[k] / totals[k]))
        name = kinds[which].pop(0)
        begun[which] += cost[name]
        order.append(name)
    return order


def in_order(items: Iterable[T], path: Callable[[T], Path]) -> list[T]:
    """Tests sorted by :func:`ordered`; within a file they keep their order."""
    files: dict[str, list[T]] = {}
    for item in items:
        files.setdefault(_name(path(item)), []).append(item)
    order = ordered({name: len(tests) for name, tests in files.items()}, measured())
    return [item for name in order for item in files[name]]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if ROOT in path.parents else path.as_posix()


def _in_browser(name: str) -> bool:
    return name.startswith("browser/")


def _longest(cost: Mapping[str, float]) -> Callable[[str], tuple[float, str]]:
    return lambda name: (-cost[name], name)
