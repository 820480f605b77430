"""Images that visitors send one by one, decoded in turn.

The latent page and the page of a run use the same threads, so an image waits for at most one other
image of each address, whichever page sent them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from torch import Tensor

from gan_lab.data import DataError, read_picture
from gan_lab.images.headers import SMALL_PIXELS, is_small
from gan_lab.server.limits import IMAGE_SECONDS, Slots, too_costly
from gan_lab.server.turns import Turns
from gan_lab.server.visitors import Sender

WAITING = 16
"""Images that wait or are decoded at once: each is in memory, and so is its question."""
OWN_WAITING = 4
"""Of these one visitor's."""
_FULL = {
    "own": "Several images of yours are being read; please wait for one of them.",
    "others": "Many images are being read just now; try again in a moment.",
}
_TURNS = Turns("decode")
_SMALL_TURNS = Turns("decode-small")
_slots = Slots()


class NotNow(DataError):
    """The image is not decoded now, for a reason that is not in it; a whole sentence."""


def decoded(
    sender: Sender, content: bytes, channels: int, *, most_pixels: int,
    cancelled: Callable[[], bool] = lambda: False, **shape: Any,
) -> Future[Tensor | None]:  # fmt: skip
    """The image as ``read_picture`` returns it, uint8, channels×H×W, once it is the sender's turn;
    None if the call was cancelled before that. The cost counts against the sender.

    Args:
        most_pixels: limit of width × height.
        cancelled: as of ``read_picture``.
        shape: as of ``read_picture``: ``side``, ``longest``.

    Raises, here and by the future:
        NotNow: too many images wait, or the images of this sender have taken too much time.
        DataError: it is no image that can be read.
    """
    _refuse_costly(sender)
    # nobody's small image waits for large ones, whatever cookies their senders invent
    small = is_small(content)
    turns, most = (_SMALL_TURNS, min(SMALL_PIXELS, most_pixels)) if small else (_TURNS, most_pixels)
    if held := _slots.take(sender, OWN_WAITING, WAITING):
        raise NotNow(_FULL[held])

    def read() -> Tensor | None:
        if cancelled():
            return None
        _refuse_costly(sender)  # once more: what was decoded meanwhile may have been costly
        return read_picture(
            content, channels, most_pixels=most, cancelled=cancelled,
            charge=lambda seconds: IMAGE_SECONDS.spend(sender, seconds), **shape,
        )  # fmt: skip

    future = turns.submit(sender, read)
    future.add_done_callback(lambda _: _slots.release(sender))
    return future


def _refuse_costly(sender: Sender) -> None:
    if wait := IMAGE_SECONDS.wait(sender):
        raise NotNow(too_costly(wait))
