"""z, and the noise on D's input."""

import math

import pytest
import torch

from gan_lab.config import Latent, Objective
from gan_lab.objectives import blurred, draw_z, instance_noise, reach

NOISES = [Latent(dim=8, noise=n) for n in ("gaussian", "uniform", "truncated")]


def draw(latent, count=25_000, seed=5):
    return draw_z(latent, count, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("latent", NOISES, ids=lambda latent: latent.noise)
def test_shape_and_repeatability(latent):
    generator = torch.Generator().manual_seed(5)
    first, second = draw_z(latent, 3, generator), draw_z(latent, 3, generator)
    assert first.shape == (3, 8) and first.dtype == torch.float32
    assert not torch.equal(first, second)
    assert torch.equal(first, draw(latent, 3))
    assert not torch.equal(first, draw(latent, 3, seed=6))


@pytest.mark.parametrize("latent", NOISES, ids=lambda latent: latent.noise)
def test_a_draw_moves_the_generator_by_no_more_than_its_count(latent):
    """A fixed number of draws whatever their values, so that runs stay comparable."""
    states = []
    for seed in (1, 2):
        generator = torch.Generator().manual_seed(seed)
        draw_z(latent, 16, generator)
        fresh = torch.Generator().manual_seed(seed)
        kind = torch.randn if latent.noise == "gaussian" else torch.rand
        kind((16, 8), generator=fresh)
        states.append(torch.equal(generator.get_state(), fresh.get_state()))
    assert states == [True, True]


def test_gaussian_moments():
    z = draw(NOISES[0]).double()
    assert z.mean().item() == pytest.approx(0, abs=0.01)
    assert z.var().item() == pytest.approx(1, abs=0.02)
    assert (z**4).mean().item() == pytest.approx(3, abs=0.15)


def test_uniform_fills_minus_one_to_one():
    z = draw(NOISES[1]).double()
    assert -1 <= z.min() < -0.999 and 0.999 < z.max() <= 1
    assert z.mean().item() == pytest.approx(0, abs=0.01)
    assert z.var().item() == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("truncation", [0.2, 0.5, 1.0, 2.0, 3.0, 5.0])
def test_truncated_gaussian_has_its_textbook_variance(truncation):
    z = draw(Latent(dim=8, noise="truncated", truncation=truncation)).double()
    assert z.abs().max() <= truncation
    # 1 - 2 t φ(t) / (2 Φ(t) - 1), with φ and Φ of the standard library
    density = math.exp(-(truncation**2) / 2) / math.sqrt(2 * math.pi)
    variance = 1 - 2 * truncation * density / math.erf(truncation / math.sqrt(2))
    assert z.mean().item() == pytest.approx(0, abs=0.01)
    assert z.var().item() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize(
    ("seen", "sigma"), [(0, 0.4), (250, 0.3), (500, 0.2), (1000, 0.0), (10**9, 0.0)]
)
def test_instance_noise_falls_in_a_line(seen, sigma):
    objective = Objective(instance_noise=0.4, instance_noise_images=1000)
    assert instance_noise(objective, seen) == pytest.approx(sigma)


def test_instance_noise_stays_if_it_has_no_end():
    assert instance_noise(Objective(instance_noise=0.4), 10**9) == 0.4


def test_no_noise_is_no_draw_and_the_very_tensor():
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    x = torch.ones(2, 3)
    assert blurred(x, 0.0, generator) is x
    assert torch.equal(before, generator.get_state())


def test_noise_has_the_asked_strength_and_lets_gradients_through():
    x = torch.full((200, 200), 0.5, requires_grad=True)
    y = blurred(x, 0.3, torch.Generator().manual_seed(0))
    assert (y - x).std().item() == pytest.approx(0.3, rel=0.02)
    assert (y - x).mean().item() == pytest.approx(0, abs=0.01)
    y.sum().backward()
    assert (x.grad == 1).all()


@pytest.mark.parametrize(
    ("latent", "expected"),
    [(Latent(), 3), (Latent(noise="uniform"), 1), (Latent(noise="truncated", truncation=1.5), 1.5)],
)
def test_noise_reaches_as_far_as_it_says(latent, expected):
    assert reach(latent) == expected
    farthest = draw(latent).abs().max()
    assert 0.9 * expected < farthest and (latent.noise == "gaussian" or farthest <= expected)
