"""GAN Playground: train a GAN live, turn its knobs while it runs, walk its latent space.

In a notebook: ``train("quick", seconds=20)`` trains, ``load("runs/...")`` opens the generator of a
run; see docs/python.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_lab.notebook import Trained, open_run, train
    from gan_lab.runs import load, load_discriminator

__all__ = ["Trained", "__version__", "load", "load_discriminator", "open_run", "train"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """What a notebook needs is imported when it is asked for: PyTorch takes its time."""
    if name in ("load", "load_discriminator"):
        from gan_lab import runs

        return getattr(runs, name)
    if name in ("Trained", "open_run", "train"):
        from gan_lab import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module gan_lab has no attribute {name!r}")
