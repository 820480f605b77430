"""The recipe of a run as a script, as a notebook, and both with what they need."""

from __future__ import annotations

from functools import partial

from gan_lab.export.base import Export
from gan_lab.export.script import needs_pictures, why_not, write_lesson, write_run

SCRIPT = Export(
    "script",
    "Script",
    "The recipe as one file of PyTorch that trains the same without this app.",
    ".py",
    "text/x-python",
    why_not,
    partial(write_run, "script"),
    needs_pictures,
)
NOTEBOOK = Export(
    "notebook",
    "Notebook",
    "The same recipe as a notebook, cell by cell.",
    ".ipynb",
    "application/x-ipynb+json",
    why_not,
    partial(write_run, "notebook"),
    needs_pictures,
)
LESSON = Export(
    "lesson",
    "Script and notebook with their pictures",
    "What a student takes home: the recipe as script and notebook, and the pictures that they need"
    " where nobody can fetch them, in one zip.",
    ".zip",
    "application/zip",
    why_not,
    write_lesson,
    needs_pictures,
)
LESSONS = (SCRIPT, NOTEBOOK, LESSON)
