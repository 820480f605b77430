"""All exports by name. A new one is a file with an ``Export``, and a line here."""

from __future__ import annotations

from gan_lab.export.alone import GENERATOR
from gan_lab.export.animations import ANIMATIONS
from gan_lab.export.base import Export
from gan_lab.export.lessons import LESSONS

EXPORTS: dict[str, Export] = {
    export.name: export
    for export in (
        *ANIMATIONS,
        GENERATOR,
        *LESSONS,
    )
}
"""In the order in which people are offered them."""
