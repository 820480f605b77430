"""A film as one file that any browser plays: GIF, or animated WebP."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from types import MappingProxyType

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from gan_lab.runs.film import Film, FilmError, Shot
from gan_lab.runs.messages import Drawing, Picture
from gan_lab.runs.pictures import scatter
from gan_lab.threads import interruptible

KINDS = MappingProxyType({"gif": "image/gif", "webp": "image/webp"})
"""What can be made, and its media type."""

MOST = 120  # frames
SIDE = 512  # px of a frame at most, without the line below it
STRIP = 16  # px of the line below, which says the step
_PIXELS = 24 << 20  # of all frames together: they are in memory at once
_LASTS = 100  # ms of a frame
_LAST = 1500  # ms of the last


class AnimationError(ValueError):
    """What cannot be made, in one line."""


def animation(film: Film, kind: str) -> bytes:
    """The first picture of each shot, a tenth of a second each; planes as drawn points.

    At most :data:`MOST` shots are taken, evenly, first and last among them. Small pictures are
    enlarged by whole numbers, large ones reduced to :data:`SIDE`.

    Args:
        kind: of :data:`KINDS`.

    Raises:
        AnimationError: the film is empty, or ``kind`` is none of these.
    """
    if kind not in KINDS:
        raise AnimationError(f"{kind!r} cannot be made; there are {', '.join(KINDS)}")
    last = next(_views(film, film.shots[::-1]), None)
    if last is None:
        raise AnimationError("nothing is on the film of this run yet")
    size, exact = _size(_drawn(last[1])), _is_exact(last[1])
    most = max(2, min(MOST, _PIXELS // (size[0] * (size[1] + STRIP))))
    frames = [_frame(shot, view, size) for shot, view in _views(film, _spread(film.shots, most))]
    lasts = [_LASTS] * (len(frames) - 1) + [_LAST]
    return written(frames, kind, lasts, exact=exact)


def written(
    frames: Sequence[Image.Image], kind: str, lasts: Sequence[int], *, exact: bool
) -> bytes:
    """Frames of one size, grey or RGB, as one file that is played over and over.

    Args:
        kind: of :data:`KINDS`.
        lasts: ms of each frame.
        exact: whether WebP should keep every pixel.
    """
    if kind == "gif":
        frames = [_with_palette(frame) for frame in frames]
    buffer = io.BytesIO()
    lossless = {"lossless": True, "quality": 20} if exact else {"quality": 85}
    options = {"disposal": 1} if kind == "gif" else {"method": 2, **lossless}
    frames[0].save(
        buffer, kind.upper(), save_all=True, append_images=frames[1:], loop=0,
        duration=list(lasts), **options,
    )  # fmt: skip
    return buffer.getvalue()


def _spread(shots: tuple[Shot, ...], most: int) -> tuple[Shot, ...]:
    """At most so many, evenly, with both ends."""
    if len(shots) <= most:
        return shots
    return tuple(shots[round(i * (len(shots) - 1) / (most - 1))] for i in range(most))


def _views(film: Film, shots: tuple[Shot, ...]) -> Iterator[tuple[Shot, Picture | Drawing]]:
    """The first picture of each; a shot that is thinned away meanwhile is left out."""
    for shot in interruptible(shots):
        try:
            views = film.views(shot)
        except FilmError:
            continue
        if views:
            yield shot, next(iter(views.values()))


def _drawn(view: Picture | Drawing) -> Image.Image:
    """Grey or RGB, as large as it is."""
    if isinstance(view, Drawing):
        return Image.fromarray(_points(view))
    image = Image.open(io.BytesIO(view.data))
    return image.convert("L" if image.mode == "L" else "RGB")


def _points(view: Drawing) -> np.ndarray:
    """Its real and fake points as a picture."""
    values, found, at = np.frombuffer(view.data, "<f4").astype(np.float32), {}, 0
    for name, shape in view.parts:
        size = math.prod(shape)
        found[name] = torch.from_numpy(values[at : at + size].reshape(shape))
        at += size
    return scatter(found["fake"], found["real"], view.reach)


def _is_exact(view: Picture | Drawing) -> bool:
    """Whether it came without loss, so that it should stay so."""
    return isinstance(view, Drawing) or view.mime == "image/png"


def _size(image: Image.Image) -> tuple[int, int]:
    """Of the frames: the picture's, times a whole number, or reduced."""
    longest = max(image.size)
    scale = max(1, SIDE // longest) if longest <= SIDE else SIDE / longest
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _frame(shot: Shot, view: Picture | Drawing, size: tuple[int, int]) -> Image.Image:
    return captioned(_drawn(view), size, f"step {shot.step:,}")


def captioned(image: Image.Image, size: tuple[int, int], words: str) -> Image.Image:
    """A picture in a size, and below it a line of words."""
    larger = image.width <= size[0]
    resized = image.resize(size, Image.Resampling.NEAREST if larger else Image.Resampling.BOX)
    frame = Image.new(image.mode, (size[0], size[1] + STRIP), "white")
    frame.paste(resized, (0, 0))
    ImageDraw.Draw(frame).text((4, size[1] + 2), words, fill="black", font=ImageFont.load_default())
    return frame


def _with_palette(frame: Image.Image) -> Image.Image:
    """256 colours of its own; greys need none."""
    if frame.mode == "L":
        return frame
    return frame.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
