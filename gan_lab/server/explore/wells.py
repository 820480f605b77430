"""Arithmetic on the latent page: A − B + C."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from gan_lab.latent import shell
from gan_lab.latent.arithmetic import combine, mean
from gan_lab.runs.pictures import packed
from gan_lab.runs.reels import looks
from gan_lab.server.explore.asked import FARTHEST, Answer, Asked, Wrong

MOST = 48
"""z in one well."""
WELLS = ("a", "b", "c")


def wells(asked: Asked) -> Generator[Answer, None, None]:
    """The mean of each well, and A − B + C, onto the usual length if ``usual``.

    Fields ``a``, ``b``, ``c``: lists of z; an empty well counts as 0. ``label``: the class in which
    all pictures are made, as a class is no part of z. The payload is one row of tiles: those wells
    that are not empty, then the sum. Header ``wells``, which those are, ``z`` and ``label`` of the
    sum, ``lengths`` of all means and of the sum as it was, and ``shell``, the usual length.
    """
    model = asked.model
    given = {name: _well(asked, name) for name in WELLS}
    full = [name for name in WELLS if len(given[name])]
    if not full:
        raise Wrong("Put a picture into a well first.")
    around = shell(model.latent)
    total = combine(*given.values())
    result = around.onto(total) if asked.flag("usual", default=True) else total
    result = result.clamp(-FARTHEST, FARTHEST)
    z = torch.cat([*(mean(given[name]) for name in full), result])
    label = asked.label()
    tiles = looks(model, z, None if label is None else label.expand(len(z)))
    lengths = {name: _length(mean(given[name])) for name in full}
    payload, mime = packed(np.concatenate(tiles, 1))
    yield Answer(
        {"wells": full, "z": result[0].tolist(), "label": int(label) if label is not None else 0,
         "lengths": lengths | {"sum": _length(total)}, "shell": around.mean,
         "tile": tiles[0].shape[0], "mime": mime},
        payload,
    )  # fmt: skip


def _well(asked: Asked, name: str) -> Tensor:
    if asked.fields.get(name, []) == []:
        return torch.empty(0, asked.model.dim)
    return asked.zs(name, MOST)


def _length(z: Tensor) -> float:
    return round(float(z.norm()), 4)
