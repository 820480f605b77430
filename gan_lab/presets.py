"""Presets: named experiments that state only what differs from the schema's defaults."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gan_lab.config import ConfigError, RunConfig, from_tree

FOLDER = Path(__file__).parent.parent / "assets" / "presets"
DEFAULT = "quick"
LONGEST = 1 << 20
"""Bytes of a configuration file."""
_DOTS = 100  # of a name in one; many thousands would take a parser minutes
FOR_POINTS = "plane-ring"  # what begins with points where another preset was chosen
GROUPS = (
    "Start here", "In the plane", "Where it began", "Tutorials", "Losses", "Classes", "Tricks",
    "Small data",
    "Many modes", "Milestones", "Growing", "Larger pictures", "Picture to picture",
    "What goes wrong",
)  # fmt: skip
"""Groups of a picker, in the order in which people may meet them; others follow."""


@dataclass(frozen=True)
class Preset:
    """One file of ``assets/presets``.

    Attributes:
        name: of the file.
        title, about: for people; ``about`` is one sentence.
        group: a heading in a picker.
        config: the whole experiment.
    """

    name: str
    title: str
    about: str
    group: str
    config: RunConfig


def read_toml(path: Path) -> tuple[dict[str, Any], RunConfig]:
    """A configuration file: what it says beside the schema (title, about, group), and the
    experiment.

    Raises ConfigError, in one line, if it cannot be read or holds what the schema does not.
    """
    try:
        text = read_short(path)
        if any(line.partition("=")[0].count(".") > _DOTS for line in text.splitlines()):
            raise ValueError("a name in it has too many dots")
        tree = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {why(error)}") from None
    words = {key: tree.pop(key) for key in ("title", "about", "group") if key in tree}
    return words, from_tree(tree)


def read_short(path: Path) -> str:
    """A file of a configuration, UTF-8, and no more than one ever has: what is given here may be a
    device that never ends.

    Raises ValueError, OSError.
    """
    with path.open("rb") as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise ValueError(f"it has more than {LONGEST >> 10} KB")
    return content.decode("utf-8")


def why(error: Exception) -> str:
    """What keeps a configuration from being read, in words."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    if isinstance(error, OSError):
        return (error.strerror or "it cannot be opened").lower()
    text = str(error)
    return "it has a number that is too long" if "int_max_str_digits" in text else text


@cache
def presets() -> dict[str, Preset]:
    """All presets by name: the default first, then group by group."""
    result = [_read(path) for path in sorted(FOLDER.glob("*.toml"))]
    place = {group: index for index, group in enumerate(GROUPS)}
    result.sort(
        key=lambda one: (
            one.name != DEFAULT, place.get(one.group, len(place)), one.group, one.name
        )
    )  # fmt: skip
    return {one.name: one for one in result}


def _read(path: Path) -> Preset:
    words, config = read_toml(path)
    group = words.get("group", "More")
    return Preset(path.stem, words["title"], words["about"], group, config)


def preset(name: str) -> Preset:
    """Raises ConfigError if there is none of that name."""
    try:
        return presets()[name]
    except KeyError:
        known = ", ".join(presets())
        raise ConfigError(f"there is no preset {name!r}; there are {known}") from None
