"""A map: a plane through latent space, and the lattice of z on it."""

import pytest
import torch

from gan_lab.latent.plane import PlaneError, Slice, lattice


def drawn(count: int, dim: int = 12) -> torch.Tensor:
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(5))


def test_the_plane_of_two_numbers_has_them_as_axes() -> None:
    (z,) = drawn(1)
    plane = Slice.of_numbers(z, 7, 2)
    torch.testing.assert_close(plane.place(z[None])[0], z[[7, 2]])
    moved = plane.at(torch.tensor([[1.5, -2.0]]))[0]
    assert moved[7] == 1.5 and moved[2] == -2.0
    rest = [i for i in range(12) if i not in (7, 2)]
    assert torch.equal(moved[rest], z[rest])


def test_three_z_lie_on_their_plane_as_far_apart_as_they_are() -> None:
    three = drawn(3)
    plane = Slice.spanned(*three)
    places = plane.place(three)
    torch.testing.assert_close(plane.at(places), three)
    torch.testing.assert_close(torch.cdist(places, places), torch.cdist(three, three))
    weights = torch.tensor([0.2, 0.5, 0.3])  # what lies between them is a weighted mean
    torch.testing.assert_close(plane.at((weights @ places)[None])[0], weights @ three)


def test_the_circle_around_the_middle_has_z_of_one_length() -> None:
    three = 3 * torch.nn.functional.normalize(drawn(3))
    plane = Slice.spanned(*three)
    radius = plane.place(three).norm(dim=1)
    torch.testing.assert_close(radius, radius[:1].expand(3))
    assert plane.origin @ plane.across == pytest.approx(0, abs=1e-5)
    round_it = radius[0] * torch.tensor([[1.0, 0], [0, -1.0], [0.6, 0.8]])
    torch.testing.assert_close(plane.at(round_it).norm(dim=1), torch.full((3,), 3.0))


def test_directions_that_are_not_at_a_right_angle_still_give_a_true_map() -> None:
    z, first, second = drawn(3)
    second = first + 1e-3 * second
    plane = Slice.through(z, first, second)
    frame = torch.stack([plane.across, plane.up])
    torch.testing.assert_close(frame @ frame.T, torch.eye(2), atol=1e-5, rtol=0)
    ahead = torch.stack([z, z + first, z + second])
    assert plane.distance(ahead).max() < 1e-4
    assert plane.distance(drawn(4)[3:]) > 0.5
    assert torch.linalg.vecdot(plane.across, first) > 0 and plane.up @ second > 0


@pytest.mark.parametrize("wrong", [(1, 1), (1, -2), (0, 1), (1, 0)])
def test_what_spans_no_plane_is_refused(wrong: tuple[int, int]) -> None:
    z, way = drawn(2)
    with pytest.raises(PlaneError, match=r"\.$"):
        Slice.through(z, wrong[0] * way, wrong[1] * way)
    with pytest.raises(PlaneError):
        Slice.spanned(z, z + way, z + 2 * way)
    with pytest.raises(PlaneError):
        Slice.of_numbers(z, 3, 3)


def test_a_lattice_is_laid_out_as_people_read() -> None:
    places = lattice(1.0, 2.0, 0.5, columns=3, rows=2)
    assert places.tolist() == [
        [0.5, 2.25], [1.0, 2.25], [1.5, 2.25], [0.5, 1.75], [1.0, 1.75], [1.5, 1.75],
    ]  # fmt: skip
