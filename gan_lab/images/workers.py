"""Images that come from outside, decoded in worker processes with limits of time and memory.

The functions with an underscore run in the worker; values pass between the processes as numpy
arrays and plain types (``gan_lab.sandbox.codec``). Small and heavy images of sets, images of work
in the background, and small and large images that visitors ask about have pools of their own, so
that neither an import nor a film that is drawn delays an image that a visitor waits for.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from gan_lab.images.decoding import Budget, Facts, Heavy, Shape, squares, upright
from gan_lab.images.headers import SMALL_PIXELS, Unreadable
from gan_lab.images.opening import MAX_PIXELS, STORED, open_image
from gan_lab.sandbox import Limits, Pool, SandboxError

CPU_SECONDS = 5.0
"""For one image."""
_SMALL_SECONDS = 2.0
TURN = 1.0
"""Processor seconds after which a worker returns what it has decoded of several images."""
MEMORY = 768 * 2**20
FRAME_PIXELS = 2**26
"""Of an image that a run stored."""
_LOADED = (
    "gan_lab.images.workers", "PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin", "PIL.PpmImagePlugin", "PIL.TiffImagePlugin", "PIL.WebPImagePlugin",
)  # fmt: skip
_IDLE = (
    300.0  # s after which a worker that waits ends; it takes some 30 MB, a new one half a second
)
_SETS = Pool(max(2, os.cpu_count() or 1), keep=1, idle_seconds=_IDLE, preload=_LOADED)
_HEAVY_ONES = Pool(1, keep=0, preload=_LOADED)  # one at a time, as each takes hundreds of MB
_SINGLE = Pool(2, keep=1, idle_seconds=_IDLE, preload=_LOADED)
_SMALL = Pool(2, keep=1, idle_seconds=_IDLE, preload=_LOADED)
_BACKGROUND = Pool(2, keep=1, idle_seconds=_IDLE, preload=_LOADED)

_WALL = 300.0  # s: on a busy machine the workers, which give way to others, are slow

Pixels = np.ndarray
"""uint8, H×W (grey) or H×W×3."""


def _limits(cpu_seconds: float = CPU_SECONDS) -> Limits:
    return Limits(cpu_seconds=cpu_seconds, wall_seconds=_WALL, memory_bytes=MEMORY)


def _never() -> bool:
    return False


def close() -> None:
    """End the workers; the next call starts new ones."""
    _SETS.close()
    _HEAVY_ONES.close()
    _SINGLE.close()
    _SMALL.close()
    _BACKGROUND.close()


# -- images of a set -------------------------------------------------------------------------------


class Decoded(NamedTuple):
    """What became of one image of a set.

    Attributes:
        squares: uint8, parts×side×side×3; None if it was refused.
        facts: None if it was refused.
        why: the reason of a refusal, or "".
        heavy: it is to be sent again, alone.
    """

    squares: np.ndarray | None
    facts: Facts | None
    why: str
    heavy: bool = False


def decode_some(
    contents: Sequence[bytes], shape: Shape, budget: Budget, *,
    cancelled: Callable[[], bool] = _never, charge: Callable[[float], None] | None = None,
) -> list[Decoded]:  # fmt: skip
    """Decode at least the first of some images of a set, in one call.

    Args:
        budget: of the set; what these images took is added to it.
        cancelled, charge: as in ``Pool.call``.

    Raises:
        SandboxError: a limit was reached, by whichever of them; nothing is added to the budget.
    """
    before = asdict(budget)
    pool = _HEAVY_ONES if budget.heavy else _SETS
    answer = pool.call(
        _decoded, list(contents), asdict(shape), before,
        limits=_limits(TURN + CPU_SECONDS),
        cancelled=cancelled, charge=charge,
    )  # fmt: skip
    for name in before:
        setattr(budget, name, answer["budget"][name])
    made = iter(answer["squares"])
    return [
        Decoded(None, None, why, why == _HEAVY) if why else Decoded(next(made), Facts(*facts), "")
        for why, facts in zip(answer["why"], answer["facts"], strict=True)
    ]


_HEAVY = "heavy"


def _decoded(
    contents: list[bytes], shape: dict[str, Any], budget: dict[str, Any]
) -> dict[str, Any]:
    begun = time.process_time()
    form, pixels = Shape(**shape), Budget(**budget)
    made, facts, why = list[np.ndarray](), list[list[Any]](), list[str]()
    for content in contents:
        if why and time.process_time() - begun > TURN:
            break
        about: list[Any] = []
        reason = ""
        try:
            some, known = squares(content, form, pixels)
            made.append(np.stack(some))
            about = list(known)
        except Heavy:
            reason = _HEAVY
        except Unreadable as error:
            reason = str(error)
        facts.append(about)
        why.append(reason)
    whole = np.stack(made) if made else np.empty((0, 1), np.uint8)
    return {"squares": whole, "facts": facts, "why": why, "budget": asdict(pixels)}


# -- single images ---------------------------------------------------------------------------------


def read_image(
    content: bytes, *, grey: bool = False, side: int = 0, longest: int = 0,
    background: str = "white", most_pixels: int = MAX_PIXELS,
    cancelled: Callable[[], bool] = _never, charge: Callable[[float], None] | None = None,
) -> Pixels:  # fmt: skip
    """One image of a user's, upright.

    Args:
        side: of the middle square that is cut out and resized; 0 keeps the whole image.
        longest: the longer side of a whole image is reduced to this; 0 for any.
        background: behind what is transparent.
        most_pixels: limit of width × height; up to ``SMALL_PIXELS`` it never waits for the workers
            that decode larger images.
        cancelled, charge: as in ``Pool.call``.

    Raises:
        Unreadable: it is no image, over a limit, or took too long to decode.
        SandboxError: the call was cancelled.
    """
    small = most_pixels <= SMALL_PIXELS
    with _refusing():
        return (_SMALL if small else _SINGLE).call(
            _read, content, grey, side, longest, background, most_pixels,
            limits=_limits(_SMALL_SECONDS if small else CPU_SECONDS), errors=(Unreadable,),
            cancelled=cancelled, charge=charge,
        )  # fmt: skip
    raise AssertionError


def _read(
    content: bytes, grey: bool, side: int, longest: int, background: str, most_pixels: int
) -> Pixels:
    whole, _ = upright(content, Shape(background=background), most_pixels=most_pixels)
    if side:
        whole = ImageOps.fit(whole, (side, side), Image.Resampling.LANCZOS)
    elif longest:
        whole.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return np.asarray(whole.convert("L") if grey else whole)


def preview(content: bytes, shape: Shape, longest: int) -> tuple[Pixels, list[Pixels]]:
    """An image of a set as it is, reduced to ``longest``, and the squares that are made of it.

    Raises Unreadable.
    """
    with _refusing():
        return _BACKGROUND.call(
            _preview, content, asdict(shape), longest,
            limits=_limits(2 * CPU_SECONDS), errors=(Unreadable,),
        )  # fmt: skip
    raise AssertionError


def _preview(content: bytes, shape: dict[str, Any], longest: int) -> list[Any]:
    form = Shape(**shape)
    whole, _ = upright(content, form)
    whole.thumbnail((longest, longest))
    return [np.asarray(whole), squares(content, form)[0]]


# -- images that a run stored ----------------------------------------------------------------------


def frame_size(content: bytes) -> tuple[int, int]:
    """Width and height of a stored image by its header. Raises Unreadable."""
    with _refusing():
        width, height = _BACKGROUND.call(_size, content, limits=_limits(), errors=(Unreadable,))
        return int(width), int(height)
    raise AssertionError


def _size(content: bytes) -> list[int]:
    with open_image(content, most_pixels=FRAME_PIXELS) as image:
        return list(image.size)


def frame(content: bytes) -> Pixels:
    """A stored image as it is. Raises Unreadable."""
    with _refusing():
        return _BACKGROUND.call(_frame, content, limits=_limits(), errors=(Unreadable,))
    raise AssertionError


def _frame(content: bytes) -> Pixels:
    return np.asarray(_stored(content))


def frames(
    contents: Sequence[bytes], width: int, height: int, cancelled: Callable[[], bool] = _never
) -> list[Pixels]:
    """Stored images, each resized: pixels are repeated to enlarge and averaged to reduce.

    Args:
        cancelled: as in ``Pool.call``.

    Raises:
        Unreadable: one of them cannot be read.
        SandboxError: the call was cancelled.
    """
    with _refusing():
        return _BACKGROUND.call(
            _frames, list(contents), width, height,
            limits=_limits(CPU_SECONDS * len(contents)), errors=(Unreadable,), cancelled=cancelled,
        )  # fmt: skip
    raise AssertionError


def _frames(contents: list[bytes], width: int, height: int) -> list[Pixels]:
    images = map(_stored, contents)
    return [np.asarray(resized(image, (width, height))) for image in images]


def thumbnail(content: bytes, most: int, corner: int = 0) -> Pixels:
    """A stored image, its longer side made ``most``.

    Args:
        corner: of a larger image only the upper left square of so many pixels is shown; 0 for all.

    Raises Unreadable.
    """
    with _refusing():
        return _BACKGROUND.call(
            _thumbnail, content, most, corner, limits=_limits(), errors=(Unreadable,)
        )
    raise AssertionError


def _thumbnail(content: bytes, most: int, corner: int) -> Pixels:
    image = _stored(content)
    if corner:
        image = image.crop((0, 0, min(corner, image.width), min(corner, image.height)))
    return np.asarray(fitted(image, most))


def fitted(image: Image.Image, longest: int) -> Image.Image:
    """Enlarged or reduced so that the longer side has that many pixels."""
    scale = longest / max(image.size)
    return resized(image, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """In that size: pixels are repeated to enlarge and averaged to reduce."""
    if image.size == size:
        return image
    larger = max(image.size) <= max(size)
    return image.resize(size, Image.Resampling.NEAREST if larger else Image.Resampling.BOX)


def _stored(content: bytes) -> Image.Image:
    """Grey or RGB, decoded. Raises Unreadable."""
    with open_image(content, formats=STORED, most_pixels=FRAME_PIXELS) as image:
        try:
            return image.convert("L" if image.mode == "L" else "RGB")
        except (OSError, SyntaxError, ValueError) as error:
            raise Unreadable("a damaged image") from error


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """A limit that was reached is a refusal of the image; a cancelled call stays what it is."""
    try:
        yield
    except SandboxError as error:
        if error.reason == "abandoned":
            raise
        raise Unreadable(str(error)) from None
