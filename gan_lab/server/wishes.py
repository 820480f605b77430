"""How many pictures of a generated set a visitor may have made, and of which class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan_lab.export import Export, SetExport
from gan_lab.runs import Hosted

MOST = 10_000
"""Pictures of a set: as many as measures take, and others wait for the thread that makes them."""
MOST_IN_GRID = 1024
"""Pictures side by side, which the server has in memory as a whole."""


def open_to(export: Export, hosted: Hosted) -> dict[str, Any] | None:
    """What of an export may be chosen: ``n`` unless something else is asked for, ``most`` of it,
    and ``classes``; None if nothing."""
    if not isinstance(export, SetExport):
        return None
    return {"n": export.wish.n, "most": _most(export), "classes": list(_classes(hosted))}


def wished(export: Export, asked: Mapping[str, Any], hosted: Hosted) -> Export:
    """The export as it was asked for: ``n``, and ``label`` for one class alone.

    Raises ValueError, in a sentence, for what may not be chosen.
    """
    n, label = asked.get("n"), asked.get("label")
    if not isinstance(export, SetExport):
        if n is not None or label is not None:
            raise ValueError("Only of generated pictures can one say how many, and which.")
        return export
    if n is not None and (type(n) is not int or not 1 <= n <= _most(export)):
        raise ValueError(f"Ask for 1 to {_most(export):,}; the command line makes more than that.")
    if label is not None and label not in _classes(hosted):
        raise ValueError("This generator cannot be told that class.")
    return export.of(export.wish._replace(n=n or export.wish.n, label=label))


def _most(export: SetExport) -> int:
    return MOST_IN_GRID if export.name == "grid" else MOST


def _classes(hosted: Hosted) -> tuple[str, ...]:
    """Those that G is told of."""
    shown = hosted.shown()
    return shown.model.classes if shown is not None else ()
