"""Penalties against numbers derived by hand, and D's gradients against finite differences."""

import pytest
import torch
from torch.func import functional_call

from gan_lab.config import Regularisation
from gan_lab.objectives import penalty, zero_centred
from gan_lab.objectives.penalties import around, between, unit_slope

W = torch.tensor([[[1.0, -2.0], [0.5, 0.0]], [[3.0, 1.0], [0.0, -1.5]]])  # C×H×W, ‖w‖² = 17.5


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(seed=0, count=3, **more):
    return torch.randn(count, 2, 2, 2, generator=chance(seed), **more)


def linear(x):
    """⟨w, x⟩ - 3, whose gradient is w everywhere."""
    return (x * W).sum((1, 2, 3), keepdim=True).flatten(1) - 3


def bowl(x):
    """½‖x‖², whose gradient is x."""
    return 0.5 * x.square().sum((1, 2, 3))[:, None]


def of(regularisation, critic, x=None, fake=None):
    x = pictures(1) if x is None else x
    fake = pictures(2) if fake is None else fake
    return penalty(regularisation, critic, x, fake, 0, chance(3))


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_r1_and_r2_of_a_linear_critic_are_half_gamma_times_the_square_of_w(name):
    value, readings = of(Regularisation(**{name: 10.0}), linear)
    assert value.item() == pytest.approx(5 * 17.5)
    assert readings[name].item() == pytest.approx(17.5)


def test_scores_and_squares_of_each_picture():
    score, squared = zero_centred(linear, pictures(1, 4))
    torch.testing.assert_close(score, linear(pictures(1, 4)))
    torch.testing.assert_close(squared, torch.full((4,), 17.5))
    _, squared = zero_centred(bowl, pictures(1, 4))
    torch.testing.assert_close(squared, pictures(1, 4).square().sum((1, 2, 3)))


def test_r1_looks_at_real_pictures_and_r2_at_fakes():
    x, fake = torch.ones(3, 2, 2, 2), 2 * torch.ones(3, 2, 2, 2)  # ‖x‖² = 8, ‖fake‖² = 32
    _, readings = of(Regularisation(r1=1.0, r2=1.0), bowl, x, fake)
    assert readings["r1"] == 8 and readings["r2"] == 32


@pytest.mark.parametrize("name", ["gp", "dragan"])
def test_slope_of_a_linear_critic(name):
    value, readings = of(Regularisation(**{name: 10.0}), linear)
    assert value.item() == pytest.approx(10 * (17.5**0.5 - 1) ** 2)
    assert readings[name].item() == pytest.approx(17.5**0.5)


@pytest.mark.parametrize("name", ["gp", "dragan"])
def test_a_critic_of_slope_1_pays_nothing(name):
    value, readings = of(Regularisation(**{name: 10.0}), lambda x: linear(x) / 17.5**0.5)
    assert value.item() == pytest.approx(0, abs=1e-10)
    assert readings[name].item() == pytest.approx(1)


def lengths_1_and_3():
    x = torch.zeros(2, 2, 2, 2)
    x[0, 0, 0, 0] = 1
    x[1, :, 0, 0] = x[1, :, 1, 1] = 1.5  # ‖·‖² = 4·2.25
    return x


def test_norms_are_each_picture_s_own_over_channels_rows_and_columns():
    x = lengths_1_and_3()
    value, readings = of(Regularisation(gp=1.0), bowl, x, x)
    # ((1-1)² + (3-1)²) / 2.  Over the batch at once it would be (√10 - 1)² = 4.68; over the
    # channels of each pixel, ((1-1)² + 3·1² + 2·(√4.5 - 1)² + 2·1²) / 8 = 0.94
    assert value.item() == pytest.approx(2)
    assert readings["gp"].item() == pytest.approx(2)
    batch_wide = (x.norm() - 1).square().item()
    by_pixel = (x.norm(dim=1) - 1).square().mean().item()
    assert batch_wide == pytest.approx(4.675, abs=1e-3)
    assert by_pixel == pytest.approx(0.939, abs=1e-3)


def test_slope_is_that_of_the_mix():
    """With ½‖x‖² the slope is the mix's length: real ones of 0, fakes of 1, so the slope is 1-u."""
    fake = torch.zeros(4, 2, 2, 2)
    fake[:, 0, 0, 0] = 1
    _, readings = of(Regularisation(gp=1.0), bowl, torch.zeros_like(fake), fake)
    u = torch.rand((4, 1, 1, 1), generator=chance(3))
    assert readings["gp"].item() == pytest.approx((1 - u).mean().item())


def test_mixes_by_plain_loops():
    x, fake = pictures(1), pictures(2)
    u = torch.rand((3, 1, 1, 1), generator=chance(5)).flatten().tolist()
    mixed = torch.stack([a * s + b * (1 - s) for a, b, s in zip(x, fake, u, strict=True)])
    torch.testing.assert_close(between(x, fake, chance(5)), mixed)
    generator = chance(5)
    pixels = torch.rand(x.shape, generator=generator)
    alpha = torch.rand((3, 1, 1, 1), generator=generator).flatten().tolist()
    deviation = (x - x.mean()).square().mean().sqrt()
    perturbed = x + 0.5 * deviation * pixels
    near = torch.stack([a + s * (b - a) for a, b, s in zip(x, perturbed, alpha, strict=True)])
    torch.testing.assert_close(around(x, chance(5)), near)


def test_drift_is_the_mean_square_of_real_scores():
    x = lengths_1_and_3()  # scores ½ and 4½
    value, readings = of(Regularisation(drift=0.001), bowl, x)
    assert value.item() == pytest.approx(0.001 * (0.25 + 20.25) / 2) and readings == {}


def test_a_patch_discriminator_has_the_slope_of_its_mean_score():
    def patches(x):
        """Four scores a picture, each ⟨w, x⟩."""
        return linear(x)[:, :, None, None].expand(-1, 1, 2, 2)

    assert of(Regularisation(r1=2.0), patches)[0].item() == pytest.approx(17.5)
    assert of(Regularisation(gp=1.0), patches)[1]["gp"].item() == pytest.approx(17.5**0.5)


@pytest.mark.parametrize(
    "changes",
    [{"gp": 3.0}, {"dragan": 2.0}, {"r1": 1.5}, {"r2": 0.5}, {"drift": 0.7},
     {"gp": 1.0, "dragan": 1.0, "r1": 1.0, "r2": 2.0, "drift": 0.1}],
    ids=["gp", "dragan", "r1", "r2", "drift", "all"],
)  # fmt: skip
def test_what_d_learns_from_a_penalty_against_finite_differences(changes):
    """Second derivatives of a small smooth critic, in double precision."""
    d = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 2), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(3, 1)
    ).double()
    names = [name for name, _ in d.named_parameters()]
    weights = [
        torch.randn(p.shape, dtype=torch.float64, generator=chance(7)).requires_grad_()
        for p in d.parameters()
    ]

    def cost(*values):
        mapping = dict(zip(names, values, strict=True))
        x, fake = pictures(1, dtype=torch.float64), pictures(2, dtype=torch.float64)
        return of(Regularisation(**changes), lambda x: functional_call(d, mapping, x), x, fake)[0]

    assert cost(*weights).dtype == torch.float64
    assert torch.autograd.gradcheck(cost, weights)


def test_unit_slope_pulls_a_linear_critic_s_length_to_1():
    """d/dw (‖w‖ - 1)² = 2 (‖w‖ - 1) w/‖w‖."""
    w = W.clone().requires_grad_()
    value, _ = unit_slope(lambda x: (x * w).flatten(1).sum(1, keepdim=True), pictures(1))
    value.backward()
    length = 17.5**0.5
    torch.testing.assert_close(w.grad, 2 * (length - 1) * W / length)
