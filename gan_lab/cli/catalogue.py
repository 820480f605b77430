"""``presets``, ``datasets``, ``doctor``: what there is, for people or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from gan_lab.cli.output import say, say_json
from gan_lab.config import LayerSpec, RunConfig, difference

_LISTED = 50  # classes that are spelled out


def list_presets(*, as_json: bool) -> None:
    """Names, titles, and the parameters that differ from the schema's defaults."""
    from gan_lab.presets import presets

    rows: list[dict[str, Any]] = [
        {
            "name": preset.name,
            "title": preset.title,
            "about": preset.about,
            "differs": {
                path: _plain(value)
                for path, value in difference(preset.config, RunConfig()).items()
            },
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


def _plain(value: Any) -> Any:
    """A value as JSON has it: layers as objects that say what differs from a layer's defaults."""
    if isinstance(value, tuple) and value and isinstance(value[0], LayerSpec):
        return [{"kind": layer.kind, **layer.model_dump(exclude_defaults=True)} for layer in value]
    return value


def _text(value: Any) -> str:
    """A plain value as ``--set`` takes it."""
    if isinstance(value, list):
        return json.dumps(value)
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
        where = " and ".join(row["where"])
        here = "here" if row["present"] else "not here"
        say(f"    {here}; " + (f"looked for in {where}" if where else "needs no file"))
        say(f"    classes: {_few(row['classes'])}")


def _few(names: tuple[str, ...]) -> str:
    """All of them, or of very many the first and the last."""
    if len(names) <= _LISTED:
        return ", ".join(names)
    return f"{', '.join(names[:3])} … {names[-1]}, {len(names):,} in all"


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
