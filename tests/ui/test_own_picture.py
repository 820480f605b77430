"""A picture of one's own, as a generator takes it."""

import io

import pytest
import torch
from PIL import Image
from torch import nn

from gan_lab.data import DataError
from gan_lab.ui.own_picture import LONGEST, read_picture, turned


def uploaded(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer


@pytest.mark.parametrize(("channels", "side", "shape"), [
    (3, 16, (1, 3, 16, 16)),
    (1, 16, (1, 1, 16, 16)),
    (3, 0, (1, 3, LONGEST // 2, LONGEST)),
])  # fmt: skip
def test_it_comes_in_the_shape_that_is_asked_for(channels, side, shape):
    made = read_picture(uploaded(Image.new("RGB", (1000, 500), "red")), channels, side)
    assert made.shape == shape
    assert made.dtype == torch.uint8
    assert made[0, 0].unique().tolist() == ([255] if channels == 3 else [76])


def test_what_is_transparent_is_white():
    made = read_picture(uploaded(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), 3, 0)
    assert made.unique().tolist() == [255]


def test_what_is_no_picture_is_refused():
    with pytest.raises(DataError, match="no picture"):
        read_picture(io.BytesIO(b"hello"), 3, 8)


def test_any_of_several_generators_may_have_the_first_ones_part():
    there, back = nn.Identity(), nn.Tanh()
    both = {"G_ab": there, "G_ba": back}
    assert turned(both, "G_ab") == both
    assert turned(both, "G_ba") == {"G_ab": back, "G_ba": there}
