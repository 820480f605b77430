"""The sliced Wasserstein distance: its pyramid, its patches, and distances that are known."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.metrics import Slicing, swd
from gan_lab.metrics.swd import cut, enlarged, normalised, pyramid, sides, smoothed


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


# -- the pyramid -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((128, 128), (128, 64, 32, 16)),  # the paper's
        ((64, 80), (64, 32, 16)),
        ((50, 50), (50, 25)),
        ((32, 32), (32, 16)),
        ((28, 28), (28, 14, 7)),
        ((13, 13), (13, 7)),
        ((8, 8), (8,)),
        ((5, 9), (5,)),
    ],
)
def test_levels(size, expected):
    images = noise(2, 3, *size).float()
    assert sides(images) == expected
    assert tuple(min(level.shape[2:]) for level in pyramid(images)) == expected


@settings(deadline=None)
@given(height=st.integers(4, 40), width=st.integers(4, 40), channels=st.sampled_from([1, 3]))
def test_added_up_the_levels_are_the_picture_again(height, width, channels):
    images = noise(2, channels, height, width).float()
    *details, image = pyramid(images)
    for detail in reversed(details):
        image = detail + enlarged(image, detail.shape)
    torch.testing.assert_close(image, images, atol=1e-3, rtol=0)


def test_a_point_is_smoothed_into_the_kernel():
    x = torch.zeros(1, 1, 9, 9)
    x[0, 0, 4, 4] = 256
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0])
    assert torch.equal(smoothed(x)[0, 0, 2:7, 2:7], row[:, None] * row)


def test_what_is_flat_has_no_details():
    levels = pyramid(torch.full((1, 3, 28, 28), 77.0))
    assert all(level.abs().max() < 1e-4 for level in levels[:-1])
    torch.testing.assert_close(levels[-1], torch.full((1, 3, 7, 7), 77.0))


# -- the patches -------------------------------------------------------------------------------


def test_patches_are_pieces_of_their_pictures():
    images = torch.arange(2 * 3 * 9 * 10.0).view(2, 3, 9, 10)
    patches = cut(images, 5, torch.Generator().manual_seed(0))
    assert patches.shape == (10, 3, 7, 7)
    for i, patch in enumerate(patches):
        image = images[i // 5]
        row, column = divmod(int(patch[0, 0, 0] - image[0, 0, 0]), 10)
        assert torch.equal(patch, image[:, row : row + 7, column : column + 7])


def test_every_place_is_drawn():
    images = torch.arange(81.0).view(1, 1, 9, 9).repeat(200, 1, 1, 1)
    corners = cut(images, 9, torch.Generator().manual_seed(0))[:, 0, 0, 0].unique()
    assert corners.tolist() == [0, 1, 2, 9, 10, 11, 18, 19, 20]


@pytest.mark.parametrize(("side", "count", "patch"), [(7, 1, 7), (5, 1, 5), (8, 4, 7), (28, 16, 7)])
def test_small_levels_give_fewer_and_smaller_patches(side, count, patch):
    patches = cut(torch.zeros(3, 1, side, side), 16, torch.Generator())
    assert patches.shape == (3 * count, 1, patch, patch)


def test_channels_are_normalised_one_by_one():
    x = normalised(noise(50, 3, 7, 7).float() * torch.tensor([1.0, 5.0, 0.0]).view(3, 1, 1))
    torch.testing.assert_close(x[:, :2].mean((0, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(x[:, :2].std((0, 2, 3), correction=0), torch.ones(2))
    assert not x[:, 2].any()


# -- the distance ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(20, 1, 8, 8), (20, 1, 28, 28), (6, 3, 32, 32), (3, 3, 64, 64)])
def test_nothing_lies_between_a_set_and_itself(shape):
    found = swd(noise(*shape), noise(*shape))
    assert found.mean == 0 and tuple(found.levels) == sides(noise(*shape))


def test_against_one_flat_picture_it_is_the_mean_length_of_what_there_is():
    """Patches of white noise, seen from any side, are standard normal; those of a G that paints
    everything grey are 0. So the distance is E|N(0, 1)| = √(2/π)."""
    a, b = noise(400, 1, 8, 8), torch.full((400, 1, 8, 8), 128, dtype=torch.uint8)
    assert swd(a, b).mean == pytest.approx(1000 * math.sqrt(2 / math.pi), rel=0.05)


def test_it_is_the_same_from_both_sides_and_more_than_nothing():
    a, b = noise(40, 3, 32, 32), noise(40, 3, 32, 32, seed=1)
    assert swd(a, b) == swd(b, a)
    assert all(value > 0 for value in swd(a, b).levels.values())
    assert swd(a, b).mean == pytest.approx(sum(swd(a, b).levels.values()) / 2)


def test_more_pictures_lower_the_floor():
    few, many = (swd(noise(n, 1, 28, 28), noise(n, 1, 28, 28, seed=1)).mean for n in (20, 500))
    assert many < few / 3


def test_light_and_contrast_alone_are_no_distance():
    a = noise(50, 1, 16, 16) // 2
    assert swd(a, a + 100).mean == pytest.approx(0, abs=0.01)


def test_the_level_tells_the_size_of_the_difference():
    """Only fine stripes differ from noise at the finest level; blocks at the coarsest too."""
    a = noise(100, 1, 28, 28)
    striped = a // 2
    striped[..., ::2] += 100
    levels = swd(a, striped).levels
    assert levels[28] > 4 * levels[7]


def test_cut_before_it_gives_the_same():
    a, b = noise(30, 1, 28, 28), noise(30, 1, 28, 28, seed=1)
    slicing = Slicing(patches=4, directions=16, seed=7)
    assert slicing.of(a).distance(slicing.of(b)) == swd(a, b, seed=7, patches=4, directions=16)


def test_the_seed_alone_decides_and_no_other_draw_moves():
    a, b = noise(30, 1, 28, 28), noise(30, 1, 28, 28, seed=1)
    state = torch.get_rng_state()
    first = swd(a, b, seed=1)
    torch.manual_seed(5)
    assert swd(a, b, seed=1) == first != swd(a, b, seed=2)
    torch.set_rng_state(state)
    swd(a, b)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ((5, 1, 8, 8), (4, 1, 8, 8), "as many pictures"),
        ((5, 1, 8, 8), (5, 3, 8, 8), "of one shape"),
        ((5, 1, 3, 8), (5, 1, 3, 8), "4 px or more"),
        ((0, 1, 8, 8), (0, 1, 8, 8), "N×C×H×W"),
        ((5, 8, 8), (5, 8, 8), "N×C×H×W"),
    ],
)
def test_what_cannot_be_compared_is_refused(a, b, words):
    with pytest.raises(ValueError, match=words):
        swd(noise(*a), noise(*b))


def test_other_than_bytes_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        swd(torch.zeros(2, 1, 8, 8), torch.zeros(2, 1, 8, 8))


def test_sets_cut_differently_are_refused():
    a = noise(5, 1, 8, 8)
    with pytest.raises(ValueError, match="same seed"):
        Slicing(seed=1).of(a).distance(Slicing(seed=2).of(a))
    with pytest.raises(ValueError, match="at least one"):
        Slicing(patches=0)
