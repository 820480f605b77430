"""What the coach finds while a run trains: a line each on stderr."""

from __future__ import annotations

import sys

from gan_lab.cli.output import tell
from gan_lab.coach import Finding, Health
from gan_lab.runs.messages import Checkup


class News:
    """Tells each finding once when it comes and once when it goes."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, int], Finding] = {}

    def tell(self, checkup: Checkup) -> None:
        """Whatever is new in it."""
        standing = {(f.rule.name, f.since): f for f in _findings(checkup.health)}
        for key, finding in standing.items():
            if key not in self._standing:
                tell(_clear(f"step {finding.since:,}: {finding.rule.title}. {finding.sign.seen}"))
        for key, finding in self._standing.items():
            if key not in standing:
                tell(_clear(f"step {_step(checkup.health):,}: no longer: {finding.rule.title}"))
        self._standing = standing


def _findings(health: Health | None) -> tuple[Finding, ...]:
    return health.findings if health else ()


def _step(health: Health | None) -> int:
    return health.step if health else 0


def _clear(line: str) -> str:
    """Over a progress bar, if there is one: it is drawn again below."""
    return f"\r\x1b[2K{line}" if sys.stderr.isatty() else line
