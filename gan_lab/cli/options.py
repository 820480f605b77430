"""Options that need more than a type: numbers with bounds, the experiment to begin with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from gan_lab.archives import json_text
from gan_lab.config import KNOBS, ConfigError, RunConfig, from_tree, parse, put
from gan_lab.presets import DEFAULT, preset, read_short, read_toml, why


class UsageError(ValueError):
    """Options that do not fit each other, in one line."""


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers from ``low`` to ``high``."""
    allowed = f"a whole number from {low:,}" + (f" to {high:,}" if high is not None else "")

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise _refusal(text, allowed) from None
        if number < low or (high is not None and number > high):
            raise _refusal(text, allowed)
        return number

    return read


def number(above: float, high: float = math.inf) -> Callable[[str], float]:
    """A parser of finite numbers above ``above``, up to ``high``."""
    allowed = f"a number above {above:g}" + (f", up to {high:g}" if high < math.inf else "")

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise _refusal(text, allowed) from None
        if not (math.isfinite(value) and above < value <= high):  # NaN is neither
            raise _refusal(text, allowed)
        return value

    return read


def _refusal(text: str, allowed: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r} is not allowed; give {allowed}")


def assignments(texts: Sequence[str]) -> dict[str, Any]:
    """What ``--set path=value`` says, by path; the last one counts. Raises ConfigError."""
    changes = {}
    for text in texts:
        path, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(f"--set {text!r} is not allowed; give path=value, as optim.g.lr=1e-4")
        path = path.strip()
        changes[path] = parse(path, value)
    return changes


def experiment(
    preset_name: str | None,
    file: Path | None,
    shorthands: dict[str, str | None],
    sets: Sequence[str],
) -> RunConfig:
    """The experiment that the options of ``train`` describe.

    Args:
        preset_name, file: where it begins; the default preset if both are None.
        shorthands: what ``--data``, ``--seed`` and ``--device`` said, by dotted path.
        sets: what ``--set`` said; it comes last.

    Raises:
        ConfigError: something that the schema does not allow.
        UsageError: both a preset and a file.
    """
    if preset_name is not None and file is not None:
        raise UsageError("--preset and --config each give a whole experiment; choose one")
    base = read_config(file) if file is not None else preset(preset_name or DEFAULT).config
    short = {path: parse(path, text) for path, text in shorthands.items() if text is not None}
    return put(base, short | assignments(sets))


def live_changes(sets: Sequence[str], given: Sequence[str]) -> dict[str, Any]:
    """What ``--set`` says beside ``--resume``, by path.

    Args:
        given: options beside it that describe a new run, which are refused.

    Raises ConfigError or UsageError.
    """
    if given:
        raise UsageError(f"--resume goes on with a run as it is; leave out {', '.join(given)}")
    changes = assignments(sets)
    for path in changes:
        if not KNOBS[path].live:
            raise ConfigError(
                f"--set {path}: it is fixed when a run begins, so --resume cannot change it;"
                " start a new run with it"
            )
    return changes


def read_config(path: Path) -> RunConfig:
    """An experiment from a file in the presets' format, or from a run's ``config.json``.

    Raises ConfigError, in one line.
    """
    if path.suffix.lower() != ".json":
        return read_toml(path)[1]
    try:
        tree = json_text.parse(read_short(path))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as JSON: {why(error)}") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{path} holds no configuration; give a run's config.json")
    return from_tree(tree)
