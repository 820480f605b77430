"""``export``: what a run leaves, as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from gan_lab.cli.options import UsageError
from gan_lab.cli.output import say
from gan_lab.export import EXPORTS
from gan_lab.export.script import FORMS, write_preset
from gan_lab.presets import preset
from gan_lab.runs import RunDirectory

PRESET = "preset:"


def export(run: str, to: str, out: Path) -> None:
    """Write the file.

    Args:
        run: a folder, a name, or ``preset:NAME`` for a script or a notebook.

    Raises:
        UsageError: ``to`` is no known target, or ``out`` is a folder.
        ExportError: this run cannot be written so.
        DirectoryError: there is no such run, or no checkpoint of it that can be read.
        ConfigError: there is no such preset, or no script of such a recipe.
        OSError: the place cannot be written to.
    """
    if to not in EXPORTS:
        raise UsageError(f"--to {to!r} is not allowed; give one of {', '.join(EXPORTS)}")
    if out.is_dir():
        name = f"{to}{EXPORTS[to].ending}"
        raise UsageError(f"--out {str(out)!r} is a folder; give a file, such as {name}")
    if run.startswith(PRESET):
        if to not in FORMS:
            raise UsageError(f"--preset is for {' and '.join(FORMS)}; --to {to} needs a run")
        out.parent.mkdir(parents=True, exist_ok=True)
        say(f"{write_preset(to, preset(run.removeprefix(PRESET)), out)}: {out}")
        return
    told = EXPORTS[to].write(RunDirectory.find(run), out)
    say(f"{told}: {out}")
