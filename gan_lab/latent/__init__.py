"""The latent space of a model: sampling. Paths, directions and projection will live here."""

from gan_lab.latent.sampling import draw, pictures, reach, stream

__all__ = ["draw", "pictures", "reach", "stream"]
