"""Every family: its shapes, its paper's numbers, and that it is the list it opens as."""

import pytest
import torch
from torch import nn

from gan_lab import networks
from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork, LayerSpec
from gan_lab.networks import SCORE, LayerError, open_as_layers, trace
from gan_lab.networks.layers import Dropout
from gan_lab.randomness import seeded

SMALL = {"width": 4, "max_width": 16, "hidden": (6, 5), "blocks": 2}
NOISE, PICTURE, HALF = (5,), (3, 32, 32), (3, 16, 16)
GENERATORS = [
    ("dcgan", NOISE, {}), ("dcgan", NOISE, {"up": "shuffle", "attention": 8, "fc": 7}),
    ("dense", NOISE, {}), ("residual", NOISE, {"init": "fixup"}),
    ("residual", NOISE, {"up": "upsample", "attention": 16}),
    ("residual", NOISE, {"up": "shuffle"}),
    ("super", HALF, {}), ("super", (1, 8, 8), {"batch_norm": "nowhere", "init": "equalised"}),
    ("unet", PICTURE, {"dropout": 0.5}), ("unet", (1, 32, 32), {"up": "upsample"}),
    ("translate", PICTURE, {"norm": "instance"}), ("translate", PICTURE, {"up": "shuffle"}),
    ("translate", PICTURE, {"up": "upsample", "bias": "always"}),
]  # fmt: skip
DISCRIMINATORS = [
    ("dcgan", {"minibatch": "stddev", "fc": 7}), ("dcgan", {"attention": 8, "unshuffle": True}),
    ("dense", {"minibatch": "discrimination"}), ("dense", {"minibatch": "stddev"}),
    ("residual", {"minibatch": "stddev", "down": "average", "init": "fixup"}),
    ("residual", {"minibatch": "discrimination", "attention": 8, "down": "max"}),
    ("patch", {"norm": "instance"}), ("patch", {"spectral_norm": True, "init": "equalised"}),
]  # fmt: skip


def g_of(family, source=NOISE, size=32, colours=3, seed=1, **fields):
    config = GeneratorNetwork(family=family, **{**SMALL, **fields})
    with seeded(seed):
        return networks.generator(config, source, colours, size)


def d_of(family, size=32, colours=3, seed=1, **fields):
    config = DiscriminatorNetwork(family=family, **{**SMALL, **fields})
    with seeded(seed):
        return networks.discriminator(config, colours, size)


def reopened(config, layers):
    return config.model_copy(update={"family": "layers", "layers": layers})


@pytest.mark.parametrize(("family", "source", "fields"), GENERATORS)
def test_a_generator_is_the_list_that_it_opens_as(family, source, fields):
    config = GeneratorNetwork(family=family, **{**SMALL, **fields})
    layers = open_as_layers(config, source, 32)
    g = g_of(family, source, **fields).eval()
    own = reopened(config, layers)
    with seeded(2):
        again = networks.generator(own, source, 3, 32).eval()
    again.load_state_dict(g.state_dict())
    x = torch.randn(2, *source)
    assert torch.equal(g(x), again(x)) and g(x).shape == (2, 3, 32, 32)
    with seeded(1):
        same_seed = networks.generator(own, source, 3, 32).state_dict()
    assert all(torch.equal(v, same_seed[k]) for k, v in g.state_dict().items())
    assert open_as_layers(own, source, 32) == layers


@pytest.mark.parametrize(("family", "fields"), DISCRIMINATORS)
def test_a_discriminator_is_the_list_that_it_opens_as(family, fields):
    config = DiscriminatorNetwork(family=family, **{**SMALL, **fields})
    layers = open_as_layers(config, PICTURE, 32)
    d = d_of(family, **fields).eval()
    with seeded(2):
        again = networks.discriminator(reopened(config, layers), 3, 32).eval()
    again.load_state_dict(d.state_dict())
    x = torch.randn(4, 3, 32, 32)
    assert torch.equal(d(x), again(x))
    lines = trace(layers, PICTURE, SCORE)
    assert sum(line.parameters for line in lines) == sum(p.numel() for p in d.parameters())


@pytest.mark.parametrize(("family", "source", "fields"), GENERATORS)
def test_every_weight_of_g_learns_and_channels_last_changes_nothing(family, source, fields):
    if fields.get("init") == "fixup" or "attention" in fields:
        fields = {**fields, "init": "framework", "attention": 0}  # those begin with zeros
    g = g_of(family, source, output="sigmoid", **fields).eval()
    x = torch.randn(3, *source)
    y = g(x)
    assert y.min() >= 0 and y.max() <= 1
    y.square().sum().backward()
    for name, p in g.named_parameters():
        assert p.grad is not None and p.grad.isfinite().all() and p.grad.abs().sum() > 0, name
    torch.testing.assert_close(g.to(memory_format=torch.channels_last)(x), y)


@pytest.mark.parametrize(("family", "fields"), DISCRIMINATORS)
def test_d_can_be_differentiated_twice(family, fields):
    """As gradient penalties do."""
    d = d_of(family, **{**fields, "init": "framework"})
    x = torch.randn(4, 3, 32, 32, requires_grad=True)
    (slope,) = torch.autograd.grad(d(x).sum(), x, create_graph=True)
    slope.square().sum().backward()
    grads = [p.grad for p in d.parameters() if p.grad is not None]
    assert len(grads) > 2 and all(g.isfinite().all() for g in grads)


@pytest.mark.parametrize("size", [8, 15, 28, 30, 33, 64])
@pytest.mark.parametrize(
    "way", [("transposed", "stride"), ("upsample", "average"), ("shuffle", "max")]
)
def test_residual_players_know_any_size(size, way):
    up, down = way
    assert g_of("residual", size=size, up=up)(torch.randn(2, 5)).shape == (2, 3, size, size)
    for kernel in (3, 4):
        d = d_of("residual", size=size, down=down, kernel=kernel)
        assert d(torch.randn(2, 3, size, size)).shape == (2, 1)


def test_a_residual_network_has_no_normalisation():
    for network in (g_of("residual"), d_of("residual")):
        assert not any(isinstance(m, nn.BatchNorm2d | nn.InstanceNorm2d) for m in network.modules())


def test_srresnet_of_the_paper():
    """16 blocks, width 64, ×4: 1,5 million weights; 9×9, blocks, 9×9 (Ledig et al., fig. 4)."""
    config = GeneratorNetwork(family="super", width=64, blocks=16)
    lines = trace(open_as_layers(config, (3, 24, 24), 96), (3, 24, 24), (3, 96, 96))
    kinds = [line.spec.kind for line in lines]
    assert kinds.count("add") == 17 and kinds.count("shuffle") == 2
    ends = 3 * 81 * 64 + 64 + 1, 64 * 81 * 3 + 3
    blocks = 33 * (64 * 64 * 9 + 128) + 16
    shuffles = 2 * (64 * 256 * 9 + 256 + 1)
    assert sum(line.parameters for line in lines) == sum(ends) + blocks + shuffles
    assert lines[-2].shape == (64, 96, 96)


@pytest.mark.parametrize(("small", "size"), [(14, 28), (7, 28), (32, 32), (8, 64)])
def test_super_doubles_as_often_as_needed(small, size):
    g = g_of("super", (1, small, small), size=size, colours=1)
    assert g(torch.randn(2, 1, small, small)).shape == (2, 1, size, size)


def test_super_refuses_what_doubling_does_not_reach():
    with pytest.raises(ConfigError, match="10 px never become 30 px"):
        g_of("super", (1, 10, 10), size=30)


def test_the_u_net_of_pix2pix():
    """junyanz's unet_256: 54,413,955 weights for 3 channels to 3, among them the last 3 biases."""
    config = GeneratorNetwork(family="unet", width=64, max_width=512, dropout=0.5)
    lines = trace(open_as_layers(config, (3, 256, 256), 256), (3, 256, 256), (3, 256, 256))
    down, up = lines[:8], lines[8:]
    assert [line.shape for line in down] == [
        (64, 128, 128), (128, 64, 64), (256, 32, 32), (512, 16, 16), (512, 8, 8), (512, 4, 4),
        (512, 2, 2), (512, 1, 1),
    ]  # fmt: skip
    assert [line.shape for line in up if line.spec.kind == "concat"] == [
        (1024, 2, 2), (1024, 4, 4), (1024, 8, 8), (1024, 16, 16), (512, 32, 32), (256, 64, 64),
        (128, 128, 128),
    ]  # fmt: skip
    assert [line.spec.dropout for line in up if line.spec.kind == "transposed"] == [
        0.5, 0.5, 0.5, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    assert [line.spec.norm for line in down] == ["none", *["batch"] * 6, "none"]
    biases = sum(line.spec.channels for line in lines if line.spec.bias and line.spec.channels)
    assert sum(line.parameters for line in lines) - biases == 54_413_955 - 3


@pytest.mark.parametrize("size", [16, 32, 64])
def test_a_u_net_s_short_cuts_are_used(size):
    g = g_of("unet", (3, size, size), size=size, init="framework").eval()
    x = torch.randn(2, 3, size, size)
    outputs = list(g.outputs(x))
    joined = next(line for line in g.lines if line.spec.kind == "concat")
    seen = outputs[joined.spec.source - 1]
    assert torch.equal(outputs[joined.number - 1][:, -seen.shape[1] :], seen)
    assert outputs[-1].shape == x.shape


@pytest.mark.parametrize(("family", "size"), [("unet", 28), ("unet", 8), ("translate", 30)])
def test_sizes_that_do_not_work_are_refused_in_words(family, size):
    with pytest.raises(ConfigError, match=f"{family} .*not {size}"):
        g_of(family, (3, size, size), size=size)


def test_dropout_of_the_u_net_draws_from_the_run_s_generator():
    g = g_of("unet", PICTURE, dropout=0.5)
    assert sum(isinstance(m, Dropout) for m in g.modules()) == 3
    x, results = torch.randn(2, *PICTURE), []
    for seed in (1, 1, 2):
        networks.lend_generator(g, torch.Generator().manual_seed(seed))
        results.append(g(x))
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])


def test_the_cyclegan_generator():
    """junyanz's resnet_9blocks: 11.378 million weights (instance norm), 9 blocks at a quarter."""
    config = GeneratorNetwork(
        family="translate", width=64, max_width=256, blocks=9, norm="instance", bias="always"
    )
    lines = trace(open_as_layers(config, (3, 256, 256), 256), (3, 256, 256), (3, 256, 256))
    assert sum(line.parameters for line in lines) == 11_378_179
    inner = [line for line in lines if line.shape == (256, 64, 64)]
    assert len(inner) == 1 + 9 * 3 and lines[-1].shape == (3, 256, 256)


def test_instance_norm_is_the_same_in_eval_mode():
    g = g_of("translate", PICTURE, norm="instance")
    norms = [m for m in g.modules() if isinstance(m, nn.InstanceNorm2d)]
    assert norms and all(not m.affine and m.running_mean is None for m in norms)
    x = torch.randn(2, *PICTURE)
    assert torch.equal(g(x), g.eval()(x))
    torch.testing.assert_close(g(x)[:1], g(x[:1]))  # no picture depends on another


@pytest.mark.parametrize(("blocks", "side", "field"), [(1, 30, 16), (2, 14, 34), (3, 6, 70)])
def test_patch_scores_are_a_map(blocks, side, field):
    d = d_of("patch", size=64, blocks=blocks)
    assert d(torch.randn(2, 3, 64, 64)).shape == (2, 1, side, side)
    assert d.body.lines[-1].field == field


def test_what_would_fill_the_memory_is_refused_before_it_is_built():
    with pytest.raises(ConfigError, match="too many places to look at each other"):
        networks.trace([LayerSpec(kind="attention")], (8, 64, 64))
    with pytest.raises(ConfigError, match="are too many; 134,217,728 are allowed"):
        networks.trace([LayerSpec(kind="linear", channels=8192)] * 3, (8192,))


def test_attention_stands_where_it_is_wanted_or_is_refused():
    g = g_of("dcgan", attention=16)
    lines = [line.shape[1:] for line in g.lines if line.spec.kind == "attention"]
    assert lines == [(16, 16)]
    with pytest.raises(ConfigError, match="networks.g.attention must be 0 or .*4, 8, 16, not 10"):
        g_of("dcgan", attention=10)
    with pytest.raises(
        ConfigError, match="networks.d.attention must be 0 or .*32, 16, 8, 4, not 5"
    ):
        d_of("residual", attention=5)


@pytest.mark.parametrize("family", ["dcgan", "dense", "residual"])
def test_a_d_that_compares_a_batch_sees_copies(family):
    """The score of one picture depends on the others, if and only if it is asked for."""
    a, b = torch.randn(1, 3, 32, 32).repeat(8, 1, 1, 1), torch.randn(8, 3, 32, 32)
    b[0] = a[0]
    fields = {"init": "framework", "batch_norm": "nowhere"}
    for kind in ("none", "discrimination", "stddev"):
        d = d_of(family, minibatch=kind, **fields)
        assert torch.allclose(d(a)[0], d(b)[0], atol=1e-5) == (kind == "none")


@pytest.mark.parametrize(
    ("role", "family", "source", "words"),
    [
        ("g", "patch", NOISE, "choose dcgan, dense, residual, progressive or layers"),
        ("g", "unet", NOISE, "starts from noise here"),
        ("g", "dcgan", PICTURE, "choose super, translate, unet or layers, as G starts from a"),
        ("d", "unet", PICTURE, "choose dcgan, dense, residual, progressive, patch or layers"),
        ("g", "layers", NOISE, "networks.g.layers must not be empty"),
        ("d", "layers", PICTURE, "networks.d.layers must not be empty"),
    ],
)
def test_a_family_that_does_not_fit_is_refused_in_words(role, family, source, words):
    with pytest.raises(ConfigError, match=words) as caught:
        g_of(family, source) if role == "g" else d_of(family)
    assert f"networks.{role}" in str(caught.value) and "\n" not in str(caught.value)


def test_own_lists_are_checked_and_name_their_network():
    layers = (LayerSpec(kind="linear", channels=64), LayerSpec(kind="reshape", side=4))
    with pytest.raises(
        LayerError, match="networks.g, layer 2, reshape: it ends with 192×4×4|4×4×4"
    ):
        g_of("layers", layers=layers)
    with pytest.raises(LayerError, match="networks.d, layer 1, linear: it takes a row"):
        d_of("layers", layers=layers)
    ending = LayerSpec(kind="reshape", side=32, activation="sigmoid")
    with pytest.raises(LayerError, match="it ends with sigmoid, but networks.g.output is tanh"):
        g_of("layers", layers=(layers[0].model_copy(update={"channels": 0}), ending))


@pytest.mark.parametrize("norm", ["batch", "pixel"])
@pytest.mark.parametrize("minibatch", ["none", "stddev", "discrimination"])
def test_a_grown_network_is_the_list_that_it_opens_as(norm, minibatch):
    """Without the layers that only smaller sizes use."""
    fields = {"norm": norm, "init": "framework", "base": 8}
    g, d = g_of("progressive", **fields), d_of("progressive", minibatch=minibatch, **fields)
    own_g = GeneratorNetwork(family="progressive", **{**SMALL, **fields})
    own_d = DiscriminatorNetwork(family="progressive", minibatch=minibatch, **{**SMALL, **fields})
    again_g = g_of("layers", layers=open_as_layers(own_g, NOISE, 32))
    again_d = d_of("layers", layers=open_as_layers(own_d, PICTURE, 32))
    body = d.body
    for again, parts in (
        (again_g, [g.first, *g.blocks, g.to_colours[-1]]),
        (again_d, [body.from_colours[-1], *reversed(body.blocks), body.last, d.score]),
    ):
        values = [value for part in parts for value in part.state_dict().values()]
        own = again.state_dict()
        again.load_state_dict(dict(zip(own, values, strict=True)))
    z, x = torch.randn(4, 5), torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(again_g(z), g(z))
    torch.testing.assert_close(again_d(x), d(x))
