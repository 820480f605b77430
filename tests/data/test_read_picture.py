"""One picture from outside."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lab.data import DataError, read_picture


def content(picture, kind="PNG"):
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(("channels", "side", "longest", "shape"), [
    (3, 16, 0, (3, 16, 16)),
    (1, 16, 0, (1, 16, 16)),
    (3, 0, 0, (3, 500, 1000)),
    (3, 0, 256, (3, 128, 256)),
])  # fmt: skip
def test_it_comes_in_the_shape_that_is_asked_for(channels, side, longest, shape):
    red = content(Image.new("RGB", (1000, 500), "red"))
    made = read_picture(red, channels, side=side, longest=longest)
    assert made.shape == shape and made.dtype == torch.uint8
    assert made[0].unique().tolist() == ([255] if channels == 3 else [76])


def test_what_is_transparent_is_white():
    made = read_picture(content(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), 3)
    assert made.unique().tolist() == [255]


def test_sixteen_bits_keep_their_greys():
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    made = read_picture(content(Image.fromarray(ramp)), 1)
    assert made.flatten().tolist() == (ramp >> 8).flatten().tolist()


@pytest.mark.parametrize(
    "bad", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_what_is_no_picture_is_refused(bad):
    with pytest.raises(DataError, match="no picture"):
        read_picture(bad, 3)
