"""Lists of layers on paper: shapes, weights, receptive fields, and what does not fit."""

import pytest
import torch

from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork, LayerSpec
from gan_lab.networks import SCORE, LayerError, build, open_as_layers, trace
from gan_lab.networks.build import LayerList

PLAIN = GeneratorNetwork(init="framework")


def L(kind, **fields):
    return LayerSpec(kind=kind, **fields)


def test_the_patch_discriminator_of_pix2pix_sees_70_px():
    """junyanz's n_layers = 3: 2,768,705 weights with batch norm and 6 channels, 30×30 scores."""
    d = DiscriminatorNetwork(family="patch", width=64, max_width=512, blocks=3)
    lines = trace(open_as_layers(d, (6, 256, 256), 256), (6, 256, 256), SCORE)
    assert [line.field for line in lines] == [4, 10, 22, 46, 70]
    assert [line.shape for line in lines] == [
        (64, 128, 128), (128, 64, 64), (256, 32, 32), (512, 31, 31), (1, 30, 30),
    ]  # fmt: skip
    assert sum(line.parameters for line in lines) == 2_768_705


def test_the_dcgan_paper_s_generator():
    """Fig. 1: z 100 to 4×4×1024, then 512, 256, 128 and 3 channels, windows of 5 px."""
    g = GeneratorNetwork(width=128, max_width=1024, kernel=5)
    lines = trace(open_as_layers(g, (100,), 64), (100,), (3, 64, 64))
    shapes = [line.shape for line in lines if line.spec.kind in ("reshape", "transposed")]
    assert shapes == [(1024, 4, 4), (512, 8, 8), (256, 16, 16), (128, 32, 32), (3, 64, 64)]
    weights = 100 * 16384 + 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    norms = 2 * (1024 + 512 + 256 + 128)
    assert sum(line.parameters for line in lines) == weights + norms + 3
    assert {line.field for line in lines} == {0}, "every pixel depends on all of z"


ONE_OF_EACH = [
    L("conv", channels=8, kernel=4, norm="batch", activation="prelu"),
    L("conv", kernel=3, stride=2, dilation=2, groups=2, border="reflect", padding=1),
    L("stddev"),
    L("transposed", channels=6, kernel=3, stride=2, groups=3, norm="instance"),
    L("transposed", channels=6, kernel=5, stride=3, dilation=2, bias=False),
    L("attention"),
    L("crop", side=14),
    L("unshuffle", stride=4),
    L("shuffle", stride=2, norm="pixel", activation="leaky"),
    L("upsample", stride=2, activation="relu"),
    L("bilinear", stride=2, activation="sigmoid"),
    L("max", stride=3),
    L("average", stride=2),
    L("add", source=13),
    L("concat", source=13, dropout=0.1),
    L("none", activation="tanh"),
    L("flatten"),
    L("linear", channels=36, activation="leaky", norm="batch"),
    L("minibatch", channels=0, kernel=2),
    L("linear", channels=32, bias=False),
    L("reshape", side=4),
    L("conv", kernel=4, border="replicate"),
]


@pytest.mark.parametrize("side", [9, 10])
def test_paper_and_modules_agree(side):
    lines = trace(ONE_OF_EACH, (2, side, side))
    network = LayerList(lines)
    x = torch.randn(3, 2, side, side)
    for line, layer, output in zip(lines, network, network.outputs(x), strict=True):
        assert output.shape == (3, *line.shape), line
        assert sum(p.numel() for p in layer.parameters()) == line.parameters, line


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_keeps_side_over_stride(stride, kernel, dilation):
    fields = {"channels": 1, "kernel": kernel, "stride": stride, "dilation": dilation}
    for kind, side in (("conv", 24 // stride), ("transposed", 24 * stride)):
        if kind == "transposed" and stride == dilation == 1 and kernel % 2 == 0:
            with pytest.raises(LayerError, match="cannot keep the side; choose an odd one"):
                trace([L(kind, **fields)], (1, 24, 24))
            continue
        spec = L(kind, **fields)
        (line,) = trace([spec], (1, 24, 24))
        assert line.shape == (1, side, side)
        assert build([spec], (1, 24, 24), None, PLAIN)(torch.randn(1, 1, 24, 24)).shape[2] == side


STACKS = [
    [L("conv", kernel=3), L("conv", kernel=3), L("conv", kernel=3)],
    [L("conv", kernel=4, stride=2), L("conv", kernel=3, dilation=2), L("average", stride=2)],
    [L("average", stride=2), L("none"), L("conv", kernel=5, stride=2), L("conv", kernel=2)],
    [L("unshuffle", stride=2), L("conv", channels=1, kernel=3), L("conv", kernel=3)],
    [L("conv", kernel=3), L("conv", kernel=3), L("add", source=1), L("conv", kernel=3)],
    [L("conv", kernel=3, stride=2), L("upsample", stride=2), L("conv", kernel=3)],
    [L("conv", kernel=4, stride=2), L("transposed", kernel=4, stride=2), L("conv", kernel=3)],
]


@pytest.mark.parametrize("layers", STACKS)
def test_the_receptive_field_is_where_gradients_come_from(layers):
    """All weights positive: the middle's neighbourhood with a gradient is the receptive field."""
    layers = [s.model_copy(update={"bias": False}) for s in layers]
    network = build(layers, (1, 64, 64), None, PLAIN)
    for p in network.parameters():
        torch.nn.init.ones_(p)
    seen = 0
    for offset in range(2):  # behind an enlargement neighbours may see more or less
        x = torch.zeros(1, 1, 64, 64, requires_grad=True)
        y = network(x)
        y[0, 0, y.shape[2] // 2 + offset].sum().backward()
        rows = x.grad[0, 0].sum(1).nonzero()
        seen = max(seen, int(rows.max() - rows.min()) + 1)
    assert network.lines[-1].field == seen


UNFIT = [
    ([L("conv"), L("conv"), L("conv", kernel=7, padding="valid")], 3,
     "a window of 7 px does not fit into 4 px"),
    ([L("conv", kernel=9, padding=1)], 1,
     "a window of 9 px does not fit into 4 px (6 with the border)"),
    ([L("conv", kernel=9, border="reflect")], 1, "a mirror of 4 px needs more than 4 px"),
    ([L("conv", channels=8), L("conv", channels=9, groups=4)], 2,
     "8 channels in and 9 out do not split into 4 groups"),
    ([L("linear", channels=3)], 1, "it takes a row of units, not 6×4×4; put flatten before it"),
    ([L("flatten"), L("conv")], 2, "it takes a picture, not 96 units; put reshape before it"),
    ([L("flatten"), L("reshape", side=5)], 2, "96 units do not fill pictures of 5×5 px"),
    ([L("flatten"), L("reshape")], 2, "it needs a side"),
    ([L("flatten"), L("reshape", side=4, channels=5)], 2, "96 units make 6 channels of this"),
    ([L("shuffle", stride=2)], 1,
     "6 channels cannot be laid out as 2×2 pixels; it needs a multiple of 4"),
    ([L("max", stride=5)], 1, "a window of 5 px does not fit into 4 px"),
    ([L("crop", side=5)], 1, "its side must be from 1 to 4 px, not 5"),
    ([L("conv", channels=8), L("add", source=0)], 2,
     "8×4×4 and 6×4×4 of layer 0 cannot be added"),
    ([L("max", stride=2), L("concat", source=0)], 2,
     "6×2×2 and 6×4×4 of layer 0 differ in more than channels"),
    ([L("add", source=1)], 1, "only layers before it can join in, 0 to 0"),
    ([L("conv"), L("max", stride=4, norm="instance")], 2,
     "instance normalisation needs several pixels, and here are 6×1×1"),
    ([L("transposed", border="reflect")], 1,
     "its border must be zeros, not reflect; upsample and conv know others"),
    ([L("transposed", kernel=1, padding=4)], 1, "a border of 4 px cuts everything off"),
    ([L("upsample", stride=8)] * 6, 4, "6×16384×16384 are more numbers than any picture"),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "index", "why"), UNFIT, ids=range(len(UNFIT)))
def test_the_layer_that_does_not_fit_is_named(layers, index, why):
    with pytest.raises(LayerError) as caught:
        trace(layers, (6, 4, 4))
    error = caught.value
    assert error.index == index and error.kind == layers[index - 1].kind
    assert error.why.startswith(why)
    assert str(error).startswith(f"layer {index}, {error.kind}: {why}")
    assert isinstance(error, ConfigError)


def test_what_must_come_out_is_checked():
    with pytest.raises(LayerError, match="it ends with 3×8×8, but the pictures are 3×16×16"):
        trace([L("upsample", stride=2)], (3, 4, 4), (3, 16, 16))
    with pytest.raises(LayerError, match="D ends with a score"):
        trace([L("conv", channels=2)], (3, 4, 4), SCORE)
    trace([L("conv", channels=1)], (3, 4, 4), SCORE)


def test_far_too_many_weights_are_refused_before_anything_is_built():
    with pytest.raises(ConfigError, match="parameters are too many"):
        trace([L("linear", channels=40_000), L("linear", channels=40_000)], (100,))
    with pytest.raises(ConfigError, match="at least one layer"):
        trace([], (1,))


@pytest.mark.parametrize(
    ("layers", "source", "target", "channels"),
    [
        ([L("conv"), L("conv")], (3, 4, 4), (1, 4, 4), [3, 1]),
        ([L("conv"), L("shuffle", stride=2)], (5, 4, 4), (3, 8, 8), [12, 0]),
        ([L("linear"), L("reshape", side=4)], (7,), (3, 4, 4), [48, 0]),
        ([L("linear"), L("reshape", side=4), L("crop", side=3)], (7,), (2, 3, 3), [32, 0, 0]),
        ([L("flatten"), L("linear"), L("linear")], (2, 2, 2), SCORE, [0, 8, 1]),
    ],
)
def test_no_channels_mean_as_many_as_come_in_and_at_the_end_as_are_needed(
    layers, source, target, channels
):
    assert [line.spec.channels for line in trace(layers, source, target)] == channels
