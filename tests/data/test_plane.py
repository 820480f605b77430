"""Points of the plane: where they come from is known, so everything about them can be counted."""

import math

import pytest
import torch

from gan_lab.config import Data
from gan_lab.data import DRAWN, PLANES, DataError, Kind, Pictures, load, plane_of, to_points

REAL_SHARE = 1 - math.exp(-4.5)  # of a Gaussian in the plane within 3σ of its centre: 98.9 %


def points(name: str, train: bool = True) -> torch.Tensor:
    return load(Data(name=name), train=train).images.flatten(1).double()


@pytest.mark.parametrize("name", PLANES)
def test_a_set_is_its_places_and_a_gaussian_around_each(name):
    plane, made = PLANES[name], points(name) * PLANES[name].reach
    assert made.shape == (50_000, 2)
    nearest = torch.cdist(made, plane.places).min(1).values
    near = float((nearest <= 3 * plane.sigma).double().mean())
    if plane.modal:  # heaps lie apart, so the nearest place is a point's own
        assert near == pytest.approx(REAL_SHARE, abs=0.003)
    else:  # along a curve only the distance across it counts, and its ends
        assert near > REAL_SHARE - 0.003


@pytest.mark.parametrize("name", PLANES)
def test_every_place_is_equally_likely_and_inside_the_window(name):
    plane, made = PLANES[name], points(name)
    assert float((made.abs() <= 1).double().mean()) > 0.9999
    if plane.modal:
        nearest = torch.cdist(made * plane.reach, plane.places).argmin(1)
        counts = torch.bincount(nearest, minlength=len(plane.places)).double()
        expected = len(made) / len(plane.places)
        assert float(((counts - expected) ** 2 / expected).sum()) < 5 * len(plane.places)  # χ²


def test_the_sets_of_the_papers_are_as_they_say():
    ring, grid = PLANES["ring-fine"], PLANES["grid-fine"]
    assert ring.places.norm(dim=1).tolist() == pytest.approx([2.0] * 8) and ring.sigma == 0.02
    assert sorted(set(grid.places.flatten().tolist())) == [-4, -2, 0, 2, 4] and grid.sigma == 0.05
    assert len(grid.places) == 25


def test_training_points_and_held_out_ones_are_others_and_always_the_same():
    assert torch.equal(points("ring"), points("ring"))
    some, others = points("ring")[:1000], points("ring", train=False)
    assert len(others) == 10_000
    assert float(torch.cdist(some, others).min()) > 0


def test_points_are_pictures_of_one_pixel_in_floats():
    pictures = load(Data(name="moons"))
    assert isinstance(pictures, Pictures)
    assert pictures.kind == Kind(2, 1, ("0", "1")) and pictures.kind.points
    assert pictures.images.dtype == torch.float32 and pictures.images.shape[1:] == (2, 1, 1)
    assert not load(Data(name="digits")).kind.points


def test_some_heaps_can_be_chosen():
    both = points("ring:0,4") * PLANES["ring"].reach
    assert float(both[:, 1].abs().max()) < 1  # those at (2, 0) and (-2, 0)
    assert set(load(Data(name="ring:0,4")).labels.tolist()) == {0, 1}
    assert len(plane_of("ring:0,4").places) == 2


def test_no_such_set_names_those_that_there_are():
    with pytest.raises(DataError, match=r"tringle is no set of points.*ring.*drawn"):
        plane_of("tringle")


@pytest.mark.parametrize("output", ["tanh", "sigmoid", "linear"])
def test_points_and_back(output):
    from gan_lab.data import to_range

    x = torch.linspace(-1, 1, 21).view(-1, 1).repeat(1, 2)
    assert torch.allclose(to_points(to_range(x, output)[:, :, None, None], output), x, atol=1e-6)


# -- what a person draws -----------------------------------------------------------------------


def test_a_drawing_is_followed_with_the_pen_s_width():
    # from the lower left corner (A, A) to the upper right one (_, _)
    plane = plane_of(f"{DRAWN}:AA__")
    assert torch.allclose(plane.places[:, 0], plane.places[:, 1])
    assert float(plane.places.min()) == pytest.approx(-2 + 1 / 32)
    assert float(plane.places.max()) == pytest.approx(2 - 1 / 32)
    made = points(f"{DRAWN}:AA__") * plane.reach
    across = (made[:, 0] - made[:, 1]) / math.sqrt(2)
    assert float(across.std()) == pytest.approx(plane.sigma, rel=0.02)


def test_long_strokes_get_more_points_than_short_ones():
    # two level strokes, the upper three times as long; B and b are 1 and 27 cells from below
    plane = plane_of(f"{DRAWN}:AbYb.ABIB")
    upper = int((plane.places[:, 1] > -1).sum())
    assert upper / (len(plane.places) - upper) == pytest.approx(3, rel=0.1)


def test_a_dot_is_a_drawing_too():
    assert len(plane_of(f"{DRAWN}:gg").places) >= 2


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "nothing is drawn yet"), ("...", "nothing is drawn yet"), ("ABC", "is no drawing"),
     ("A!", "is no drawing"), ("Ä" * 10, "is no drawing"), ("<b>x", "is no drawing")],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_in_words(text, words):
    with pytest.raises(DataError, match=words):
        plane_of(f"{DRAWN}:{text}")
