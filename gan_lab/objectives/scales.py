"""What D's scores mean with a loss, for whoever reads them off an axis."""

from __future__ import annotations

from typing import NamedTuple


class Scale(NamedTuple):
    """Attributes:
    axis: what stands beside the numbers.
    meaning: one sentence for people.
    bounds: where the numbers end, if they do.
    """

    axis: str
    meaning: str
    bounds: tuple[float, float] | None = None


PROBABILITY = Scale(
    "D's probability of “real”",
    "The sigmoid of D's score: 1 is surely real, 0 surely fake.",
    (0.0, 1.0),
)
LABEL = Scale(
    "D's score", "D learns to say 1 to what is real and 0 to what is fake, and may miss both ways."
)
MARGIN = Scale("D's score", "D learns to score what is real above 1 and what is fake below -1.")
CRITIC = Scale(
    "The critic's score",
    "Higher is more real, but only differences count: 0 means nothing, and the line stands half way"
    " between the two means.",
)
PAIR = Scale(
    "D's probability of “the real one of two”",
    "D compares: how sure it is that this is the real one of two, on average over all of the other"
    " kind.",
    (0.0, 1.0),
)
AVERAGE = Scale(
    "D's probability of “more real than the others”",
    "D compares: how sure it is that this is more real than the average of the other kind.",
    (0.0, 1.0),
)
