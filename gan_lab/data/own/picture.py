"""One image of a user's as a tensor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gan_lab.data.pictures import DataError
from gan_lab.images import MAX_PIXELS, Unreadable, workers
from gan_lab.sandbox import SandboxError


def read_picture(
    content: bytes, channels: int, *, side: int = 0, longest: int = 0, background: str = "white",
    most_pixels: int = MAX_PIXELS, cancelled: Callable[[], bool] = lambda: False,
    charge: Callable[[float], None] | None = None,
) -> Tensor:  # fmt: skip
    """One image, uint8 channels×H×W; grey if ``channels`` is 1. A worker process decodes it.

    Args:
        content: of an image file.
        side: of the middle square that is cut out and resized; 0 keeps the whole image.
        longest: the longer side of a whole image that is larger is reduced to this; 0 for any.
        background: behind what is transparent.
        most_pixels: limit of width × height.
        cancelled: asked during the call; True ends it.
        charge: receives the processor seconds that it took, however it ended.

    Raises:
        DataError: it is no image that can be read, or the call was cancelled.
    """
    try:
        pixels = workers.read_image(
            content, grey=channels == 1, side=side, longest=longest, background=background,
            most_pixels=most_pixels, cancelled=cancelled, charge=charge,
        )  # fmt: skip
    except Unreadable as error:
        raise DataError(f"this file is no picture that can be read ({error})") from None
    except SandboxError as error:
        raise DataError(str(error)) from None
    flat = np.ascontiguousarray(pixels).reshape(*pixels.shape[:2], channels)
    return torch.from_numpy(flat).permute(2, 0, 1).contiguous()
