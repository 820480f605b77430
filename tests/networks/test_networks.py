"""Shapes, weights and manners of the players' networks."""

import itertools
import math

import pytest
import torch
from torch import nn

from gan_lab import networks
from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork
from gan_lab.networks.layers import Dropout, lend_generator
from gan_lab.networks.plan import channels, stages
from gan_lab.randomness import seeded

SIZES = [8, 9, 15, 28, 30, 33, 64, 97, 128]


def g_of(size=28, colours=1, dim=5, **fields):
    config = GeneratorNetwork(**{"width": 2, "max_width": 4, "hidden": (6,), **fields})
    with seeded(1):
        return networks.generator(config, (dim,), colours, size)


def d_of(size=28, colours=1, **fields):
    config = DiscriminatorNetwork(**{"width": 2, "max_width": 4, "hidden": (6,), **fields})
    with seeded(1):
        return networks.discriminator(config, colours, size)


def of(network, kind):
    return [m for m in network.modules() if isinstance(m, kind)]


def count(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("up", ["transposed", "upsample", "shuffle"])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 9])
def test_g_makes_pictures_of_any_size(size, up, kernel):
    for colours in (1, 3):
        x = g_of(size, colours, up=up, kernel=kernel)(torch.randn(2, 5))
        assert x.shape == (2, colours, size, size)
        assert x.abs().max() <= 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("down", ["stride", "max", "average"])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 9])
def test_d_scores_pictures_of_any_size(size, down, kernel):
    for colours in (1, 3):
        d = d_of(size, colours, down=down, kernel=kernel)
        assert d(torch.randn(2, colours, size, size)).shape == (2, 1)


@pytest.mark.parametrize("family", ["dcgan", "dense"])
@pytest.mark.parametrize("batch_norm", ["paper", "everywhere", "nowhere"])
@pytest.mark.parametrize("activation", ["relu", "leaky", "tanh", "sigmoid"])
def test_players_of_every_making_learn_in_every_weight(family, batch_norm, activation):
    """A batch through both: finite scores, and a gradient for each parameter."""
    shared = {
        "family": family, "batch_norm": batch_norm, "activation": activation,
        "layers_per_stage": 2, "fc": 7, "dropout": 0.1, "init": "framework", "bias": "always",
    }  # fmt: skip
    g, d = g_of(12, 3, output="sigmoid", **shared), d_of(12, 3, spectral_norm=True, **shared)
    x = g(torch.randn(6, 5))
    assert x.shape == (6, 3, 12, 12) and x.min() >= 0 and x.max() <= 1
    d(x).square().sum().backward()
    for p in (*g.parameters(), *d.parameters()):
        assert p.grad is not None and torch.isfinite(p.grad).all()


@pytest.mark.parametrize(
    ("size", "base", "expected"),
    [(64, 4, (4, 4)), (28, 4, (2, 7)), (30, 4, (2, 8)), (8, 4, (1, 4)), (8, 16, (1, 4)),
     (128, 4, (5, 4)), (9, 2, (2, 3)), (127, 4, (4, 8))],
)  # fmt: skip
def test_the_number_of_stages_follows_the_size(size, base, expected):
    assert stages(size, base) == expected


def test_stages_always_reach_the_size():
    for size, base in itertools.product(range(8, 129), range(2, 17)):
        doublings, start = stages(size, base)
        assert doublings >= 1 and size <= start * 2**doublings < size + 2**doublings


def test_channels_double_towards_the_middle_and_stop():
    assert channels(GeneratorNetwork(width=32, max_width=100), 4) == [32, 64, 100, 100]
    assert channels(GeneratorNetwork(width=32, max_width=8), 2) == [32, 32]


def test_the_dcgan_of_the_tutorials_layer_by_layer():
    """64 px, width 64, 3 colours: 3,576,704 weights as in the tutorials, and 3 of the last bias."""
    g = g_of(64, 3, dim=100, width=64, max_width=512)
    lines = networks.table(g, (100,))
    assert [(line.kind, line.shape, line.parameters) for line in lines] == [
        ("Linear", (8192,), 819_200),
        ("Unflatten", (512, 4, 4), 0),
        ("BatchNorm2d", (512, 4, 4), 1024),
        ("ReLU", (512, 4, 4), 0),
        ("ConvTranspose2d", (256, 8, 8), 2_097_152),
        ("BatchNorm2d", (256, 8, 8), 512),
        ("ReLU", (256, 8, 8), 0),
        ("ConvTranspose2d", (128, 16, 16), 524_288),
        ("BatchNorm2d", (128, 16, 16), 256),
        ("ReLU", (128, 16, 16), 0),
        ("ConvTranspose2d", (64, 32, 32), 131_072),
        ("BatchNorm2d", (64, 32, 32), 128),
        ("ReLU", (64, 32, 32), 0),
        ("ConvTranspose2d", (3, 64, 64), 3075),
        ("Tanh", (3, 64, 64), 0),
    ]
    assert count(g) == 3_576_707
    d = networks.table(d_of(64, 3, width=64, max_width=512), (3, 64, 64))
    assert [line.shape for line in d if line.kind == "Conv2d"] == [
        (64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4),
    ]  # fmt: skip
    assert [line.kind for line in d[:3]] == ["Conv2d", "LeakyReLU", "Conv2d"], "no norm at first"
    assert sum(line.parameters for line in d) == 2_765_568 + 65  # the tutorial's, biases at ends


MAKINGS = [
    {}, {"family": "dense"}, {"fc": 9, "layers_per_stage": 2}, {"batch_norm": "everywhere"},
    {"dropout": 0.5}, {"padding": "replicate"},
]  # fmt: skip


@pytest.mark.parametrize("fields", MAKINGS, ids=str)
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_a_table_counts_every_weight_and_changes_nothing(fields, spectral_norm):
    g = g_of(30, up="upsample", **fields)
    d = d_of(30, spectral_norm=spectral_norm, **fields)
    d.body[0].eval()  # a mixture of modes must come back as it was
    for network, shape in ((g, (5,)), (d, (1, 30, 30))):
        before = {k: v.clone() for k, v in network.state_dict().items()}
        modes = [m.training for m in network.modules()]
        rng = torch.get_rng_state()
        lines = networks.table(network, shape)
        assert sum(line.parameters for line in lines) == count(network)
        assert lines[-1].shape == ((1, 30, 30) if network is g else (1,))
        assert [m.training for m in network.modules()] == modes
        assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
        assert torch.equal(rng, torch.get_rng_state())
        assert not any(m._forward_hooks for m in network.modules())


@pytest.mark.parametrize("family", ["dcgan", "dense"])
def test_first_weights_are_the_dcgan_paper_s(family):
    fields = {"family": family, "width": 32, "max_width": 64, "hidden": (300, 300), "fc": 100}
    for network in (g_of(32, dim=100, **fields), d_of(32, **fields)):
        weights = of(network, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)
        flat = torch.cat([m.weight.detach().flatten() for m in weights])
        assert flat.mean().abs() < 3 * 0.02 / math.sqrt(len(flat))
        assert flat.std().item() == pytest.approx(0.02, rel=0.02)
        norms = of(network, nn.BatchNorm2d | nn.BatchNorm1d)
        scales = torch.cat([m.weight.detach() for m in norms])
        assert scales.mean().item() == pytest.approx(1, abs=0.01)
        assert scales.std().item() == pytest.approx(0.02, rel=0.3)
        constants = [m.bias for m in (*weights, *norms) if m.bias is not None]
        assert constants and all((b == 0).all() for b in constants)


def test_the_framework_s_first_weights_follow_the_size_of_the_layer():
    linear = of(d_of(32, family="dense", hidden=(400,), init="framework"), nn.Linear)[0]
    bound = 1 / math.sqrt(1024)
    assert 0.9 * bound < linear.weight.abs().max() <= bound
    assert linear.bias.abs().max() > 0


@pytest.mark.parametrize("family", ["dcgan", "dense"])
def test_the_same_seed_gives_the_same_weights(family):
    a, b = (d_of(16, family=family).state_dict() for _ in range(2))
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_spectral_norm_keeps_the_largest_stretch_at_one():
    d = d_of(16, spectral_norm=True, width=8, max_width=16, fc=12, init="framework", down="max")
    with torch.no_grad():
        for _ in range(300):
            d(torch.randn(2, 1, 16, 16))
    layers = of(d, nn.Conv2d | nn.Linear)
    assert len(layers) == 4
    for layer in layers:
        stretch = torch.linalg.svd(layer.weight.detach().flatten(1)).S[0].item()
        assert stretch == pytest.approx(1, abs=0.01)


def test_without_spectral_norm_there_is_none():
    assert not any("parametriz" in name for name in d_of(16).state_dict())


@pytest.mark.parametrize(
    ("family", "batch_norm", "of_g", "of_d"),
    [  # 32 px from 4: three stages
        ("dcgan", "paper", 3, 2), ("dcgan", "everywhere", 4, 3), ("dcgan", "nowhere", 0, 0),
        # two hidden layers
        ("dense", "paper", 2, 1), ("dense", "everywhere", 3, 2), ("dense", "nowhere", 0, 0),
    ],
)  # fmt: skip
def test_batch_norm_stands_where_it_should(family, batch_norm, of_g, of_d):
    fields = {"family": family, "batch_norm": batch_norm, "hidden": (6, 7)}
    kinds = nn.BatchNorm1d | nn.BatchNorm2d
    assert len(of(g_of(32, **fields), kinds)) == of_g
    assert len(of(d_of(32, **fields), kinds)) == of_d


@pytest.mark.parametrize("family", ["dcgan", "dense"])
@pytest.mark.parametrize("batch_norm", ["paper", "everywhere", "nowhere"])
def test_auto_bias_is_left_out_before_batch_norm_alone(family, batch_norm):
    fields = {"family": family, "batch_norm": batch_norm, "hidden": (6, 7)}
    for network in (g_of(32, **fields), d_of(32, **fields)):
        leaves = [m for m in network.modules() if not list(m.children())]
        modules = [m for m in leaves if not isinstance(m, nn.Unflatten)]
        for layer, following in itertools.pairwise([*modules, nn.Identity()]):
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                normed = isinstance(following, nn.BatchNorm1d | nn.BatchNorm2d)
                assert (layer.bias is None) == normed


@pytest.mark.parametrize(("bias", "there"), [("always", True), ("never", False)])
def test_bias_can_be_forced(bias, there):
    for network in (g_of(16, bias=bias), d_of(16, bias=bias)):
        hidden = of(network, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)[:-1]
        assert all((m.bias is not None) == there for m in hidden)


def test_dropout_draws_from_the_generator_it_was_lent():
    layer = nn.Sequential(Dropout(0.3))
    x = torch.ones(100, 100)
    before = torch.get_rng_state()
    results = []
    for seed in (1, 1, 2):
        lend_generator(layer, torch.Generator().manual_seed(seed))
        results.append(layer(x))
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])
    assert torch.equal(before, torch.get_rng_state())
    y = results[0]
    assert y.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert (y == 0).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert y.mean().item() == pytest.approx(1, abs=0.03), "the mean stays"


def test_dropout_is_off_in_eval_mode():
    layer = Dropout(0.9).eval()
    x = torch.ones(5)
    assert layer(x) is x


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_dropout_follows_every_hidden_layer_if_asked_for(share):
    for network in (g_of(32, dropout=share), d_of(32, dropout=share)):
        assert len(of(network, Dropout)) == (3 if share else 0)
