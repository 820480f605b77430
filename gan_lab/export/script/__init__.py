"""A recipe as one readable file of PyTorch that needs nothing of this package.

Each noun of a recipe brings its own lines: ``pictures`` what is real, ``modules`` and ``players``
the networks, ``rules`` the loss and what D sees, ``learning`` optimisers and the average, ``loop``
the moves. Pure functions of the house go in by their source (``source``), so that a script cannot
say something else than the app does.
"""

from gan_lab.export.script.runs import needs_pictures, of_preset, of_run, why_not
from gan_lab.export.script.write import FORMS, write_lesson, write_preset, write_run

__all__ = [
    "FORMS",
    "needs_pictures",
    "of_preset",
    "of_run",
    "why_not",
    "write_lesson",
    "write_preset",
    "write_run",
]
