"""The pictures that a model was trained on, where they are still there and still the same."""

from __future__ import annotations

from gan_lab.data import DataError, Pictures, is_named, load, load_again
from gan_lab.latent.model import Model


def real_pictures(model: Model) -> tuple[Pictures, Pictures]:
    """The training part, and the held-out one.

    A model may come from anywhere, and name any folder of this machine. So own pictures are shown
    by one that was trained on them alone, which knows their digest; else nothing is looked at.

    Raises DataError if they are not here, or other ones.
    """
    data = model.config.data
    if model.real:
        return load_again(data, model.real), load(data, train=False)
    if not is_named(data.name):
        raise DataError("whose pictures these are is not known, so they are not shown")
    return load(data), load(data, train=False)
