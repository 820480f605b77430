"""A direction: its length, its σ, what is written and what is read back."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch import nn

from gan_lab.config import Latent
from gan_lab.latent import draw
from gan_lab.latent.directions import (
    DirectionError,
    difference,
    direction_of,
    spread,
    towards,
)
from tests.latent.planted import DIM, linear, model, unit


@pytest.fixture
def plain():
    return model(linear(unit(1)))


@pytest.mark.parametrize(
    "latent",
    [
        Latent(dim=DIM),
        Latent(dim=DIM, noise="uniform"),
        Latent(dim=DIM, noise="truncated", truncation=0.5),
        Latent(dim=DIM, noise="truncated", truncation=2.0),
    ],
)
def test_sigma_is_that_of_the_noise_along_the_direction(latent):
    along = draw(latent, 200_000, 0) @ unit(2)
    assert spread(latent) == pytest.approx(float(along.std()), rel=0.01)


def test_sigma_in_closed_form():
    assert spread(Latent(noise="gaussian")) == 1
    assert spread(Latent(noise="uniform")) == pytest.approx(1 / math.sqrt(3))
    cut = Latent(noise="truncated", truncation=1.0)
    assert spread(cut) ** 2 == pytest.approx(0.29112, abs=1e-5)


def test_moving_goes_so_many_sigma_and_along_tells_where_one_is():
    m = model(linear(unit(1)), noise="uniform")
    found = towards(m, 5 * unit(1), "d", "test")
    z = m.draw(3, 0)
    moved = found.moved(z, torch.tensor([-1.0, 0.0, 2.0]))
    assert torch.allclose((moved - z).norm(dim=1), found.sigma * torch.tensor([1.0, 0.0, 2.0]))
    assert torch.allclose(found.along(moved) - found.along(z), torch.tensor([-1.0, 0.0, 2.0]))
    assert torch.equal(found.moved(z, 0.0), z)


def test_a_difference_meets_the_other_picture(plain):
    here, there = plain.draw(2, 4)
    found = difference(plain, here, there)
    assert torch.allclose(found.moved(here[None], found.reach)[0], there, atol=1e-5)
    assert f"{found.reach:.1f} σ" in found.note


def test_a_difference_of_a_picture_and_itself_leads_nowhere(plain):
    here = plain.draw(1, 4)[0]
    with pytest.raises(DirectionError, match="leads nowhere"):
        difference(plain, here, here)


def test_what_is_written_is_read_back(plain):
    found = difference(plain, *plain.draw(2, 4), name="wärmer, 2")
    again = direction_of(json.loads(json.dumps(found.plain())), plain.latent)
    assert torch.allclose(again.vector, found.vector, atol=1e-6)
    assert again.plain() == found.plain()  # however often it is read and written
    assert (again.name, again.sigma, again.source, again.step, again.note, again.reach) == (
        found.name, found.sigma, found.source, found.step, found.note, found.reach,
    )  # fmt: skip


VECTOR = [1.0] + [0.0] * (DIM - 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "object"),
        ({"vector": VECTOR}, "name must be 1 to 40"),
        ({"name": " ", "vector": VECTOR}, "name must be 1 to 40"),
        ({"name": "x" * 41, "vector": VECTOR}, "name must be 1 to 40"),
        ({"name": "a\nb", "vector": VECTOR}, "name must be 1 to 40"),
        ({"name": 3, "vector": VECTOR}, "name must be 1 to 40"),
        ({"name": "d"}, f"a list of {DIM} numbers"),
        ({"name": "d", "vector": VECTOR[1:]}, f"a list of {DIM} numbers"),
        ({"name": "d", "vector": [*VECTOR[1:], "1"]}, f"a list of {DIM} numbers"),
        ({"name": "d", "vector": [*VECTOR[1:], True]}, f"a list of {DIM} numbers"),
        ({"name": "d", "vector": [*VECTOR[1:], math.inf]}, "finite"),
        ({"name": "d", "vector": [*VECTOR[1:], math.nan]}, "finite"),
        ({"name": "d", "vector": [*VECTOR[1:], 10**400]}, "finite"),
        ({"name": "d", "vector": [0] * DIM}, "not all 0"),
        ({"name": "d", "vector": VECTOR, "step": -1}, "step"),
        ({"name": "d", "vector": VECTOR, "step": 1.5}, "step"),
        ({"name": "d", "vector": VECTOR, "reach": "far"}, "reach"),
        ({"name": "d", "vector": VECTOR, "reach": 1e9}, "reach"),
        ({"name": "d", "vector": VECTOR, "note": "n" * 500}, "note"),
        ({"name": "d", "vector": VECTOR, "source": {"a": 1}}, "source"),
    ],
)
def test_what_is_no_direction_is_refused_in_a_sentence(content, words):
    with pytest.raises(DirectionError, match=words) as caught:
        direction_of(content, Latent(dim=DIM))
    assert "\n" not in str(caught.value)


def test_length_and_sigma_are_worked_out_anew():
    content = {"name": "d", "vector": [3.0] * DIM, "sigma": 1e9}
    found = direction_of(content, Latent(dim=DIM))
    assert found.sigma == 1 and float(found.vector.norm()) == pytest.approx(1)


def test_a_network_without_weights_is_no_use(plain):
    from gan_lab.latent.sefa import factorised

    with pytest.raises(DirectionError, match="no layer"):
        factorised(model(nn.Flatten()))
