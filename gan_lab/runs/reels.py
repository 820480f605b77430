"""Pictures along a way through latent space, or through time, as one file: GIF, WebP, PNG strip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_lab.data import plane_of
from gan_lab.latent import Model
from gan_lab.runs.animation import KINDS, captioned, written
from gan_lab.runs.pictures import mosaic, png, scatter

REELS = MappingProxyType({**KINDS, "png": "image/png"})
"""What can be made, and its media type."""

LASTS = 50  # ms of a frame: twenty a second
REST = 1000  # ms of the last frame, where the film does not go round
SIDE = 256  # px of a frame at most
ROW = 16  # pictures side by side in a strip, before it goes on below
Pixels = NDArray[np.uint8]


@torch.inference_mode()
def looks(model: Model, z: Tensor, labels: Tensor | None = None) -> list[Pixels]:
    """What G makes of each z (N×dim) as H×W or H×W×3; a point is shown among the real ones."""
    if not model.kind.points:
        return [mosaic(image.unsqueeze(0)) for image in model.images(z, labels)]
    plane = plane_of(model.config.data.name)
    points = model.points(z, labels)
    return [scatter(point.unsqueeze(0), plane.places, plane.reach) for point in points]


def reel(
    frames: Sequence[Pixels], kind: str, *, lasts: int = LASTS, rest: int = REST,
    words: Sequence[str] = (), stopped: Callable[[], bool] = lambda: False,
) -> bytes:  # fmt: skip
    """One file of pictures of one kind; small ones are enlarged by whole numbers.

    Args:
        frames: at least one; all are shown as large as the last.
        kind: of :data:`REELS`; "png" is all of them side by side, ``ROW`` in a row.
        lasts, rest: ms of a frame, and of the last one.
        words: below each frame of a film.
        stopped: asked between frames; True ends the work.

    Raises ValueError if the kind is none of these, AnimationError if the work was stopped.
    """
    if kind not in REELS:
        raise ValueError(f"{kind!r} cannot be made; there are {', '.join(REELS)}")
    images = [Image.fromarray(frame) for frame in frames]
    if kind == "png":
        return _strip(images)
    longest = max(images[-1].size)
    scale = max(1, SIDE // longest) if longest <= SIDE else SIDE / longest
    size = round(images[-1].width * scale), round(images[-1].height * scale)
    if words:
        made = [captioned(*one) for one in zip(images, [size] * len(images), words, strict=True)]
    else:
        smooth = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
        made = [image.resize(size, smooth) for image in images]
    times = [lasts] * (len(made) - 1) + [rest]
    return written(made, kind, times, exact=True, stopped=stopped)


def _strip(images: Sequence[Image.Image]) -> bytes:
    width, height = images[-1].size
    columns = min(len(images), ROW)
    rows = -(-len(images) // columns)
    strip = Image.new(images[-1].mode, (columns * width, rows * height), "white")
    for i, image in enumerate(images):
        large = image.resize((width, height), Image.Resampling.NEAREST)
        strip.paste(large, (i % columns * width, i // columns * height))
    return png(np.asarray(strip))
