"""A visitor's own image in a question: decoded by a worker process before the question begins."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from gan_lab.data import DataError, read_picture
from gan_lab.server.explore.asked import Asked, Wrong
from gan_lab.server.explore.turns import Turns
from gan_lab.server.limits import IMAGE_SECONDS, too_costly

LARGEST = 5 << 20
"""Bytes of an image."""
MOST_PIXELS = 16_000_000
"""Of an image."""
_TURNS = Turns("decode")


async def with_upload(asked: Asked) -> Asked:
    """The question with its image, if it brings one in the field ``file``.

    No thread of the explorers is held meanwhile, each visitor has one image decoded at a time, and
    the worker is ended as soon as nobody waits for the answer. Raises Wrong.
    """
    if asked.fields.get("of") != "file" or asked.model.kind.points:
        return asked
    content = asked.file("file", LARGEST)
    image = await _TURNS.run(asked.visitor, _decoded, content, asked)
    return replace(asked, image=image)


def _decoded(content: bytes, asked: Asked) -> Tensor | None:
    """uint8, C×S×S; None if nobody waits for it any more. Raises Wrong."""
    if asked.stopped.is_set():
        return None
    if wait := IMAGE_SECONDS.wait(asked.visitor):
        raise Wrong(too_costly(wait))
    kind = asked.model.kind
    try:
        return read_picture(
            content, kind.channels, side=kind.size, most_pixels=MOST_PIXELS,
            cancelled=asked.stopped.is_set,
            charge=lambda seconds: IMAGE_SECONDS.spend(asked.visitor, seconds),
        )  # fmt: skip
    except DataError as error:
        raise Wrong(f"That did not work: {error}.") from None
