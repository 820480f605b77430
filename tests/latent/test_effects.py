"""How much a picture moves with each number of z."""

import pytest
import torch
from torch import Tensor, nn

from gan_lab.config import RunConfig, put
from gan_lab.data import Kind
from gan_lab.latent import Model
from gan_lab.latent.effects import effects, measured

SIDE = 6


class Planted(nn.Module):
    """Pictures that are a matrix times z, and behind z a class that doubles it."""

    def __init__(self, weight: Tensor, side: int = SIDE, channels: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.shape = (channels, side, side)

    def forward(self, z: Tensor) -> Tensor:
        dim = self.weight.shape[1]
        told = 1 + z[:, dim + 1 :].sum(1, keepdim=True)
        return (told * (z[:, :dim] @ self.weight.T)).reshape(-1, *self.shape)


def model(network: nn.Module, dim: int, **changes: object) -> Model:
    classes = ("plain", "double") if changes.get("networks.labels") else ()
    config = put(RunConfig(), {"latent.dim": dim, **changes})
    points = config.data.name == "ring"
    kind = Kind(2, 1, ()) if points else Kind(1, SIDE, classes)
    return Model(network.eval(), config, kind, 3)


@pytest.fixture
def weight() -> Tensor:
    return torch.randn(SIDE * SIDE, 5, generator=torch.Generator().manual_seed(1)) * torch.tensor(
        [0.0, 0.01, 0.3, 0.1, 0.03]
    )


@pytest.mark.parametrize(("output", "levels"), [("tanh", 127.5), ("sigmoid", 255.0)])
def test_of_a_linear_generator_it_is_the_length_of_a_column(
    weight: Tensor, output: str, levels: float
) -> None:
    found = effects(model(Planted(weight), 5, **{"networks.g.output": output}))
    expected = levels * weight.square().mean(0).sqrt()
    assert found[0] == 0
    torch.testing.assert_close(found, expected, rtol=0.15, atol=0)  # 3 σ of 256 draws
    assert found.argsort(descending=True).tolist() == [2, 3, 4, 1, 0]


def test_of_a_bent_generator_it_is_the_derivative_s_mean_square(weight: Tensor) -> None:
    bent = nn.Sequential(Planted(4 * weight), nn.Tanh())
    made = model(bent, 5)
    *_, found = measured(made, batch=500, batches=4)
    z = torch.cat([made.draw(500, seed) for seed in range(1, 5)])
    far = 1e-3 * torch.eye(5)  # another way: a small step in each number
    expected = torch.stack([
        127.5 * ((made.raw(z + step) - made.raw(z - step)) / 2e-3).square().mean().sqrt()
        for step in far
    ])  # fmt: skip
    torch.testing.assert_close(found, expected.detach(), rtol=0.06, atol=0)


def test_it_is_of_the_class_that_is_drawn(weight: Tensor) -> None:
    told = model(Planted(weight), 5, **{"networks.labels": "concat"})
    plain, double = (effects(told, torch.tensor([label])) for label in (0, 1))
    torch.testing.assert_close(double, 2 * plain)


def test_a_point_moves_in_units_of_the_plane() -> None:
    weight = torch.tensor([[3.0, 0.0], [4.0, 1.0]]) / 10
    made = model(Planted(weight, 1, 2), 2, **{"data.name": "ring", "objective.game": "generation"})
    *_, found = measured(made, batch=2000)
    ahead = made.points(torch.eye(2)) - made.points(torch.zeros(1, 2))
    torch.testing.assert_close(found, ahead.norm(dim=1), rtol=0.05, atol=0)


def test_measuring_leaves_the_generator_and_the_process_s_chance_alone(trainer) -> None:
    t = trainer()
    t.round()
    g = t.shown()["G"]
    before = {name: value.clone() for name, value in g.state_dict().items()}
    chance = torch.get_rng_state()
    made = Model(g, t.config, Kind(1, 8, ()), 1)
    first = effects(made)
    assert torch.equal(first, effects(made)) and (first > 0).all() and first.shape == (6,)
    assert all(torch.equal(value, before[name]) for name, value in g.state_dict().items())
    assert all(parameter.grad is None for parameter in g.parameters())
    assert torch.equal(chance, torch.get_rng_state())
