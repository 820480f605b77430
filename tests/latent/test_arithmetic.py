"""Means, sums and their lengths."""

import math

import pytest
import torch

from gan_lab.config import Latent
from gan_lab.latent import draw, shell
from gan_lab.latent.arithmetic import combine, mean

DIM = 256


def test_a_planted_difference_is_carried_over():
    torch.manual_seed(0)
    feature, women, men = torch.randn(3, DIM).unbind()
    noise = lambda: 0.1 * torch.randn(400, DIM)  # noqa: E731
    smiling_women, plain_women, plain_men = (
        women + feature + noise(),
        women + noise(),
        men + noise(),
    )
    result = combine(smiling_women, plain_women, plain_men)
    assert torch.allclose(result[0], men + feature, atol=0.05)


def test_an_empty_well_counts_as_nothing():
    a, nothing = torch.randn(3, 5), torch.empty(0, 5)
    assert torch.equal(combine(a, nothing, nothing), mean(a))
    assert torch.equal(mean(nothing), torch.zeros(1, 5))


@pytest.mark.parametrize("count", [4, 16])
def test_a_mean_of_n_is_shorter_by_the_root_of_n(count):
    latent = Latent(dim=DIM)
    lengths = [mean(draw(latent, count, seed)).norm().item() for seed in range(30)]
    usual = shell(latent).mean
    assert sum(lengths) / 30 == pytest.approx(usual / math.sqrt(count), rel=0.05)


def test_the_shell_of_gaussian_noise_is_that_of_theory():
    around = shell(Latent(dim=DIM))
    # chi distribution of many dimensions: mean √(d − 1/2), variance 1/2
    assert around.mean == pytest.approx(math.sqrt(DIM - 0.5), rel=0.003)
    assert around.std == pytest.approx(math.sqrt(0.5), rel=0.1)
    assert math.isinf(around.edge)
    assert shell(Latent(dim=DIM, noise="uniform")).mean == pytest.approx(
        math.sqrt(DIM / 3), rel=0.01
    )


@pytest.mark.parametrize("noise", ["gaussian", "uniform", "truncated"])
def test_onto_the_shell_keeps_the_direction_and_the_edge(noise):
    latent = Latent(dim=DIM, noise=noise)
    around = shell(latent)
    z = torch.cat([draw(latent, 2, 0) * torch.tensor([[0.1], [3.0]]), torch.zeros(1, DIM)])
    brought = around.onto(z)
    assert torch.equal(brought[2], z[2])
    assert brought.abs().max() <= around.edge
    cosine = torch.cosine_similarity(brought[:2], z[:2])
    assert (cosine > 0.999).all()
    assert torch.allclose(brought[:2].norm(dim=1), torch.tensor(around.mean), rtol=0.02)
