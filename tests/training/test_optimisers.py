"""Optimisers against steps computed by hand; clipping."""

import math

import pytest
import torch
from torch import nn

from gan_lab.config import PlayerOptim
from gan_lab.training.optimisers import clipped_norm, make, tune
from gan_lab.training.schedules import beta2


def _two_steps(optim: PlayerOptim, gradients=(0.3, -0.2), start=1.0) -> float:
    weight = nn.Parameter(torch.tensor([start], dtype=torch.float64))
    optimiser = make(optim, [weight])
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        tune(optimiser, optim, seen=0)
        optimiser.step()
    return weight.item()


def test_sgd_with_momentum():
    # v1 = .3, w = 1 - .03; v2 = .5·.3 - .2 = -.05, w = .97 + .005
    assert _two_steps(PlayerOptim(name="sgd", lr=0.1, momentum=0.5)) == pytest.approx(0.975)


def test_sgd_with_weight_decay():
    # gradient .3 + .1·1, w = .96; gradient -.2 + .1·.96 = -.104, w = .9704
    assert _two_steps(PlayerOptim(name="sgd", lr=0.1, weight_decay=0.1)) == pytest.approx(0.9704)


def _adam(lr, b1, b2, gradients, decay=0.0, w=1.0):
    """Kingma & Ba 2015, algorithm 1, with Loshchilov & Hutter's decoupled decay."""
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        w *= 1 - lr * decay
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        w -= lr * (m / (1 - b1**t)) / (math.sqrt(v / (1 - b2**t)) + 1e-8)
    return w


def test_adam_is_the_paper_s():
    optim = PlayerOptim(name="adam", lr=0.1, beta1=0.5, beta2=0.9)
    assert _two_steps(optim) == pytest.approx(_adam(0.1, 0.5, 0.9, (0.3, -0.2)))


def test_adamw_decays_apart_from_the_gradient():
    optim = PlayerOptim(name="adamw", lr=0.1, beta1=0.5, beta2=0.9, weight_decay=0.1)
    assert _two_steps(optim) == pytest.approx(_adam(0.1, 0.5, 0.9, (0.3, -0.2), 0.1))


def test_rmsprop_divides_by_the_running_size():
    # β2 is its smoothing: v1 = .01·.09, v2 = .99·v1 + .01·.04
    v1 = 0.01 * 0.09
    v2 = 0.99 * v1 + 0.01 * 0.04
    expected = 1 - 0.1 * 0.3 / math.sqrt(v1) + 0.1 * 0.2 / math.sqrt(v2)
    optim = PlayerOptim(name="rmsprop", lr=0.1, beta2=0.99)
    assert _two_steps(optim) == pytest.approx(expected, abs=1e-6)


def test_adam_s_beta2_follows_its_schedule():
    optim = PlayerOptim(beta2=0.99, beta2_first=0.9, beta2_images=1000)
    assert [round(beta2(optim, seen), 6) for seen in (0, 500, 1000, 5000)] == [
        0.9, 0.945, 0.99, 0.99,
    ]  # fmt: skip
    optimiser = make(optim, [nn.Parameter(torch.ones(2))])
    tune(optimiser, optim, seen=500)
    assert optimiser.param_groups[0]["betas"] == pytest.approx((0.5, 0.945))
    assert beta2(PlayerOptim(beta2=0.999), 0) == 0.999, "at once without a length"


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_tune_follows_the_schedule_and_keeps_the_memory(name):
    optim = PlayerOptim(name=name, lr=0.1, schedule="inverse", schedule_images=100)
    weight = nn.Parameter(torch.ones(2))
    optimiser = make(optim, [weight])
    weight.grad = torch.ones(2)
    optimiser.step()
    memory = {k: str(v) for k, v in optimiser.state[weight].items()}
    tune(optimiser, optim, seen=100)
    assert optimiser.param_groups[0]["lr"] == pytest.approx(0.05)
    assert {k: str(v) for k, v in optimiser.state[weight].items()} == memory


def _with_gradients(*values):
    weights = [nn.Parameter(torch.zeros(1)) for _ in values]
    for weight, value in zip(weights, values, strict=True):
        weight.grad = torch.tensor([value])
    return weights, lambda: [w.grad.item() for w in weights]


def test_norm_without_clipping():
    weights, gradients = _with_gradients(3.0, -4.0)
    assert clipped_norm(PlayerOptim(), weights).item() == 5.0
    assert gradients() == [3.0, -4.0]


def test_clipping_by_norm_reports_what_was_before():
    weights, gradients = _with_gradients(3.0, -4.0)
    assert clipped_norm(PlayerOptim(clip_norm=1.0), weights).item() == 5.0
    assert gradients() == pytest.approx([0.6, -0.8], rel=1e-5)


def test_clipping_by_value():
    weights, gradients = _with_gradients(3.0, -4.0)
    assert clipped_norm(PlayerOptim(clip_value=3.5), weights).item() == 5.0
    assert gradients() == [3.0, -3.5]


def test_clipping_by_value_then_by_norm():
    weights, gradients = _with_gradients(3.0, -40.0)
    clipped_norm(PlayerOptim(clip_value=4.0, clip_norm=1.0), weights)
    assert gradients() == pytest.approx([0.6, -0.8], rel=1e-5)


def test_a_player_without_a_gradient_is_no_error():
    weights, _ = _with_gradients(3.0)
    weights.append(nn.Parameter(torch.zeros(1)))
    assert clipped_norm(PlayerOptim(clip_norm=1.0, clip_value=1.0), weights).item() == 3.0
