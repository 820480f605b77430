"""The model card of a run: what it was trained on, how, how good it is, and how to load it."""

from __future__ import annotations

import contextlib
import re
import zipfile
from pathlib import Path
from typing import Any

from gan_lab import __version__
from gan_lab.archives.json_text import lines
from gan_lab.config import RunConfig, difference
from gan_lab.data import short_name
from gan_lab.export.base import Export, Tell, has_generator, run_name
from gan_lab.export.licences import licence
from gan_lab.export.loading import loading
from gan_lab.export.sets import grid_png
from gan_lab.games import game_of
from gan_lab.measures import MEASURES, Measured
from gan_lab.runs import RunDirectory, labels, open_generators
from gan_lab.runs.journal import Journal
from gan_lab.runs.messages import Shown
from gan_lab.whole import whole_file
from gan_lab.words import size_of

_LISTED = 60  # differences and changes
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-!|<>&~])")


def plain(text: object) -> str:
    """Any text as Markdown that says just that: nothing in it is a sign or a tag."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def card_files(directory: RunDirectory) -> dict[str, bytes]:
    """The card and its pictures, by name. Raises DirectoryError."""
    shown = open_generators(directory)
    files = {"README.md": card(directory, shown).encode()}
    if game_of(shown.config).from_noise:
        files["samples.png"] = grid_png(shown)
    return files


def card(directory: RunDirectory, shown: Shown) -> str:
    """The text, Markdown."""
    config, written = shown.config, labels.read(directory.path)
    parts = [
        f"# {plain(written.title or run_name(directory))}",
        (
            f"A generator trained with GAN Playground {__version__}: game"
            f" {plain(config.objective.game)}, loss {plain(config.objective.loss)},"
            f" {size_of(shown.step, 'step')}."
        ),
        plain(written.note),
        f"Tags: {', '.join(map(plain, written.tags))}." if written.tags else "",
        "![Samples, drawn with seed 0](samples.png)" if game_of(config).from_noise else "",
        _data(shown),
        _training(config, directory),
        _measured(directory, config),
        "## How to load it\n\n" + loading(shown),
        _limits(shown),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _data(shown: Shown) -> str:
    kind, data = shown.kind, shown.config.data
    are = "points of the plane" if kind.points else (
        f"{'grey' if kind.channels == 1 else 'colour'} pictures of {kind.size} × {kind.size} px"
    )  # fmt: skip
    lines = [f"- set: {plain(short_name(data.name))}, {are}", f"- rights: {plain(licence(data))}"]
    if kind.classes:
        lines.append(f"- classes: {', '.join(map(plain, kind.classes[:50]))}")
    told = "told" if shown.config.networks.labels != "none" else "not told"
    lines += [f"- the model is {told} the class"] if kind.classes else []
    return "## Data\n\n" + "\n".join(lines)


def _training(config: RunConfig, directory: RunDirectory) -> str:
    other = difference(config, RunConfig())
    other.pop("data.name", None)
    rows = [f"| {plain(path)} | {plain(_short(value))} |" for path, value in other.items()]
    more = len(rows) - _LISTED
    text = "## Training\n\nWhat differs from the defaults:\n\n| parameter | value |\n|---|---|\n"
    text += "\n".join(rows[:_LISTED]) + (f"\n\nand {more} more." if more > 0 else "")
    turned = [e for e in entries(directory) if e.get("outcome") == "applied" and "." in e["path"]]
    if turned:
        lines = [
            f"- step {int(e['step']):,}: {plain(e['path'])} from {plain(_short(e['old']))} to"
            f" {plain(_short(e['new']))}"
            for e in turned[-_LISTED:]
        ]
        text += "\n\nTurned while it trained:\n\n" + "\n".join(lines)
    return text


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else text[:119] + "…"


def _measured(directory: RunDirectory, config: RunConfig) -> str:
    newest: dict[str, Measured] = {}
    for one in Journal(directory.path).measured():
        for name in one.values if one.weights == "averaged" else ():
            newest[name] = one
    rows = []
    for name, one in newest.items():
        value, title = one.values[name], _title(name, config)
        floor = "–" if value.floor is None else f"{value.floor:.4g}"
        rows.append(
            f"| {plain(title)} | {value.number:.4g} | {floor} | {value.n:,} | {one.step:,} |"
        )
    if not rows:
        return "## Measures\n\nNone were taken."
    head = "| measure | of this G | of as many real ones | fakes | step |\n|---|---|---|---|---|\n"
    return "## Measures\n\n" + head + "\n".join(rows)


def _title(name: str, config: RunConfig) -> str:
    return MEASURES[name].title(config) if name in MEASURES else name


def entries(directory: RunDirectory) -> list[dict[str, Any]]:
    """The ledger, oldest first, as far as its lines are whole."""
    path = directory.path / "ledger.jsonl"
    found = lines(path) if path.exists() else ()
    with contextlib.suppress(OSError):
        return [
            {"step": 0, "old": None, "new": None} | entry
            for entry in found
            if isinstance(entry.get("path"), str)
        ]
    return []


_LIMITS = """\
- It makes what resembles its training data and nothing else, with their gaps and leanings.
- Small sets may be learned by heart: look for nearest neighbours before you call a picture new.
- Measures hold for the number of fakes beside them; compare them with the real ones' column.
- It was trained to learn and to teach with, and was not examined for any other use."""


def _limits(shown: Shown) -> str:
    people = "\n- Pictures of people that it makes show nobody, but may resemble somebody."
    pictures = shown.kind.channels == 3 and not shown.kind.points
    return "## Limits\n\n" + _LIMITS + (people if pictures else "")


def _make(directory: RunDirectory, out: Path, tell: Tell) -> str:
    tell(0.1, "drawing samples")
    files = card_files(directory)
    with whole_file(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    tell(1.0, "done")
    return "a model card" + (" with its samples" if "samples.png" in files else "")


CARD = Export(
    "card",
    "Model card",
    "A page in Markdown on data, configuration, measures, limits and how to load it, with samples.",
    ".zip",
    "application/zip",
    has_generator,
    _make,
)
