"""What a script is made of: parts with a heading, words and code, and the settings above them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import NamedTuple

from gan_lab.config import RunConfig
from gan_lab.data import Kind

WIDTH = 100


class Part(NamedTuple):
    """One part of a script, or a pair of cells of a notebook.

    Attributes:
        title: of the part.
        words: what happens in it and why, for people; paragraphs.
        code: of it, from the left margin.
    """

    title: str
    words: str
    code: str


@dataclass(frozen=True)
class Recipe:
    """What a script trains.

    Attributes:
        title, about: for people; ``about`` is one sentence.
        config: the whole experiment, as it begins.
        kind: of the real pictures.
        threads: CPU threads inside one operation.
        turned: what was changed while the run trained, a line each.
        companion: name of the file of pictures beside the script; "" if it needs none.
    """

    title: str
    about: str
    config: RunConfig
    kind: Kind
    threads: int = 1
    turned: tuple[str, ...] = ()
    companion: str = ""

    @property
    def classes(self) -> int:
        """How many the players know of."""
        return 0 if self.config.networks.labels == "none" else len(self.kind.classes)


@dataclass
class Settings:
    """The names at the top of a script, in the order in which its parts asked for them."""

    lines: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, name: str, value: object, words: str = "") -> str:
        """Put a setting there, and return its name."""
        self.lines.setdefault(name, (value if isinstance(value, str) else repr(value), words))
        return name

    def code(self) -> str:
        return "\n".join(
            f"{name} = {value}" + (f"  # {words}" if words else "")
            for name, (value, words) in self.lines.items()
        )


def comment(words: str) -> str:
    """Paragraphs as a comment."""
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    paragraphs = (" ".join(paragraph.split()) for paragraph in words.strip().split("\n\n"))
    return "\n#\n".join(map(wrapper.fill, paragraphs))


def blocks(*texts: str) -> str:
    """Pieces of code below one another, two empty lines around functions and classes."""
    given = [text.strip("\n") for text in texts if text.strip()]
    result = ""
    for text in given:
        if result:
            defines = re.match(r"(def |class |@)", text) or re.match(
                r"(def |class |@)", _last_statement(result)
            )
            result += "\n\n\n" if defines else "\n"
        result += text
    return result + "\n" if result else ""


def _last_statement(text: str) -> str:
    """From the last line on that begins at the margin and opens a statement."""
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if line and line[0] not in " )]}"]
    return "\n".join(lines[starts[-1] :]) if starts else ""
