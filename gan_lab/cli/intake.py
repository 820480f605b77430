"""Own pictures: what came in, and what to do differently with few of them."""

from __future__ import annotations

import json
from pathlib import Path

from gan_lab.cli.output import say, say_json, tell
from gan_lab.config import RunConfig
from gan_lab.data import DataError, Intake, advice, take_in
from gan_lab.data.own import Tip


def tell_intake(intake: Intake, config: RunConfig) -> None:
    """A line on what came in, and one for each advice."""
    tell(f"data: {intake.line}")
    for tip in _tips(intake, config):
        tell(f"advice: {in_words(tip)}")


def report(config: RunConfig, *, as_json: bool) -> None:
    """The whole report on stdout. Raises DataError."""
    path = Path(config.data.name)
    if not path.exists():
        raise DataError(f"there is no folder or zip {config.data.name!r}")
    _, intake = take_in(path, config.data)
    tips = _tips(intake, config)
    if as_json:
        named = [{"sentence": tip.sentence, "changes": dict(tip.changes)} for tip in tips]
        say_json({**intake.as_json(), "advice": named})
        return
    for line in intake.lines:
        say(line)
    for tip in tips:
        say(f"advice: {in_words(tip)}")


def in_words(tip: Tip) -> str:
    """The sentence, and the options that do it."""
    options = " ".join(f"--set {path}={_plain(value)}" for path, value in tip.changes)
    return f"{tip.sentence} {options}".strip()


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _tips(intake: Intake, config: RunConfig) -> list[Tip]:
    halves = 2 if config.data.pairs == "side-by-side" else 1
    return advice((intake.taken - intake.held_out) // halves, config)
