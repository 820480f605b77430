"""A visitor's own image in a question: decoded by a worker process before the question begins."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from gan_lab.data import DataError
from gan_lab.server.explore.asked import Asked, Wrong
from gan_lab.server.single_images import NotNow, decoded

LARGEST = 5 << 20
"""Bytes of an image."""
MOST_PIXELS = 16_000_000
"""Of an image."""


async def with_upload(asked: Asked) -> Asked:
    """The question with its image, if it brings one in the field ``file``.

    No thread of the explorers is held meanwhile, and the worker is ended as soon as nobody waits
    for the answer.

    Raises Wrong, also where too many images wait, or this visitor's have taken too much time.
    """
    if asked.fields.get("of") != "file" or asked.model.kind.points:
        return asked
    kind, content = asked.model.kind, asked.file("file", LARGEST)
    try:
        image = await asyncio.wrap_future(
            decoded(
                asked.sender, content, kind.channels, side=kind.size, most_pixels=MOST_PIXELS,
                cancelled=asked.stopped.is_set,
            )
        )  # fmt: skip
    except NotNow as error:
        raise Wrong(str(error)) from None
    except DataError as error:
        raise Wrong(f"That did not work: {error}.") from None
    return replace(asked, image=image)
