"""The latent space of a model that was just trained: what it makes of z, and ways through it."""

from gan_lab.latent.model import Model
from gan_lab.latent.sampling import draw, in_parts, pictures

__all__ = ["Model", "draw", "in_parts", "pictures"]
