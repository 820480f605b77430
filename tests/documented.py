"""Tables in the documents that the code writes: equal, or written anew with GANLAB_DOCUMENT=1."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """In Markdown."""
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)


def held(document: str, name: str, wanted: str) -> None:
    """Assert that a document has a table between its ``<!-- name: … -->`` and ``<!-- end -->``."""
    path = DOCS / document
    text = path.read_text("utf-8")
    before, mark, rest = text.partition(f"<!-- {name}:")
    first, _, rest = rest.partition("\n")
    found, end, after = rest.partition("\n<!-- end -->")
    assert mark, f"{document} has no table of {name}"
    assert end, f"the table of {name} in {document} has no end"
    if os.environ.get("GANLAB_DOCUMENT") == "1":
        path.write_text(f"{before}{mark}{first}\n{wanted}{end}{after}", "utf-8")
        return
    assert found == wanted, "write it anew: GANLAB_DOCUMENT=1 python -m pytest THIS_FILE"
