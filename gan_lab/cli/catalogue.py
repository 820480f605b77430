"""``presets``, ``datasets``, ``doctor``: what there is, for people or as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gan_lab.cli.output import say, say_json
from gan_lab.config import RunConfig, difference


def list_presets(*, as_json: bool) -> None:
    """Names, titles, and the parameters that differ from the schema's defaults."""
    from gan_lab.presets import presets

    rows: list[dict[str, Any]] = [
        {
            "name": preset.name,
            "title": preset.title,
            "about": preset.about,
            "differs": difference(preset.config, RunConfig()),
        }
        for preset in presets().values()
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        say(f"{row['name']}: {row['title']}. {row['about']}")
        for path, value in row["differs"].items():
            say(f"    {path} = {_text(value)}")


def _text(value: Any) -> str:
    """A value as ``--set`` takes it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def list_datasets(*, as_json: bool) -> None:
    """The catalogue, and whether each set is on this machine."""
    from gan_lab.data import NAMED

    rows: list[dict[str, Any]] = [
        {
            "name": entry.name,
            "title": entry.title,
            "count": entry.count,
            "size": entry.size,
            "channels": entry.channels,
            "classes": entry.classes,
            "present": entry.here(),
            "where": [str(place) for place in entry.places()],
        }
        for entry in NAMED.values()
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        say(
            f"{row['name']}: {row['title']}, {row['count']:,} pictures of"
            f" {row['size']}×{row['size']} px, {'grey' if row['channels'] == 1 else 'colour'}"
        )
        say(f"    {'here' if row['present'] else 'not here'}; looked for in"
            f" {' and '.join(row['where']) or 'scikit-learn'}")  # fmt: skip
        say(f"    classes: {', '.join(row['classes'])}")


def report(*, as_json: bool) -> int:
    """What the doctor finds; 0 if the playground can run here, 1 if not."""
    from gan_lab.doctor import examine

    findings = examine()
    healthy = all(finding.ok for finding in findings)
    if as_json:
        say_json({"ok": healthy, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            hint = "" if finding.ok else f" — {finding.hint}"
            say(f"{'ok ' if finding.ok else 'BAD'} {finding.name}: {finding.found}{hint}")
    return 0 if healthy else 1
