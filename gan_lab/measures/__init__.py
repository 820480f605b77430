"""Which measures suit which data, and how they are taken of a run."""

from gan_lab.measures.measured import Measured, Value, Weights

__all__ = ["Measured", "Value", "Weights"]
