"""A film as one file that any browser plays: GIF, or animated WebP."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import MappingProxyType

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from gan_lab.images import Unreadable, workers
from gan_lab.images.workers import resized
from gan_lab.runs.film import Film, FilmError, Shot
from gan_lab.runs.messages import Drawing, Picture
from gan_lab.runs.pictures import scatter
from gan_lab.sandbox import SandboxError
from gan_lab.threads import interruptible

KINDS = MappingProxyType({"gif": "image/gif", "webp": "image/webp"})
"""What can be made, and its media type."""

MOST = 120  # frames
SIDE = 512  # px of a frame at most, without the line below it
STRIP = 16  # px of the line below, which says the step
_PIXELS = 24 << 20  # of all frames together: they are in memory at once
_AT_ONCE = 8  # frames that are decoded in one call
_LASTS = 100  # ms of a frame
_LAST = 1500  # ms of the last


_STOPPED = "nobody waits for this film any more"


class AnimationError(ValueError):
    """What cannot be made, in one line."""


def animation(film: Film, kind: str, stopped: Callable[[], bool] = lambda: False) -> bytes:
    """The first picture of each shot, a tenth of a second each; planes as drawn points.

    At most :data:`MOST` shots are taken, evenly, first and last among them. Small pictures are
    enlarged by whole numbers, large ones reduced to :data:`SIDE`.

    Args:
        kind: of :data:`KINDS`.
        stopped: asked between frames, and again and again while a worker process decodes some;
            True ends the work.

    Raises:
        AnimationError: the film is empty, ``kind`` is none of these, a picture cannot be decoded,
            or the work was stopped.
    """
    if kind not in KINDS:
        raise AnimationError(f"{kind!r} cannot be made; there are {', '.join(KINDS)}")
    last = next(_views(film, film.shots[::-1]), None)
    if last is None:
        raise AnimationError("nothing is on the film of this run yet")
    size, exact = _size(_natural(last[1])), _is_exact(last[1])
    most = max(2, min(MOST, _PIXELS // (size[0] * (size[1] + STRIP))))
    frames = list(_frames(_views(film, _spread(film.shots, most)), size, stopped))
    lasts = [_LASTS] * (len(frames) - 1) + [_LAST]
    return written(frames, kind, lasts, exact=exact, stopped=stopped)


def written(
    frames: Sequence[Image.Image], kind: str, lasts: Sequence[int], *, exact: bool,
    stopped: Callable[[], bool] = lambda: False,
) -> bytes:  # fmt: skip
    """Frames of one size, grey or RGB, as one file that is played over and over.

    Args:
        kind: of :data:`KINDS`.
        lasts: ms of each frame.
        exact: whether WebP should keep every pixel.
        stopped: asked between frames; True ends the work.

    Raises AnimationError if it was stopped.
    """
    if kind == "gif":
        frames = [_with_palette(frame) for frame in _while_wanted(frames, stopped)]
    if stopped():
        raise AnimationError(_STOPPED)
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


def _natural(view: Picture | Drawing) -> tuple[int, int]:
    """Width and height."""
    if isinstance(view, Drawing):
        height, width, _ = _points(view).shape
        return width, height
    try:
        return workers.frame_size(view.data)
    except Unreadable as error:
        raise AnimationError(f"a picture of this film cannot be read: {error}") from None


def _frames(
    views: Iterable[tuple[Shot, Picture | Drawing]], size: tuple[int, int],
    stopped: Callable[[], bool],
) -> Iterator[Image.Image]:  # fmt: skip
    """All in one size, with their steps; pictures are decoded by a worker process, as the film may
    be of a run that was imported."""
    rest = iter(views)
    while some := list(islice(rest, _AT_ONCE)):
        if stopped():
            raise AnimationError(_STOPPED)
        contents = [view.data for _, view in some if isinstance(view, Picture)]
        try:
            decoded = iter(workers.frames(contents, *size, cancelled=stopped) if contents else [])
        except Unreadable as error:
            raise AnimationError(f"a picture of this film cannot be read: {error}") from None
        except SandboxError:
            raise AnimationError(_STOPPED) from None
        for shot, view in some:
            pixels = _points(view) if isinstance(view, Drawing) else next(decoded)
            yield captioned(Image.fromarray(pixels), size, f"step {shot.step:,}")


def _while_wanted(
    frames: Iterable[Image.Image], stopped: Callable[[], bool]
) -> Iterator[Image.Image]:
    for frame in frames:
        if stopped():
            raise AnimationError(_STOPPED)
        yield frame


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


def _size(natural: tuple[int, int]) -> tuple[int, int]:
    """Of the frames: the picture's, times a whole number, or reduced."""
    longest = max(natural)
    scale = max(1, SIDE // longest) if longest <= SIDE else SIDE / longest
    return max(1, round(natural[0] * scale)), max(1, round(natural[1] * scale))


def captioned(image: Image.Image, size: tuple[int, int], words: str) -> Image.Image:
    """A picture in a size, and below it a line of words."""
    frame = Image.new(image.mode, (size[0], size[1] + STRIP), "white")
    frame.paste(resized(image, size), (0, 0))
    ImageDraw.Draw(frame).text((4, size[1] + 2), words, fill="black", font=ImageFont.load_default())
    return frame


def _with_palette(frame: Image.Image) -> Image.Image:
    """256 colours of its own; greys need none."""
    if frame.mode == "L":
        return frame
    return frame.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
