"""All questions that the latent page may ask beside "what does this z look like"."""

from __future__ import annotations

from gan_lab.server.explore import directions, inside, paths
from gan_lab.server.explore.asked import Question
from gan_lab.server.explore.effects import effects
from gan_lab.server.explore.inversion import inversion
from gan_lab.server.explore.neighbours import memorised, neighbours
from gan_lab.server.explore.plane import lattice, plane
from gan_lab.server.explore.real import real
from gan_lab.server.explore.saliency import saliency
from gan_lab.server.explore.subject import subject
from gan_lab.server.explore.wells import wells

QUESTIONS: dict[str, Question] = {
    "directions": directions.directions,
    "samples": directions.samples,
    "strips": directions.strips,
    "predicts": directions.predicts,
    "kept": directions.kept,
    "archive": directions.archive,
    "effects": effects,
    "plane": plane,
    "lattice": lattice,
    "inside": inside.look,
    "turned": inside.turned,
    "important": inside.important,
    "saliency": saliency,
    "wells": wells,
    "real": real,
    "subject": subject,
    "inversion": inversion,
    "neighbours": neighbours,
    "memorised": memorised,
    "stops": paths.stops,
    "path": paths.path_,
    "wander": paths.wander,
    "ages": paths.ages,
    "reel": paths.reel_,
}
"""By the name that is asked for; the frames that answer are of that kind."""

WITH_IMAGE = frozenset({"subject", "inversion", "neighbours"})
"""Those that may bring an image of the visitor's own."""
