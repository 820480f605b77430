"""Pictures that G made are found again; what G cannot make is not."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from gan_lab.config import ConfigError
from gan_lab.latent import Model, shell
from gan_lab.latent.inversion import Search, invert, residual
from gan_lab.metrics.psnr import psnr

GOOD = 30.0  # dB
QUICK = Search(starts=8, draws=64, steps=200)


@pytest.fixture(scope="module")
def model(trainer) -> Model:
    """A generator that has learned a little: first weights make nearly the same of every z."""
    t = trainer({"networks.g.family": "dense", "networks.g.hidden": (48, 48)})
    for _ in range(150):
        t.round()
    from gan_lab.data import load

    return Model(t.shown()["G"], t.config, load(t.config.data).kind, t.steps)


@pytest.fixture(scope="module")
def told(trainer) -> Model:
    from gan_lab.data import load

    t = trainer({"networks.labels": "concat", "networks.g.family": "dense"})
    for _ in range(150):
        t.round()
    return Model(t.shown()["G"], t.config, load(t.config.data).kind, t.steps)


def test_generated_pictures_are_found_again(model: Model) -> None:
    shares = []
    for number, target in enumerate(model.images(model.draw(8, 999))):
        *_, last = invert(model, target, QUICK, seed=number)
        assert last.step == QUICK.steps
        assert last.psnr.max() >= GOOD
        again = model.images(last.z[last.best : last.best + 1])
        assert psnr(again, target.unsqueeze(0)).item() == pytest.approx(last.psnr.max().item())
        shares.append((last.psnr >= GOOD).float().mean().item())
    assert sum(shares) / len(shares) >= 0.3


def test_the_class_is_found_too(told: Model) -> None:
    z = told.draw(10, 77)
    targets = told.images(z, torch.arange(10))
    for number, target in enumerate(targets):
        *_, last = invert(told, target, Search(starts=16, draws=400, steps=200), seed=number)
        assert last.labels is not None and last.labels.unique().numel() > 1
        assert last.psnr.max() >= GOOD - 3
    *_, last = invert(told, targets[3], QUICK, label=3)
    assert last.labels is not None and last.labels.tolist() == [3] * QUICK.starts


def test_what_g_cannot_make_is_not_found(model: Model) -> None:
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 255
    *_, last = invert(model, board.byte().unsqueeze(0), QUICK)
    assert last.psnr.max() < 15


def test_z_keeps_to_the_usual_length(model: Model) -> None:
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 255
    around = shell(model.latent)
    lengths = []
    for prior in (0.0, 1.0):
        search = Search(starts=8, draws=64, steps=150, prior=prior)
        *_, last = invert(model, board.byte().unsqueeze(0), search)
        lengths.append((last.z.norm(dim=1) - around.mean).abs().max().item())
    assert lengths[1] < min(0.5, lengths[0])


def test_it_goes_uphill_and_can_be_left_at_any_step(model: Model) -> None:
    weights = {name: value.clone() for name, value in model.network.state_dict().items()}
    target = model.images(model.draw(1, 5))[0]
    some = list(islice(invert(model, target, QUICK), 40))
    assert [found.step for found in some] == list(range(40))
    assert some[-1].psnr.max() > some[0].psnr.max()
    assert all(p.grad is None for p in model.network.parameters())
    after = model.network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in weights.items())


def test_starts_do_not_know_of_each_other(model: Model) -> None:
    target = model.images(model.draw(1, 5))[0]
    many = [f.z for f in islice(invert(model, target, Search(starts=4, draws=4)), 20)][-1]
    few = [f.z for f in islice(invert(model, target, Search(starts=2, draws=4)), 20)][-1]
    assert torch.allclose(many[:2], few, atol=1e-4)


def test_the_residual_is_the_distance_of_pixels() -> None:
    a, b = torch.tensor([0, 255, 10]).byte(), torch.tensor([255, 0, 12]).byte()
    assert residual(a, b).tolist() == [255, 255, 2]


def test_wrong_pictures_are_refused(model: Model) -> None:
    for picture in (torch.zeros(1, 9, 9).byte(), torch.zeros(1, 8, 8), torch.zeros(3, 8, 8).byte()):
        with pytest.raises(ConfigError, match="1×8×8"):
            next(invert(model, picture))
    with pytest.raises(ConfigError, match="starts"):
        Search(starts=0)
