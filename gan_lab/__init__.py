"""GAN Playground: train a GAN live, turn its knobs while it runs, walk its latent space.

In a notebook: ``gan_lab.load("runs/...")`` opens the generator of a run; see docs/latent.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_lab.runs import load, load_discriminator

__all__ = ["__version__", "load", "load_discriminator"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """What a notebook needs is imported when it is asked for: PyTorch takes its time."""
    if name in ("load", "load_discriminator"):
        from gan_lab import runs

        return getattr(runs, name)
    raise AttributeError(f"module gan_lab has no attribute {name!r}")
