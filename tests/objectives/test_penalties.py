"""Penalties: what is drawn, what is counted, when they are due."""

import pytest
import torch
from torch import nn

from gan_lab.config import Regularisation
from gan_lab.objectives import any_penalty, due, gamma, penalty, zero_centred
from gan_lab.objectives.penalties import around, between

ALL = Regularisation(gp=10.0, dragan=3.0, r1=2.0, r2=4.0, drift=0.1)


def pictures(seed=0, count=5):
    return torch.randn(count, 2, 4, 4, generator=torch.Generator().manual_seed(seed))


def critic():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(12, 1))


def of(regularisation, d, x=None, fake=None, seen=0, **more):
    x = pictures(1) if x is None else x
    fake = pictures(2) if fake is None else fake
    return penalty(regularisation, d, x, fake, seen, torch.Generator().manual_seed(3), **more)


def test_nothing_switched_on_costs_nothing_and_draws_nothing():
    def forbidden(x):
        raise AssertionError("D was asked")

    value, readings = of(Regularisation(), forbidden)
    assert value == 0 and readings == {} and not any_penalty(Regularisation())


@pytest.mark.parametrize(
    ("changes", "draws"),
    [({"r1": 1.0, "r2": 1.0, "drift": 1.0}, False), ({"gp": 1.0}, True), ({"dragan": 1.0}, True)],
)
def test_only_what_is_random_draws(changes, draws):
    generator = torch.Generator().manual_seed(3)
    before = generator.get_state()
    regularisation = Regularisation(**changes)
    assert any_penalty(regularisation)
    penalty(regularisation, critic(), pictures(), pictures(1), 0, generator)
    assert torch.equal(before, generator.get_state()) is not draws


def test_each_switch_adds_its_weighted_value_and_reads_without_its_weight():
    d = critic()
    total, readings = of(ALL, d)
    assert set(readings) == {"gp", "dragan", "r1", "r2"}
    assert not any(reading.requires_grad for reading in readings.values())
    r1, r2 = (zero_centred(d, pictures(seed))[1].mean() for seed in (1, 2))
    assert readings["r1"] == r1 and readings["r2"] == r2
    both, _ = of(Regularisation(r1=2.0, r2=4.0), d)
    assert both.item() == pytest.approx((r1 + 2 * r2).item())
    # each of the two that draw is left out once, so that the other begins at the same draw
    for name, other in (("gp", "dragan"), ("dragan", "gp")):
        alone = sum(
            of(Regularisation(**{part: getattr(ALL, part)}), d)[0] for part in (name, "drift")
        )
        some, _ = of(ALL.model_copy(update={other: 0.0}), d)
        assert some.item() == pytest.approx((alone + both).item())
    assert total > some


def test_gradients_reach_d_and_neither_pictures_nor_g():
    d, x, fake = critic(), pictures(1).requires_grad_(), pictures(2).requires_grad_()
    of(ALL, d, x, fake)[0].backward()
    assert x.grad is None and fake.grad is None
    # the last constant moves no slope, but drift pulls it
    assert all(p.grad is not None and p.grad.any() for p in d.parameters())


def test_autocast_around_it_changes_no_bit():
    d = critic()
    plain, plain_readings = of(ALL, d)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert d(pictures()).dtype == torch.bfloat16
        cast, cast_readings = of(ALL, d)
        squared = zero_centred(d, pictures(1))[1]
    assert cast.dtype == torch.float32 and torch.equal(plain, cast)
    assert cast_readings == plain_readings
    assert torch.equal(squared, zero_centred(d, pictures(1))[1])


def test_half_precision_pictures_are_judged_in_full():
    value, _ = of(ALL, critic(), pictures(1).bfloat16(), pictures(2).bfloat16())
    assert value.dtype == torch.float32


def test_drift_takes_scores_that_are_there():
    def forbidden(x):
        raise AssertionError("D was asked again")

    scores = torch.tensor([[1.0], [-3.0]], requires_grad=True)
    value, _ = of(Regularisation(drift=0.5), forbidden, scores=scores)
    value.backward()
    assert value.item() == 2.5 and scores.grad.flatten().tolist() == [0.5, -1.5]


@pytest.mark.parametrize("beside", ["r1", "r2"])
def test_drift_is_of_real_scores_whatever_is_beside_it(beside):
    d, x = critic(), pictures(1)
    both, alone = (
        of(Regularisation(**{beside: 1.0}, drift=drift), d)[0].item() for drift in (5.0, 0.0)
    )
    assert both - alone == pytest.approx(5 * d(x).square().mean().item(), rel=1e-4)


def test_one_mix_for_each_pair():
    x, fake = pictures(1), pictures(2)
    u = (between(x, fake, torch.Generator().manual_seed(0)) - fake) / (x - fake)
    for each in u:
        assert each.max() - each.min() < 1e-2  # divided by small differences
    assert u.min() >= 0 and u.max() <= 1.001 and u.mean((1, 2, 3)).std() > 0.1


def test_around_stays_within_half_a_deviation_and_differs_by_pixel_and_picture():
    x = pictures(1, 2000)
    u = (around(x, torch.Generator().manual_seed(0)) - x) / (0.5 * x.std(correction=0))
    assert u.min() > -1e-5 and u.max() < 1.00001
    # α·u of two even draws: mean ¼; each picture's largest of 32 pixels is near its α
    assert u.mean().item() == pytest.approx(0.25, abs=0.01)
    assert u.amax((1, 2, 3)).mean().item() == pytest.approx(0.5 * 32 / 33, abs=0.02)


def test_a_dead_critic_gets_no_gradient_rather_than_nan():
    d = nn.Sequential(nn.Flatten(), nn.Linear(32, 1))
    nn.init.zeros_(d[1].weight)
    value, readings = of(Regularisation(gp=1.0), d)
    value.backward()
    assert value == 1 and readings["gp"] == 0
    assert (d[1].weight.grad == 0).all()


def test_lazy_penalties_weigh_as_much_more():
    lazy = Regularisation(r1=1.0, penalty_every=4)
    assert [due(lazy, moves) for moves in range(6)] == [4, 0, 0, 0, 4, 0]
    assert [due(Regularisation(drift=1.0), moves) for moves in range(3)] == [1, 1, 1]
    assert due(Regularisation(), 0) == 0


def test_gamma_falls_in_half_a_cosine():
    falling = Regularisation(r1=1.0, gamma_end=0.1, gamma_images=1000)
    wanted = {0: 1.0, 250: 0.1 + 0.9 * (2 + 2**0.5) / 4, 500: 0.55, 1000: 0.1, 9999: 0.1}
    assert {seen: gamma(falling, seen) for seen in wanted} == pytest.approx(wanted)
    assert gamma(Regularisation(gamma_end=0.1), 10**9) == 1


def test_gamma_s_schedule_acts_on_r1_and_r2_but_on_no_reading():
    steady = Regularisation(r1=1.0, r2=2.0)
    falling = steady.model_copy(update={"gamma_end": 0.0, "gamma_images": 100})
    d = critic()
    (first, before), (last, after) = of(steady, d), of(falling, d, seen=50)
    assert last.item() == pytest.approx(first.item() / 2) and before == after
