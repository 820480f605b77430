"""Scripts and notebooks into files, with the pictures that they need beside them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from gan_lab.data import load
from gan_lab.export.script import notebook, script
from gan_lab.export.script.parts import Recipe
from gan_lab.export.script.pictures import write_companion
from gan_lab.export.script.runs import of_preset, of_run, real_of
from gan_lab.leftovers import temporary_folder
from gan_lab.presets import Preset
from gan_lab.runs import RunDirectory

PREFIX = "ganlab-lesson-"
"""Of the temporary folders of :func:`write_lesson`."""
Tell = Callable[[float, str], object]
FORMS: dict[str, Callable[[Recipe], str]] = {"script": script.text, "notebook": notebook.text}
"""By name, what a recipe is written as."""


def write_run(form: str, directory: RunDirectory, out: Path, tell: Tell) -> str:
    """The recipe of a run as a file, and its pictures beside it where nobody can fetch them.

    Raises DirectoryError, ConfigError, OSError.
    """
    recipe = of_run(directory, f"{out.stem}.npz")
    tell(0.1, "writing the script")
    said = _written(form, recipe, out)
    if recipe.companion:
        tell(0.3, "packing the pictures")
        write_companion(real_of(directory, recipe), out.parent / recipe.companion)
    tell(1.0, "done")
    return said


def write_preset(form: str, preset: Preset, out: Path) -> str:
    """The recipe of a preset as a file; as :func:`write_run`. Raises DataError, too."""
    recipe = of_preset(preset, f"{out.stem}.npz")
    said = _written(form, recipe, out)
    if recipe.companion:
        write_companion(load(recipe.config.data), out.parent / recipe.companion)
    return said


def write_lesson(directory: RunDirectory, out: Path, tell: Tell) -> str:
    """Script, notebook and the pictures that they need, as one zip; raises as :func:`write_run`."""
    recipe = of_run(directory, "pictures.npz")
    with temporary_folder(PREFIX) as folder:
        names = {"train.py": "script", "train.ipynb": "notebook"}
        for name, form in names.items():
            _written(form, recipe, Path(folder) / name)
        if recipe.companion:
            tell(0.2, "packing the pictures")
            write_companion(real_of(directory, recipe), Path(folder) / recipe.companion)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)
    tell(1.0, "done")
    return "script and notebook" + (" with their pictures" if recipe.companion else "")


def _written(form: str, recipe: Recipe, out: Path) -> str:
    text = FORMS[form](recipe)
    out.write_text(text, "utf-8")
    said = f"a {form} of {len(text.splitlines()):,} lines" if form == "script" else f"a {form}"
    if recipe.companion:
        said += f", its pictures beside it in {recipe.companion}"
    if recipe.turned:
        said += (
            f"; what was changed while it trained ({len(recipe.turned)} times) is named in it, not"
            " repeated"
        )
    return said
