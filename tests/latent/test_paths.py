"""Ways through latent space: they meet their ends, keep to the shell, and never give NaN."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.config import Latent
from gan_lab.latent import draw, natural, path, random_walk, shell
from gan_lab.latent.paths import lerp, slerp

T = torch.linspace(0, 1, 9)
NUMBERS = st.floats(-100, 100, width=32)


def of(*numbers):
    return torch.tensor(numbers, dtype=torch.float32)


def test_known_arcs():
    quarter = slerp(of(1, 0), of(0, 1), T)
    angles = T * math.pi / 2
    torch.testing.assert_close(quarter, torch.stack([angles.cos(), angles.sin()], 1))
    twice = slerp(of(2, 0), of(0, 6), of(0.5))  # norm 4 at 45°
    torch.testing.assert_close(twice, of(4, 4).unsqueeze(0) / math.sqrt(2))
    torch.testing.assert_close(lerp(of(2, 0), of(0, 6), of(0.25)), of(1.5, 1.5).unsqueeze(0))


def test_the_textbook_s_formula_in_general():
    a, b = torch.randn(2, 50, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    b = b * a.norm() / b.norm()
    omega = torch.acos(a @ b / a.norm() / b.norm())
    t = T.double().unsqueeze(1)
    expected = (((1 - t) * omega).sin() * a + (t * omega).sin() * b) / omega.sin()
    torch.testing.assert_close(slerp(a, b, T), expected)


@given(st.integers(1, 6).flatmap(
    lambda dim: st.tuples(*[st.lists(NUMBERS, min_size=dim, max_size=dim)] * 2)
))  # fmt: skip
def test_slerp_meets_its_ends_and_its_norm_goes_evenly(ends):
    a, b = map(torch.tensor, ends)
    z = slerp(a, b, T)
    assert z.isfinite().all()
    assert torch.equal(z[0], a) and torch.equal(z[-1], b)
    c = torch.linspace(1e-6, 1 - 1e-6, 5)  # and comes near them
    torch.testing.assert_close(slerp(a, b, c)[[0, -1]], z[[0, -1]], rtol=1e-3, atol=1e-3)
    longest = max(a.norm(), b.norm())
    assert (z.norm(dim=1) <= longest * (1 + 1e-5) + 1e-5).all()
    if len(a) > 1:
        norms = torch.lerp(a.norm(), b.norm(), T)
        torch.testing.assert_close(z.norm(dim=1), norms, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dim", [1, 2, 64, 512])
@pytest.mark.parametrize("factor", [1.0, 1 + 1e-7, 2.0, 0.0, -1.0, -1 - 1e-7, -0.5])
def test_ends_on_one_line(dim, factor):
    a = draw(Latent(dim=dim), 1, 3)[0]
    for one, other in ((a, factor * a), (factor * a, a)):
        z = slerp(one, other, T)
        assert z.isfinite().all()
        assert torch.equal(z[0], one) and torch.equal(z[-1], other)
        if dim > 1:  # also between opposite ends, where the straight line goes through 0
            torch.testing.assert_close(z.norm(dim=1), torch.lerp(one.norm(), other.norm(), T))


def test_two_zeros():
    for dim in (1, 3):
        assert torch.equal(slerp(torch.zeros(dim), torch.zeros(dim), T), torch.zeros(9, dim))


def test_one_angular_speed():
    a, b = draw(Latent(dim=64), 2, 0)
    z = torch.nn.functional.normalize(slerp(a, b, T).double())
    cosines = (z[1:] * z[:-1]).sum(1)
    torch.testing.assert_close(cosines, cosines[:1].expand(8), rtol=1e-6, atol=1e-6)


def test_why_spherical():
    """Between Gaussian z of 128 numbers the straight line leaves the shell, the arc does not."""
    latent = Latent(dim=128)
    _, _, low, middle, high, _ = shell(latent)
    assert low < middle < high and middle == pytest.approx(math.sqrt(128), rel=0.01)
    waypoints = draw(latent, 4, 1)
    inside = {
        way: path(waypoints, 61, way).z.norm(dim=1).min() >= 0.98 * waypoints.norm(dim=1).min()
        for way in ("linear", "spherical")
    }
    assert inside == {"linear": False, "spherical": True}
    assert path(waypoints, 61, "linear").z.norm(dim=1).min() < 0.9 * low


def test_uniform_noise_fills_a_cube_and_the_straight_line_stays_in_it():
    latent = Latent(dim=16, noise="uniform")
    waypoints = draw(latent, 40, 0)
    assert path(waypoints, 500, "linear").z.abs().max() <= 1
    assert path(waypoints, 500, "spherical").z.abs().max() > 1
    assert [natural(Latent(noise=noise)) for noise in ("uniform", "gaussian", "truncated")] == [
        "linear", "spherical", "spherical",
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["linear", "spherical"])
@pytest.mark.parametrize("ease", [False, True])
def test_a_path_meets_every_waypoint(way, ease):
    waypoints = draw(Latent(dim=8), 4, 0)
    z, near = path(waypoints, 31, way, ease=ease)
    torch.testing.assert_close(z[::10], waypoints)
    assert near[::10].tolist() == [0, 1, 2, 3]
    assert near.tolist() == [0] * 5 + [1] * 10 + [2] * 10 + [3] * 6  # changes midway
    round_, near = path(waypoints, 40, way, loop=True, ease=ease)
    torch.testing.assert_close(round_[::10], waypoints)
    torch.testing.assert_close(round_[:31], z)
    assert near[-6:].tolist() == [3, 0, 0, 0, 0, 0]  # and back to the first
    assert not torch.allclose(round_[-1], waypoints[0])  # which a film shows only once


def test_any_number_of_frames():
    waypoints = draw(Latent(dim=3), 5, 0)
    for frames in (2, 3, 4, 5, 7, 240):
        for loop in (False, True):
            z, near = path(waypoints, frames, "spherical", loop=loop)
            assert z.shape == (frames, 3) and near.shape == (frames,)
            torch.testing.assert_close(z[0], waypoints[0])
            if not loop:
                torch.testing.assert_close(z[-1], waypoints[-1])


def test_ease_is_slow_at_waypoints_and_fast_between():
    waypoints = of(0, 1, 2).unsqueeze(1)
    z = path(waypoints, 21, "linear", ease=True).z[:, 0]
    speed = z.diff()
    assert (speed > 0).all()
    assert speed[0] < 0.4 * speed[4] and speed[9] < 0.4 * speed[4]
    assert z[5] == pytest.approx(0.5)
    assert z[2] == pytest.approx(0.2**2 * (3 - 0.4))


def test_too_little_is_refused():
    waypoints = draw(Latent(dim=3), 2, 0)
    for few in (lambda: path(waypoints[:1], 9, "linear"), lambda: path(waypoints, 1, "linear"),
                lambda: random_walk(Latent(), 1, 0)):  # fmt: skip
        with pytest.raises(ValueError, match="at least two"):
            few()


NOISES = [
    (Latent(dim=512), None), (Latent(dim=512, noise="uniform"), None),
    (Latent(dim=512, noise="truncated", truncation=1.5), None), (Latent(dim=512), 0.7),
    (Latent(dim=512, noise="uniform"), 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("latent", "truncation"), NOISES)
@pytest.mark.parametrize("loop", [False, True])
def test_every_frame_of_a_random_walk_is_the_noise_itself(latent, truncation, loop):
    walks = [random_walk(latent, 50, seed, truncation=truncation, loop=loop) for seed in range(20)]
    at = torch.stack(walks)  # 20×50×512
    expected = draw(latent, 20, 0, truncation)
    quantiles = torch.linspace(0.02, 0.98, 25)
    wanted = expected.flatten().quantile(quantiles)
    for frame in (0, 13, 25, 49):
        got = at[:, frame].flatten().quantile(quantiles)
        assert (got - wanted).abs().max() < 0.08 * expected.std() + 0.03
    if truncation is not None:
        assert at.abs().max() <= truncation + 1e-6
    norms, drawn = at.norm(dim=2), expected.norm(dim=1)
    assert norms.mean() == pytest.approx(drawn.mean().item(), rel=0.01)
    assert norms.std() < 3 * drawn.std()


def test_a_random_walk_is_smooth_and_goes_somewhere():
    z = random_walk(Latent(dim=256), 120, 0)
    step, far = z.diff(dim=0).norm(dim=1), (z[20:] - z[:-20]).norm(dim=1)
    assert step.max() < 0.25 * z.norm(dim=1).mean()
    assert (z.diff(n=2, dim=0).norm(dim=1)).max() < 0.25 * step.max(), "it has corners"
    assert far.mean() > 0.8 * math.sqrt(2) * z.norm(dim=1).mean(), "quite another picture"
    assert torch.equal(z, random_walk(Latent(dim=256), 120, 0))
    assert not torch.allclose(z, random_walk(Latent(dim=256), 120, 1))


def test_a_random_walk_goes_round():
    z = random_walk(Latent(dim=64), 90, 3, loop=True)
    step = z.diff(dim=0).norm(dim=1)
    assert (z[-1] - z[0]).norm() < 1.5 * step.max()
    assert (random_walk(Latent(dim=64), 90, 3)[-1] - z[0]).norm() > 5 * step.max()


@pytest.mark.parametrize(("latent", "truncation"), NOISES)
def test_a_random_walk_begins_where_one_is(latent, truncation):
    begin = draw(latent, 1, 9, truncation)[0]
    for loop in (False, True):
        z = random_walk(latent, 60, 0, begin=begin, truncation=truncation, loop=loop)
        torch.testing.assert_close(z[0], begin, rtol=1e-3, atol=1e-3)
        assert z[30].norm() == pytest.approx(begin.norm().item(), rel=0.3)
    edge = random_walk(latent, 60, 0, begin=torch.full((512,), 9.0), truncation=truncation)
    assert edge.isfinite().all()


def test_a_walk_that_begins_somewhere_is_still_the_noise():
    """If the beginning is drawn, so is every later z."""
    latent = Latent(dim=2)
    begins = draw(latent, 4000, 0)
    at = torch.stack([random_walk(latent, 12, s, begin=b, pace=4) for s, b in enumerate(begins)])
    for frame in range(12):
        numbers = at[:, frame].flatten()
        assert numbers.mean().abs() < 0.06
        assert numbers.std() == pytest.approx(1.0, abs=0.04)
