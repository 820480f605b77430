"""The latent space of a model that was just trained: what it makes of z, and ways through it."""

from gan_lab.latent.directions import Direction, DirectionError, difference
from gan_lab.latent.learned import from_groups, from_values
from gan_lab.latent.lengths import Shell, shell
from gan_lab.latent.model import Model
from gan_lab.latent.paths import Path, natural, path, random_walk
from gan_lab.latent.pca import principal
from gan_lab.latent.real import real_pictures
from gan_lab.latent.sampling import draw, in_parts, pictures
from gan_lab.latent.sefa import factorised

__all__ = [
    "Direction",
    "DirectionError",
    "Model",
    "Path",
    "Shell",
    "difference",
    "draw",
    "factorised",
    "from_groups",
    "from_values",
    "in_parts",
    "natural",
    "path",
    "pictures",
    "principal",
    "random_walk",
    "real_pictures",
    "shell",
]
