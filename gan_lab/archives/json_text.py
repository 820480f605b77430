"""JSON from files that anyone may have written, within limits of size, depth and memory.

A decoder turns ``[[],[],…`` into some sixty bytes of memory a value, so the number of values is
bounded before anything is decoded, and a file of lines is read one line at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


class JsonError(ValueError):
    """A text that is not JSON, or over a limit, in a few words."""


@dataclass(frozen=True)
class JsonLimits:
    """What one text may be.

    Attributes:
        size: bytes in UTF-8.
        values: commas and opening brackets, those in strings included: no text has more values.
        depth: containers inside each other.
        digits: of an integer: no step, count or size has more. Python reads 4,300 at most.
    """

    size: int
    values: int
    depth: int
    digits: int = 20


DOCUMENT = JsonLimits(size=1 << 20, values=50_000, depth=32)
"""A file that is one JSON text, such as a configuration."""
LINE = JsonLimits(size=1 << 16, values=4_000, depth=16)
"""One line of a file of lines."""


def parse(text: bytes | str, limits: JsonLimits = DOCUMENT) -> Any:
    """The value of a JSON text. Raises JsonError."""
    if len(text) > limits.size:
        raise JsonError(f"it has more than {limits.size:,} bytes")
    try:
        words = text if isinstance(text, str) else text.decode()
    except UnicodeDecodeError:
        raise JsonError("it is not UTF-8") from None
    if words.count(",") + words.count("[") + words.count("{") > limits.values:
        raise JsonError(f"it has more than {limits.values:,} values")
    if _deeper(words, limits.depth):
        raise JsonError("it is nested too deeply")
    try:
        value = json.loads(words, parse_int=partial(_integer, most=limits.digits))
        if _HALF_CHARACTER.search(words):
            json.dumps(value, ensure_ascii=False).encode()
    except JsonError:
        raise
    except UnicodeEncodeError:
        raise JsonError("it has half a character") from None
    except (ValueError, RecursionError):
        raise JsonError("it cannot be read as JSON") from None
    return value


def read(path: Path, limits: JsonLimits = DOCUMENT) -> Any:
    """The value in a file, of which no more is read than the limits allow.

    Raises JsonError, OSError.
    """
    with path.open("rb") as file:
        return parse(file.read(limits.size + 1), limits)


def lines(
    path: Path, limits: JsonLimits = LINE, *, strict: bool = False
) -> Iterator[dict[str, Any]]:
    """The objects in a file of lines, one at a time.

    Args:
        strict: raise at a line that is over the limits or no object; such lines are skipped
            otherwise, and empty ones always.

    Raises JsonError, OSError.
    """
    with path.open("rb") as file:
        for number, text in enumerate(_texts(file, limits.size), 1):
            if not text.strip():
                continue
            try:
                value = parse(text, limits)
                if not isinstance(value, dict):
                    raise JsonError("it is no object")
            except JsonError as error:
                if strict:
                    raise JsonError(f"line {number:,}: {error}") from None
                continue
            yield value


def _texts(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Each line, of which no more than ``most`` bytes and one are ever held."""
    while text := file.readline(most + 1):
        yield text.rstrip(b"\r\n") if text.endswith(b"\n") else text
        while len(text) > most and not text.endswith(b"\n"):
            text = file.readline(most + 1)


def _deeper(text: str, depth: int) -> bool:
    """Whether more containers than that lie inside each other."""
    if text.count("[") + text.count("{") <= depth:
        return False
    level = 0
    for sign in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        level += 1 if sign in "[{" else -1
        if level > depth:
            return True
    return False


def _integer(digits: str, most: int) -> int:
    if (count := len(digits.lstrip("-"))) > most:
        raise JsonError(f"it has a number of {count:,} digits")
    return int(digits)
