"""Networks that grow: sides, growth that travels with the weights, what each level uses."""

import copy

import pytest
import torch

from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork
from gan_lab.networks import Critic, Head, discriminator, generator
from gan_lab.networks.growth import Growth, averaged, faded, sides

G = GeneratorNetwork(
    family="progressive", width=3, max_width=8, norm="pixel", activation="leaky", init="equalised",
    output="linear",
)  # fmt: skip
D = DiscriminatorNetwork(
    family="progressive", width=3, max_width=8, batch_norm="nowhere", minibatch="stddev",
    init="equalised",
)  # fmt: skip
LEVELS = [
    Growth(0, 4, 1.0), Growth(1, 8, 0.0), Growth(1, 8, 0.37), Growth(1, 8, 1.0),
    Growth(2, 16, 0.5), Growth(2, 16, 1.0),
]  # fmt: skip


def player(config, size=16, colours=3, **options):
    torch.manual_seed(0)
    if isinstance(config, GeneratorNetwork):
        return generator(config, (5,), colours, size)
    return discriminator(config, colours, size, **options)


@pytest.mark.parametrize(
    ("size", "start", "expected"),
    [(32, 4, [4, 8, 16, 32]), (28, 7, [7, 14, 28]), (8, 8, [8]), (20, 5, [5, 10, 20])],
)
def test_sides_double(size, start, expected):
    assert sides(size, start) == expected


@pytest.mark.parametrize(
    ("size", "start", "words"),
    [
        (28, 4, "data.size = 16 or 32, or x = 7 or 14"),
        (30, 4, "data.size = 16 or 32, or x = 15"),
        (31, 5, "data.size = 20 or 40"),
        (8, 16, "data.size = 16, or x = 4"),
        (127, 64, "data.size = 64 or 128"),
    ],
)
def test_a_side_that_doubling_does_not_reach_is_refused_with_what_would(size, start, words):
    with pytest.raises(ConfigError) as caught:
        sides(size, start, "x")
    assert str(caught.value) == (
        f"x = {start} does not lead to pictures of {size}×{size} px by doubling; choose {words}"
    )


@pytest.mark.parametrize("growth", LEVELS)
def test_g_draws_at_the_level_s_side_or_enlarges_it_for_people(growth):
    g = player(G)
    g.grow(growth)
    z = torch.randn(2, 5)
    whole = g(z)
    g.whole = False
    own = g(z)
    assert own.shape == (2, 3, growth.side, growth.side)
    assert whole.shape == (2, 3, 16, 16)
    torch.testing.assert_close(averaged(whole, growth.side), own)


@pytest.mark.parametrize("growth", LEVELS)
def test_d_takes_pictures_of_its_side_and_averages_larger_ones(growth):
    d = player(D)
    d.body.grow(growth)
    x = torch.randn(4, 3, 16, 16)
    assert d(x).shape == (4, 1)
    assert torch.equal(d(x), d(averaged(x, growth.side)))


def test_new_networks_are_fully_grown_so_they_serve_without_growing():
    assert player(G).growth == player(D).body.growth == Growth(2, 16, 1.0)
    assert player(G)(torch.randn(2, 5)).shape == (2, 3, 16, 16)


@pytest.mark.parametrize("config", [G, D])
def test_growth_travels_with_the_weights_and_with_copies(config):
    one, other = player(config), player(config)
    for part in one.modules():
        if hasattr(part, "grow"):
            part.grow(Growth(1, 8, 0.123457))
    other.load_state_dict(one.state_dict())
    for network in (other, copy.deepcopy(other)):
        body = network.body if isinstance(network, Critic) else network
        assert body.growth == Growth(1, 8, 0.123457)
    assert not any(b.is_floating_point() for b in one.buffers()), "or it would be averaged"


def test_weights_of_a_network_that_grew_further_are_used_as_far_as_this_one_goes():
    other, g = player(G, size=32), player(G)
    g.load_state_dict(g.state_dict() | {"grown": other.state_dict()["grown"]})
    assert g.growth.level == 2
    assert g(torch.randn(2, 5)).shape == (2, 3, 16, 16)


@pytest.mark.parametrize("growth", LEVELS)
def test_only_the_levels_that_count_get_gradients(growth):
    g, d = player(G), player(D)
    for part in (g, d.body):
        part.grow(growth)
    d(g(torch.randn(4, 5))).sum().backward()
    fading = growth.alpha < 1
    used = {growth.level, growth.level - 1} if fading else {growth.level}
    for layers in (g.to_colours, d.body.from_colours):
        moved = {i for i, layer in enumerate(layers) if next(layer.parameters()).grad is not None}
        assert moved == used
    for blocks in (g.blocks, d.body.blocks):
        moved = {i for i, block in enumerate(blocks) if next(block.parameters()).grad is not None}
        assert moved == set(range(growth.level))


def test_real_pictures_of_a_settled_level_are_averages():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert faded(x, Growth(0, 2, 1.0)).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert faded(x, Growth(1, 4, 1.0)) is x


@pytest.mark.parametrize("kind", ["projection", "auxiliary"])
def test_d_may_be_told_classes_or_name_them(kind):
    d = player(D, head=Head(7, kind))
    x, labels = torch.randn(4, 3, 16, 16), torch.arange(4)
    verdict = d.judge(x, labels)
    assert verdict.score.shape == (4, 1)
    if kind == "projection":
        assert not torch.equal(verdict.score, d(x, labels.flip(0)))
        with pytest.raises(ValueError, match="needs labels"):
            d(x)
    else:
        assert verdict.classes.shape == (4, 7)
        assert torch.equal(verdict.score, d(x))


def test_features_are_what_the_levels_see_and_the_last_is_a_row():
    d = player(D)
    features = d.judge(torch.randn(4, 3, 16, 16)).features
    assert [tuple(f.shape[1:]) for f in features] == [(3, 16, 16), (6, 8, 8), (8, 4, 4), (8,)]


@pytest.mark.parametrize("changes", [
    {"norm": "batch", "batch_norm": "paper"}, {"norm": "instance", "batch_norm": "everywhere"},
    {"dropout": 0.3}, {"activation": "tanh", "init": "framework"}, {"init": "dcgan"},
])  # fmt: skip
def test_common_knobs_act_here_too(changes):
    for config in (G, D.model_copy(update={"minibatch": "discrimination", "spectral_norm": True})):
        network = player(config.model_copy(update=changes))
        x = torch.randn(4, 5) if config is G else torch.randn(4, 3, 16, 16)
        assert torch.isfinite(network(x)).all()
