"""Which measures suit which data, and how they are taken of a run.

reference = Reference(config, train, held_out)             # once a run
material = drawn(reference, config, generators, judges, n)  # fakes of G as it is now
values = take(material, live_names(config, kind, have_judge=False))
"""

from gan_lab.measures.material import Material, drawn
from gan_lab.measures.measure import Measure
from gan_lab.measures.measured import Measured, Value, Weights
from gan_lab.measures.reference import Reference
from gan_lab.measures.table import LIVE_N, MEASURES, best_of, live_names, suitable, take

__all__ = [
    "LIVE_N",
    "MEASURES",
    "Material",
    "Measure",
    "Measured",
    "Reference",
    "Value",
    "Weights",
    "best_of",
    "drawn",
    "live_names",
    "suitable",
    "take",
]
