"""The house's own functions as text for a script, so that the maths is written in one place."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

_AUTOCAST = re.compile(r"^(?P<indent> *)with torch\.autocast\(.*\):\n", re.MULTILINE)


def of(thing: Callable[..., Any] | type, changes: Mapping[str, str] | None = None) -> str:
    """The source of a function or of a class, in full precision, its private names made public.

    Args:
        changes: words of it that stand for something else in the script.
    """
    return _public(_precise(dedent(inspect.getsource(thing))), changes)


def body(method: Callable[..., Any], changes: Mapping[str, str] | None = None) -> str:
    """What stands inside a function, without its docstring, from the left margin."""
    text = dedent(inspect.getsource(method))
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    lines = text.splitlines()[statements[0].lineno - 1 :]
    return _public(dedent("\n".join(lines)) + "\n", changes)


def only(thing: type, names: tuple[str, ...], changes: Mapping[str, str] | None = None) -> str:
    """The source of a class with these of its methods alone, and what it has beside methods."""
    text = dedent(inspect.getsource(thing))
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.ClassDef)
    lines, dropped = text.splitlines(), set[int]()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name not in names:
            assert node.end_lineno is not None
            dropped.update(range(node.lineno - 2, node.end_lineno))  # the empty line above, too
    kept = [line for number, line in enumerate(lines) if number not in dropped]
    return _public("\n".join(kept).rstrip() + "\n", changes)


def summary(thing: Any) -> str:
    """A docstring as a paragraph or several, without its indentation."""
    return inspect.cleandoc(thing.__doc__ or "")


def _precise(text: str) -> str:
    """Without ``autocast``: a script trains in float32 throughout."""
    while match := _AUTOCAST.search(text):
        inside = len(match["indent"]) + 4
        head, tail = text[: match.start()], text[match.end() :].splitlines(keepends=True)
        end = next(
            (
                i
                for i, line in enumerate(tail)
                if line.strip() and not line.startswith(" " * inside)
            ),
            len(tail),
        )
        text = head + "".join(line[4:] if line.strip() else line for line in tail[:end])
        text += "".join(tail[end:])
    return re.sub(r"_precise\((\w+)\)", r"\1.detach()", text)


def _public(text: str, changes: Mapping[str, str] | None) -> str:
    for old, new in (changes or {}).items():
        text = text.replace(old, new)
    text = re.sub(r"(?<![\w.])_([a-z]\w*)(?=\()", r"\1", text)  # calls and definitions
    text = re.sub(r"(?<![\w.])_([A-Z]\w*)", r"\1", text)  # classes
    return re.sub(r"  # (?:type: ignore|fmt: skip|noqa).*", "", text)
