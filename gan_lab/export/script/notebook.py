"""A script as a notebook: a heading and words, then code, part by part (nbformat 4)."""

from __future__ import annotations

import json
from typing import Any

from gan_lab.export.script.parts import Part, Recipe
from gan_lab.export.script.script import introduction, parts


def text(recipe: Recipe) -> str:
    """The notebook, as JSON. Raises ConfigError for what no script can say."""
    head, *rest = introduction(recipe).split("\n\n")
    cells = [_markdown("# " + " ".join(head.split()) + "\n\n" + "\n\n".join(rest))]
    for part in parts(recipe):
        cells += _cells(part)
    cells.append(_markdown("## What became of it\n\nThe newest picture, and the last losses."))
    cells.append(_code(_LOOK))
    for number, cell in enumerate(cells):
        cell["id"] = f"part-{number}"
    whole = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


_LOOK = """from PIL import Image

print((out / "losses.csv").read_text().splitlines()[-1])
Image.open(max(out.glob("*.png")))
"""


def _cells(part: Part) -> list[dict[str, Any]]:
    words = f"## {part.title[0].upper()}{part.title[1:]}\n" if part.title else ""
    words += f"\n{part.words}" if part.words else ""
    return [*([_markdown(words)] if words else []), _code(part.code)]


def _markdown(words: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(words)}


def _code(code: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
            "source": _lines(code)}  # fmt: skip


def _lines(text: str) -> list[str]:
    """As the format has it: every line but the last with its end."""
    return text.strip("\n").splitlines(keepends=True)
