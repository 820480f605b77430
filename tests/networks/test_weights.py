"""First weights: fix-up, equalised learning rate."""

import copy
import math

import pytest
import torch
from torch import nn

from gan_lab import networks
from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork, LayerSpec
from gan_lab.networks import Critic, Head, build, open_as_layers
from gan_lab.networks.weights import Scaled, apply_spectral_norm, equalise
from gan_lab.randomness import seeded

RESIDUAL = {
    "family": "residual", "width": 8, "max_width": 32, "blocks": 3, "init": "fixup",
    "activation": "leaky", "kernel": 3,
}  # fmt: skip
G = GeneratorNetwork(**RESIDUAL, up="upsample", output="linear")
D = DiscriminatorNetwork(**RESIDUAL, down="average")


@pytest.mark.parametrize(("config", "source"), [(G, (64,)), (D, (3, 32, 32))])
def test_with_fixup_a_residual_network_begins_as_its_skeleton(config, source):
    layers = open_as_layers(config, source, 32)
    target = (3, 32, 32) if config is G else networks.SCORE
    with seeded(1):
        network = build(layers, source, target, config)
    x = z = torch.randn(4, *source)
    for line, layer in zip(network.lines, network, strict=True):
        inside = any(
            add.spec.kind == "add" and add.spec.source < line.number <= add.number
            for add in network.lines
        )
        if not inside:
            x = layer(x)
    torch.testing.assert_close(network(z), x)
    if config is G:
        assert 0.2 < network(z).std() < 5, "neither fading nor exploding"


def test_fixup_scales_a_block_by_the_number_of_blocks():
    """L = 9 blocks of m = 3 layers: L^(-1/4) = 0.577; gain √(2/1.04) of leaky 0.2; √fan-in."""
    layers = open_as_layers(G.model_copy(update={"width": 64, "max_width": 64}), (64,), 16)
    with seeded(1):
        network = build(layers, (64,), (3, 16, 16), G)
    assert sum(line.spec.kind == "add" for line in network.lines) == 9
    begin = next(line.number for line in network.lines if line.spec.kind == "add") - 4
    one, three, last = (network[begin + i][0].weight for i in range(3))
    gain = 9 ** (-1 / 4) * math.sqrt(2 / 1.04)
    assert one.std().item() == pytest.approx(gain / math.sqrt(64), rel=0.05)
    assert three.std().item() == pytest.approx(gain / math.sqrt(16 * 9), rel=0.05)
    assert not last.any()
    pattern = network[2][0].weight  # one number goes into each of its places
    assert pattern.std().item() == pytest.approx(1, rel=0.1)


def test_without_blocks_fixup_is_the_framework_s():
    with seeded(2):
        a = networks.discriminator(DiscriminatorNetwork(init="fixup", width=4), 1, 16)
    with seeded(2):
        b = networks.discriminator(DiscriminatorNetwork(init="framework", width=4), 1, 16)
    for key, value in a.state_dict().items():
        assert torch.equal(value, b.state_dict()[key])


def test_fixup_and_spectral_norm_are_refused_together():
    config = D.model_copy(update={"spectral_norm": True})
    with pytest.raises(ConfigError, match="spectral_norm must be false with networks.d.init"):
        networks.discriminator(config, 1, 16)


def test_equalised_weights_are_drawn_from_n_0_1_and_scaled_in_use():
    layer = nn.Conv2d(16, 40, 3)
    with seeded(1):
        equalise(layer, math.sqrt(2.0), 16 * 9)
    (name, own), *_ = [(n, p) for n, p in layer.named_parameters() if "original" in n]
    assert name == "parametrizations.weight.original"
    assert own.std().item() == pytest.approx(1, rel=0.05), "what an optimiser sees"
    torch.testing.assert_close(layer.weight, own * math.sqrt(2 / 144))
    assert not layer.bias.any()
    x = torch.randn(8, 16, 9, 9)
    assert layer(x).std().item() == pytest.approx(math.sqrt(2), rel=0.1)


def scales_of(network):
    return [m.scale for m in network.modules() if isinstance(m, Scaled)]


def test_every_layer_has_a_gain_of_root_two_and_the_last_of_one():
    config = {"family": "dense", "hidden": (50, 20), "init": "equalised"}
    d = networks.discriminator(DiscriminatorNetwork(**config), 1, 10)
    expected = [math.sqrt(2 / 100), math.sqrt(2 / 50), math.sqrt(1 / 20)]
    assert scales_of(d) == pytest.approx(expected)
    layers = [
        LayerSpec(kind="transposed", channels=4, kernel=4, stride=2, groups=2),
        LayerSpec(kind="attention"),
        LayerSpec(kind="conv", channels=1),
    ]
    network = build(layers, (6, 5, 5), None, GeneratorNetwork(init="equalised"))
    # 3 channels of 2×2 places in each number of the first; attention has four layers
    expected = [math.sqrt(2 / 12), *[math.sqrt(2 / 4)] * 3, math.sqrt(2 / 1), math.sqrt(1 / 36)]
    assert scales_of(network) == pytest.approx(expected)


def test_an_equalised_network_can_be_copied_saved_and_trained():
    config = GeneratorNetwork(init="equalised", width=4, max_width=8)
    with seeded(1):
        g = networks.generator(config, (6,), 1, 16)
    z = torch.randn(3, 6)
    twin = copy.deepcopy(g)
    with seeded(2):
        other = networks.generator(config, (6,), 1, 16)
    other.load_state_dict(g.state_dict())
    assert torch.equal(g(z), twin(z)) and torch.equal(g(z), other(z))
    optimiser = torch.optim.SGD(g.parameters(), 0.1)
    g(z).square().sum().backward()
    optimiser.step()
    assert not torch.equal(g(z), twin(z))


@pytest.mark.parametrize("init", ["dcgan", "framework", "equalised"])
@pytest.mark.parametrize("kind", ["projection", "auxiliary"])
def test_heads_get_first_weights_of_the_same_kind(init, kind):
    config = DiscriminatorNetwork(family="dense", hidden=(400,), init=init)
    with seeded(1):
        d = networks.discriminator(config, 1, 8, head=Head(50, kind))
    assert isinstance(d, Critic)
    head = d.embed if kind == "projection" else d.name
    fan_in = 50 if kind == "projection" else 400
    uniform = math.sqrt(2 / 450) if kind == "projection" else 1 / math.sqrt(3 * 400)
    expected = {"dcgan": 0.02, "framework": uniform, "equalised": 1 / math.sqrt(fan_in)}
    assert head.weight.std().item() == pytest.approx(expected[init], rel=0.05)


# -- the meta device ---------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [
    nn.Conv2d(3, 5, 3), nn.ConvTranspose2d(3, 5, 4), nn.Linear(7, 2), nn.Embedding(4, 6),
], ids=lambda layer: type(layer).__name__)  # fmt: skip
def test_without_numbers_spectral_norm_keeps_its_shapes_and_its_memory(layer):
    def kept(network):
        found = {}
        own = {t.untyped_storage()._cdata for t in network.state_dict().values()}

        def keep(tensor):
            found[tensor.untyped_storage()._cdata] = tensor
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            normed = network[0].weight
        sizes = [t.untyped_storage().nbytes() for at, t in found.items() if at not in own]
        return normed.shape, sorted(sizes)

    real, planned = nn.Sequential(layer), nn.Sequential(copy.deepcopy(layer).to("meta"))
    for network in (real, planned):
        apply_spectral_norm(network)
    shapes = [{name: t.shape for name, t in n.state_dict().items()} for n in (real, planned)]
    assert shapes[0] == shapes[1] and "0.parametrizations.weight.0._u" in shapes[0]
    assert kept(real) == kept(planned)
    assert planned[0].weight.is_meta


@pytest.mark.parametrize("init", ["dcgan", "equalised", "fixup"])
def test_without_numbers_nothing_is_drawn_and_nothing_is_iterated(init, monkeypatch):
    def refuse(*_, **__):
        pytest.fail("on the meta device PyTorch imports its compiler for this")

    monkeypatch.setattr(nn.init, "normal_", refuse)
    monkeypatch.setattr("torch.nn.functional.normalize", refuse)
    norm = {"spectral_norm": init == "dcgan"}
    with torch.device("meta"):
        networks.discriminator(D.model_copy(update={"init": init, **norm}), 3, 32)
