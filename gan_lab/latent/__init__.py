"""The latent space of a model: sampling. Paths, directions and projection will live here."""

from gan_lab.latent.sampling import draw, in_parts, pictures

__all__ = ["draw", "in_parts", "pictures"]
