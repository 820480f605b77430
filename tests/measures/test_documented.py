"""docs/metrics.md tells every measure that there is."""

from __future__ import annotations

from gan_lab.measures import MEASURES
from tests.documented import held, table

ARROWS = {"less": "↓ less", "more": "↑ more"}


def test_every_measure_stands_in_the_document() -> None:
    rows = [
        (
            f"`{one.name}`",
            one.titles.replace("{data}", "the set"),
            ARROWS[one.better],
            "yes" if one.live else "no",
            one.meaning,
        )
        for one in MEASURES.values()
    ]
    held("metrics.md", "measures", table(("name", "what", "better", "live", "meaning"), rows))
