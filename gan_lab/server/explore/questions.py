"""All questions that the latent page may ask beside "what does this z look like"."""

from __future__ import annotations

from gan_lab.server.explore import directions
from gan_lab.server.explore.asked import Question

QUESTIONS: dict[str, Question] = {
    "directions": directions.directions,
    "samples": directions.samples,
    "strips": directions.strips,
    "predicts": directions.predicts,
    "kept": directions.kept,
    "archive": directions.archive,
}
"""By the name that is asked for; the frames that answer are of that kind."""
