"""All exports by name. A new one is a file with an ``Export``, and a line here."""

from __future__ import annotations

from gan_lab.export.alone import GENERATOR
from gan_lab.export.animations import ANIMATIONS
from gan_lab.export.base import Export
from gan_lab.export.bundle import BUNDLE
from gan_lab.export.card import CARD
from gan_lab.export.history import HISTORY
from gan_lab.export.lessons import LESSONS
from gan_lab.export.program import PROGRAMS
from gan_lab.export.sets import SETS
from gan_lab.export.tensorboard import TENSORBOARD
from gan_lab.export.weights import WEIGHTS

EXPORTS: dict[str, Export] = {
    export.name: export
    for export in (
        BUNDLE,
        *SETS,
        *ANIMATIONS,
        *LESSONS,
        *WEIGHTS,
        GENERATOR,
        *PROGRAMS,
        *HISTORY,
        TENSORBOARD,
        CARD,
    )
}
"""In the order in which people are offered them."""
