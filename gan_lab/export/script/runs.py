"""The recipe of a run, as it began, and of a preset."""

from __future__ import annotations

from typing import Any

from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import DataError, Pictures, load_again, split_name
from gan_lab.export.script import pictures
from gan_lab.export.script.parts import Recipe
from gan_lab.export.script.recipe import why_not as uncovered
from gan_lab.presets import Preset
from gan_lab.runs import DirectoryError, RunDirectory
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import kind_of


def of_preset(preset: Preset, companion: str = "") -> Recipe:
    """What a preset trains.

    Args:
        companion: name of the file of pictures, if its data need one.

    Raises DataError, ConfigError.
    """
    _check(preset.config)
    kind = pictures.kind_of(preset.config.data)
    beside = companion if pictures.beside(preset.config.data) else ""
    threads = preset.config.training.threads or 1
    return Recipe(preset.title, preset.about, preset.config, kind, threads, companion=beside)


def of_run(directory: RunDirectory, companion: str = "") -> Recipe:
    """What a run trained from its first step on, with what was turned since listed.

    Raises DirectoryError, ConfigError.
    """
    config, entries = began(directory)
    _check(config)
    state = directory.read_checkpoint()
    threads = config.training.threads or state.get("threads", 1)
    turned = tuple(_told(entry) for entry in entries)
    name = split_name(config.data.name)[0] if not pictures.beside(config.data) else "own pictures"
    about = f"the recipe of this run of GAN Playground, on {name}."
    beside = companion if pictures.beside(config.data) else ""
    return Recipe(
        directory.path.resolve().name, about, config, kind_of(state), threads, turned, beside
    )


def why_not(directory: RunDirectory) -> str:
    """Why there is no script of a run, in a sentence; "" if there is one."""
    try:
        if directory.alone:
            return "only the generator of this run is here, and it does not tell how the run began"
        config, _ = began(directory)
    except (DirectoryError, ConfigError) as error:
        return str(error)
    return uncovered(config)


def needs_pictures(directory: RunDirectory) -> bool:
    """Whether its pictures go beside a script, as nobody could fetch them elsewhere."""
    return pictures.beside(directory.read_config().data)


def began(directory: RunDirectory) -> tuple[RunConfig, list[Entry]]:
    """The configuration that a run began with, and the knobs that were turned since, oldest first.

    Raises DirectoryError, ConfigError.
    """
    config = directory.read_config()
    entries = [entry for entry in _ledger(directory) if entry.turned]
    for entry in reversed(entries):
        config = put(config, {entry.path: entry.old})
    return config, entries


def real_of(directory: RunDirectory, recipe: Recipe) -> Pictures:
    """The pictures that the run trained on. Raises DirectoryError if others lie there now."""
    known: dict[str, Any] = directory.read_checkpoint()["pictures"]
    try:
        return load_again(recipe.config.data, known["digest"])
    except DataError as error:
        raise DirectoryError(f"the pictures of this run cannot be read: {error}") from None


def _check(config: RunConfig) -> None:
    if why := uncovered(config):
        raise ConfigError(why)


def _ledger(directory: RunDirectory) -> list[Entry]:
    try:
        text = (directory.path / "ledger.jsonl").read_text("utf-8")
        return [Entry.from_json(line) for line in text.splitlines() if line.strip()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError):
        raise DirectoryError(f"{directory.path}/ledger.jsonl cannot be read") from None


def _told(entry: Entry) -> str:
    return f"after round {entry.step:,}: {entry.path}, {entry.old} became {entry.new}"
