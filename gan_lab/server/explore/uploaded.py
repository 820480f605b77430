"""A visitor's own image in a question: decoded by a worker process before the question begins."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from torch import Tensor

from gan_lab.data import DataError, read_picture
from gan_lab.images.headers import SMALL_PIXELS, is_small
from gan_lab.server.explore.asked import Asked, Wrong
from gan_lab.server.explore.turns import Turns
from gan_lab.server.limits import IMAGE_SECONDS, too_costly

LARGEST = 5 << 20
"""Bytes of an image."""
MOST_PIXELS = 16_000_000
"""Of an image."""
WAITING = 16
"""Images that wait or are decoded at once: each is in memory, and so is its question."""
OWN_WAITING = 4
"""Of these one visitor's."""
_TURNS = Turns("decode")
_SMALL_TURNS = Turns("decode-small")
_waiting: Counter[str] = Counter()


async def with_upload(asked: Asked) -> Asked:
    """The question with its image, if it brings one in the field ``file``.

    No thread of the explorers is held meanwhile, each visitor has one image decoded at a time, and
    the worker is ended as soon as nobody waits for the answer.

    Raises Wrong, also where too many images wait, or this visitor's have taken too much time.
    """
    if asked.fields.get("of") != "file" or asked.model.kind.points:
        return asked
    visitor = asked.visitor
    _refuse_costly(visitor)
    if _waiting[visitor] >= OWN_WAITING:
        raise Wrong("Several images of yours are being read; please wait for one of them.")
    if _waiting.total() >= WAITING:
        raise Wrong("Many images are being read just now; try again in a moment.")
    content = asked.file("file", LARGEST)
    _waiting[visitor] += 1
    try:
        # nobody's small image waits for large ones, whatever cookies their senders invent
        small = is_small(content)
        turns, most = (_SMALL_TURNS, SMALL_PIXELS) if small else (_TURNS, MOST_PIXELS)
        image = await turns.run(visitor, _decoded, content, asked, most)
    finally:
        _waiting[visitor] -= 1
        if not _waiting[visitor]:
            del _waiting[visitor]
    return replace(asked, image=image)


def _refuse_costly(visitor: str) -> None:
    if wait := IMAGE_SECONDS.wait(visitor):
        raise Wrong(too_costly(wait))


def _decoded(content: bytes, asked: Asked, most_pixels: int) -> Tensor | None:
    """uint8, C×S×S; None if nobody waits for it any more. Raises Wrong."""
    if asked.stopped.is_set():
        return None
    _refuse_costly(asked.visitor)  # once more: what was decoded meanwhile may have been costly
    kind = asked.model.kind
    try:
        return read_picture(
            content, kind.channels, side=kind.size, most_pixels=most_pixels,
            cancelled=asked.stopped.is_set,
            charge=lambda seconds: IMAGE_SECONDS.spend(asked.visitor, seconds),
        )  # fmt: skip
    except DataError as error:
        raise Wrong(f"That did not work: {error}.") from None
