"""The map of the latent page: which plane, and pictures at places on it."""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.latent import shell
from gan_lab.latent.effects import measured
from gan_lab.latent.plane import PlaneError, Slice
from gan_lab.runs.pictures import mosaic, packed
from gan_lab.server.explore.asked import Answer, Asked, Wrong, near

MOST = 256
"""Places in one question."""
_PIXELS = 128 * 1024  # made at once, so that others have their turn in between
_COLUMNS = 16
_WAYS = ("strongest", "numbers", "random", "vectors", "pictures")


def plane(asked: Asked) -> Generator[Answer, None, None]:
    """A plane. Field ``of`` says which, all but the last through the z that is given:

    - "strongest": the two numbers of z that move the picture most; of the class ``label``;
    - "numbers": ``i`` and ``j``, counted from 0;
    - "random": two directions drawn by ``seed``;
    - "vectors": two directions, ``vectors``;
    - "pictures": three z, ``pictures``.

    The payload is float32, 3×dim: origin, across, up. Header: ``numbers`` where they are the axes,
    ``marks`` (places of the three pictures), ``typical``, the mean length of z as it is drawn.
    """
    model = asked.model
    if model.kind.points:
        raise Wrong("This generator makes points of a plane, not pictures, so there is nothing to"
                    " lay out here. How it folds its latent space into them, its fabric, is drawn"
                    " on the page where it trains.")  # fmt: skip
    if model.dim < 2:
        raise Wrong("z is a single number here: its slider is the whole map.")
    try:
        found, header = _plane(asked)
    except PlaneError as error:
        raise Wrong(str(error)) from None
    header["typical"] = shell(model.latent).mean
    payload = torch.stack([found.origin, found.across, found.up]).numpy()
    yield Answer(header, payload.astype("<f4").tobytes())


def _plane(asked: Asked) -> tuple[Slice, dict[str, object]]:
    """Raises Wrong, PlaneError."""
    model = asked.model
    match asked.choice("of", _WAYS):
        case "pictures":
            three = asked.zs("pictures", 3)
            if len(three) != 3:
                raise Wrong("A plane through pictures needs three of them.")
            found = Slice.spanned(*three)
            return found, {"marks": found.place(three).tolist()}
        case "vectors":
            two = asked.zs("vectors", 2)
            if len(two) != 2:
                raise Wrong("A plane needs two directions.")
            return Slice.through(asked.z()[0], *two), {}
        case "random":
            drawn = torch.Generator().manual_seed(asked.whole("seed", 0, 2**53))
            return Slice.through(asked.z()[0], *torch.randn(2, model.dim, generator=drawn)), {}
        case "numbers":
            numbers = [asked.whole(name, 0, model.dim - 1) for name in "ij"]
        case _:
            strength = next(measured(model, asked.label()))
            numbers = strength.topk(2).indices.tolist()
    return Slice.of_numbers(asked.z()[0], *numbers), {"numbers": numbers}


def lattice(asked: Asked) -> Generator[Answer, None, None]:
    """Pictures at ``places``, a list of (x, y), of the plane ``origin``, ``across``, ``up``.

    Fields beside these: ``label``, and ``side``, px, which larger pictures are reduced to. Each
    answer is a mosaic of some of them in order; header: ``first`` and ``count``, ``tile``, px,
    ``columns``, ``mime``.
    """
    model, label = asked.model, asked.label()
    if model.kind.points:
        raise Wrong("This generator makes points, not pictures.")
    found = Slice(*(asked.z(name)[0] for name in ("origin", "across", "up")))
    z = torch.from_numpy(near(found.at(asked.places("places", MOST)).numpy()))
    side = asked.whole("side", 8, 256)
    size = model.kind.size
    part = max(8, min(128, _PIXELS // (size * size)))
    for first in range(0, len(z), part):
        some = z[first : first + part]
        labels = None if label is None else label.expand(len(some))
        images = _reduced(model.images(some, labels), side)
        columns = min(_COLUMNS, len(some))
        data, mime = packed(mosaic(images, columns))
        header = {"first": first, "count": len(some), "columns": columns, "mime": mime}
        more = first + part < len(z)
        yield Answer({**header, "tile": images.shape[-1]}, data, more)


def _reduced(images: Tensor, side: int) -> Tensor:
    """uint8 N×C×S×S, S at most ``side``: means of areas."""
    if images.shape[-1] <= side:
        return images
    return F.adaptive_avg_pool2d(images.float(), side).round().byte()
