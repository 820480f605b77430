"""``runs``: every run below the runs root, for people or as JSON."""

from __future__ import annotations

from typing import Any

from gan_lab.cli.output import say, say_json
from gan_lab.runs.library import ELSEWHERE, Entry, library
from gan_lab.runs.ration import MEGABYTE


def list_runs(*, as_json: bool) -> None:
    """Newest first."""
    books = library()
    entries = books.entries()
    used, bound = books.used(), books.bound()
    if as_json:
        say_json({"runs": [_plain(one) for one in entries], "used": used, "bound": bound})
        return
    for one in entries:
        say(f"{one.name}: {_line(one)}")
    room = f"{used / MEGABYTE:,.0f} MB of {bound / MEGABYTE:,.0f} MB"
    count = f"{len(entries):,} run{'' if len(entries) == 1 else 's'}"
    say(f"{count} below {books.root}, {room}")


def _line(one: Entry) -> str:
    told = [
        f"“{one.title}”" if one.title else "",
        "training" if one.state == ELSEWHERE else one.state,
        f"{one.steps:,} steps",
        f"{one.seconds:,.0f} s",
        f"{one.size / MEGABYTE:,.1f} MB",
        *(f"{name} {number:.4g}" for name, number in one.measures.items()),
        *(f"#{tag}" for tag in one.tags),
        one.why,
    ]
    return ", ".join(part for part in told if part)


def _plain(one: Entry) -> dict[str, Any]:
    names = (
        "name", "title", "preset", "data", "state", "steps", "images", "seconds", "size",
        "created", "parent", "note", "tags", "why",
    )  # fmt: skip
    told = {name: getattr(one, name) for name in names}
    differs = {path: _value(value) for path, value in one.differs}
    return told | {"path": str(one.path), "differs": differs, "measures": dict(one.measures)}


def _value(value: Any) -> Any:
    """As JSON has it; layers as what they are."""
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return value.model_dump() if hasattr(value, "model_dump") else value
