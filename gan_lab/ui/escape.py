"""Text from outside as Markdown that shows just that text.

Streamlit reads what it is given as Markdown: the browser of everybody who looks at a page would
fetch an image that a note names. So every text that a person, a file or a link may have written
goes through :func:`plain`; ``tests/hostile/test_markdown.py`` finds the calls where it does not.
"""

from __future__ import annotations

import re

from gan_lab.words import without_paths

LONGEST = 600
"""Characters that are shown of one text."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>$~|&])")
_AT_START = re.compile(r"^([#+=-]|\d+(?=[.)](?:\s|$)))")
_ENTITIES = {"+": "&#43;", "-": "&#45;", "#": "&#35;", "=": "&#61;"}
# links, e-mail addresses, emoji and icons are found after Markdown is read, so no backslash helps
_FOUND_LATER = re.compile(r"(?i)(\bhttps?(?=://)|\bwww(?=\.)|@(?=\w)|:(?=[\w/+-]))")
_JOINER = "\N{WORD JOINER}"


def reason(error: object, longest: int = LONGEST) -> str:
    """An error's words as :func:`plain` text, without paths of this server."""
    return plain(without_paths(str(error)), longest)


def plain(text: object, longest: int = LONGEST) -> str:
    """The text on one line, as Markdown in which nothing is a sign, a tag, a link or an image.

    Args:
        text: anything; its ``str`` is shown.
        longest: characters; a longer text ends with "…".
    """
    shown = "".join(c if c.isprintable() else " " for c in str(text)[: 2 * longest])
    words = " ".join(shown.split())
    if len(words) > longest:
        words = words[: longest - 1] + "…"
    words = _SPECIAL.sub(r"\\\1", words)
    words = _AT_START.sub(lambda found: _ENTITIES.get(found[1], found[1] + _JOINER), words)
    return _FOUND_LATER.sub(rf"\1{_JOINER}", words)
