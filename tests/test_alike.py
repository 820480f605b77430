"""The tolerance of other tests lets rounding pass, and nothing else."""

import numpy as np
import pytest

from tests.alike import same_images

GREY = np.full((4, 8, 8), 100, np.uint8)


def changed(place, value):
    other = GREY.copy()
    other[place] = value
    return other


def test_one_value_may_be_rounded_the_other_way():
    same_images(GREY, GREY)
    same_images(GREY, changed((0, 0, 0), 99))
    same_images(GREY, changed((3, 7, 7), 101))


@pytest.mark.parametrize(
    "other",
    [changed((0, 0, 0), 98), changed(0, 101), GREY[:3], changed((0, 0, 0), 255)],
    ids=["two levels", "a whole image", "a missing image", "no wrap-around"],
)
def test_another_image_is_noticed(other):
    with pytest.raises(AssertionError):
        same_images(GREY, other)
