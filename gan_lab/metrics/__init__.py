"""Features in, number out; one measure a file, pure."""

from gan_lab.metrics.frechet import frechet

__all__ = ["frechet"]
