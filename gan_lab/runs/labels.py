"""What people write on a run: a title, tags, a note. Plain text, ``labels.json`` in its folder."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from gan_lab.archives.json_text import parse

NAME = "labels.json"
TITLE = 80  # characters
TAG = 24
TAGS = 12
NOTE = 2000
_LONGEST = 1 << 16  # bytes of a file that may have come from anywhere


class LabelError(ValueError):
    """A label that is not taken, in one sentence."""


class Labels(NamedTuple):
    """Of one run.

    Attributes:
        title: "" for none.
        tags: each once, in the order in which they were given.
        note: may have several lines.
    """

    title: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


def labels(title: str = "", tags: Iterable[str] = (), note: str = "") -> Labels:
    """Labels as people wrote them, without spaces around and characters that cannot be seen.

    Raises LabelError for what is too long or too much.
    """
    title, note = _line(title), _plain(note).strip()
    named = tuple(dict.fromkeys(tag for tag in map(_line, tags) if tag))
    if len(title) > TITLE:
        raise LabelError(f"A title has at most {TITLE} characters, not {len(title)}.")
    if len(note) > NOTE:
        raise LabelError(f"A note has at most {NOTE:,} characters, not {len(note):,}.")
    if len(named) > TAGS:
        raise LabelError(f"A run has at most {TAGS} tags, not {len(named)}.")
    if any(len(tag) > TAG for tag in named):
        raise LabelError(f"A tag has at most {TAG} characters.")
    return Labels(title, named, note)


def read(run: Path) -> Labels:
    """Those of a folder; none where the file is not there, or not what it should be."""
    try:
        with (run / NAME).open("rb") as file:
            told = parse(file.read(_LONGEST))
        return labels(str(told["title"]), map(str, told["tags"]), str(told["note"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Labels()


def write(run: Path, new: Labels) -> None:
    """Raises OSError."""
    temporary = run / f".{NAME}.writing"
    told = json.dumps(new._asdict(), indent=2, ensure_ascii=False)
    temporary.write_text(told + "\n", "utf-8")
    os.replace(temporary, run / NAME)


def _line(text: str) -> str:
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    """Without control characters, those that turn the writing round, and halves of characters."""
    kept = (c for c in text if c in "\n\u200d" or unicodedata.category(c)[0] != "C")
    return "".join(kept)
