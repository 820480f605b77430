"""From z to pictures that people look at."""

import pytest
import torch

from gan_lab.config import Latent
from gan_lab.latent import draw, in_parts, pictures


def test_the_same_seed_draws_the_same_z():
    latent = Latent(dim=4)
    assert torch.equal(draw(latent, 5, 1), draw(latent, 5, 1))
    assert not torch.equal(draw(latent, 5, 1), draw(latent, 5, 2))


@pytest.mark.parametrize("noise", ["gaussian", "uniform", "truncated"])
@pytest.mark.parametrize("truncation", [0.1, 0.5])
def test_truncation_bounds_every_kind_of_noise(noise, truncation):
    z = draw(Latent(dim=16, noise=noise), 500, 0, truncation)
    assert 0.9 * truncation < z.abs().max() <= truncation


def test_the_run_s_own_noise_is_kept_without_truncation():
    z = draw(Latent(dim=16, noise="truncated", truncation=1.5), 500, 0)
    assert 1.4 < z.abs().max() <= 1.5


@pytest.mark.parametrize("count", [0, 1, 256, 300])
def test_a_stream_is_the_same_pictures_in_parts(trainer, count):
    t = trainer()
    t.round()
    g = t.shown()["G"]
    parts = list(in_parts(g, draw(t.config.latent, count, 3), "tanh"))
    whole = pictures(g, draw(t.config.latent, count, 3), "tanh")
    assert torch.equal(torch.cat(parts), whole)
    assert whole.shape == (count, 1, 8, 8) and whole.dtype == torch.uint8
    assert all(len(part) <= 256 for part in parts)


def test_pictures_are_g_s_output_as_pixels(trainer):
    t = trainer()
    g, z = t.shown()["G"], torch.randn(3, 6)
    expected = ((g(z) + 1) / 2 * 255).round().byte()
    assert torch.equal(pictures(g, z, "tanh"), expected)
