"""Progressive GAN against its formulas (Karras et al. 2018, and the authors' code)."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork, Training
from gan_lab.games.progressive import growth
from gan_lab.networks import discriminator, generator
from gan_lab.networks.growth import Growth, doubled, faded
from gan_lab.networks.layers import MinibatchStddev, PixelNorm

G = GeneratorNetwork(
    family="progressive", width=4, max_width=8, norm="pixel", activation="leaky", init="equalised",
    output="linear",
)  # fmt: skip
D = DiscriminatorNetwork(
    family="progressive", width=4, max_width=8, batch_norm="nowhere", minibatch="stddev",
    init="equalised",
)  # fmt: skip


@pytest.fixture
def g():
    torch.manual_seed(1)
    network = generator(G, (6,), 3, 16)
    network.whole = False
    return network


@pytest.fixture
def d():
    torch.manual_seed(2)
    return discriminator(D, 3, 16)


def drawn(g, level, alpha, z):
    g.grow(Growth(level, 4 * 2**level, alpha))
    return g(z)


def judged(d, level, alpha, x):
    d.body.grow(Growth(level, 4 * 2**level, alpha))
    return d(x)


@pytest.mark.parametrize("level", [1, 2])
def test_a_level_of_g_enters_as_the_enlarged_one_below_and_ends_as_itself(g, level):
    z = torch.randn(3, 6)
    below, own = drawn(g, level - 1, 1.0, z), drawn(g, level, 1.0, z)
    assert torch.equal(drawn(g, level, 0.0, z), doubled(below))
    # exactly lerp between the two, so continuous everywhere
    half = drawn(g, level, 0.25, z)
    torch.testing.assert_close(half, 0.75 * doubled(below) + 0.25 * own)
    torch.testing.assert_close(drawn(g, level, 1 - 1e-6, z), own, atol=1e-5, rtol=0)


@pytest.mark.parametrize("level", [1, 2])
def test_a_level_of_d_enters_as_if_it_were_not_there_and_ends_as_itself(d, level):
    x = torch.randn(4, 3, 4 * 2**level, 4 * 2**level)
    small = x.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5))
    torch.testing.assert_close(judged(d, level, 0.0, x), judged(d, level - 1, 1.0, small))
    own = judged(d, level, 1.0, x)
    torch.testing.assert_close(judged(d, level, 1 - 1e-6, x), own, atol=1e-5, rtol=0)


def test_when_a_level_enters_nothing_changes_for_either_player(g, d):
    """G, real pictures and D together: the score of a fake and of a real one go on smoothly."""
    z, x = torch.randn(4, 6), torch.randn(4, 3, 16, 16)
    for level in (1, 2):
        before, after = Growth(level - 1, 2 * 2**level, 1.0), Growth(level, 4 * 2**level, 0.0)
        fakes, reals = [], []
        for stage in (before, after):
            g.grow(stage)
            d.body.grow(stage)
            fakes.append(d(g(z)))
            reals.append(d(faded(x, stage)))
        torch.testing.assert_close(*fakes)
        torch.testing.assert_close(*reals)


def test_real_pictures_are_blended_as_in_the_authors_code():
    """tkarras/progressive_growing_of_gans, train.py, process_reals: by hand with numpy."""
    x = torch.randn(2, 3, 8, 8)
    alpha = 0.3
    y = x.numpy().reshape(2, 3, 4, 2, 4, 2).mean((3, 5), keepdims=True)
    y = np.tile(y, (1, 1, 1, 2, 1, 2)).reshape(2, 3, 8, 8)
    expected = x.numpy() + (y - x.numpy()) * (1 - alpha)  # lerp by the fraction of lod
    np.testing.assert_allclose(faded(x, Growth(1, 8, alpha)).numpy(), expected, atol=1e-6)


def test_equalised_weights_are_scaled_by_gain_over_root_fan_in(g, d):
    root2 = math.sqrt(2)
    gains = [
        (g.first[1], root2 / 4 / math.sqrt(6)),
        (g.blocks[0][1], root2 / math.sqrt(8 * 9)),
        (g.to_colours[2], 1 / math.sqrt(4)),
        (d.body.from_colours[2][0], root2 / math.sqrt(3)),
        (d.body.blocks[1][0], root2 / math.sqrt(4 * 9)),
        (d.body.last[1], root2 / math.sqrt(9 * 9)),  # 8 channels and the standard deviation
        (d.body.last[4], root2 / math.sqrt(8 * 16)),
        (d.score, 1 / math.sqrt(8)),
    ]
    for layer, scale in gains:
        raw = layer.parametrizations.weight.original
        torch.testing.assert_close(layer.weight, raw * scale)
        assert not layer.bias.any()
    every = torch.cat([p.flatten() for p in g.parameters() if p.ndim > 1])
    assert abs(every.mean()) < 0.05 and abs(every.std() - 1) < 0.05


def test_pixel_norm_brings_each_pixel_to_mean_square_one():
    x = 7 * torch.randn(2, 5, 3, 3)
    torch.testing.assert_close(PixelNorm()(x).square().mean(1), torch.ones(2, 3, 3))
    known = PixelNorm()(torch.tensor([[3.0, 4.0]]))  # mean square 12.5
    torch.testing.assert_close(known, torch.tensor([[3.0, 4.0]]) / math.sqrt(12.5))


def test_where_pixel_norm_stands(g):
    """On z, and behind the bend of every convolution (the code's PN(act(conv(x))))."""
    kinds = [type(m).__name__.removeprefix("Parametrized") for m in g.blocks[0]]
    assert kinds == ["Upsample", *["Conv2d", "LeakyReLU", "PixelNorm"] * 2]
    assert isinstance(g.first[0], PixelNorm)
    z = torch.randn(2, 6)
    torch.testing.assert_close(g(z), g(5 * z))


def test_minibatch_standard_deviation_of_a_group():
    """Two groups of four, every second sample; one unit has a known spread, the other none."""
    x = torch.zeros(8, 2, 1, 1)
    x[0::2, 0, 0, 0] = torch.tensor([1.0, 1.0, 3.0, 3.0])  # standard deviation 1
    y = MinibatchStddev()(x)
    assert y.shape == (8, 3, 1, 1)
    torch.testing.assert_close(y[0::2, 2].flatten(), torch.full((4,), 0.5), atol=1e-4, rtol=0)
    torch.testing.assert_close(y[1::2, 2].flatten(), torch.zeros(4), atol=2e-4, rtol=0)


def test_parameters_of_the_paper_s_networks():
    """Table 2 up to 128×128, by hand."""
    with torch.device("meta"):
        wide = G.model_copy(update={"width": 128, "max_width": 512})
        net = generator(wide, (512,), 3, 128)

    def conv(a, b, k=3):
        return a * b * k * k + b

    widths = [512, 512, 512, 512, 256, 128]
    count = 513 * 512 * 16 + conv(512, 512)
    count += sum(conv(a, b) + conv(b, b) for a, b in pairwise(widths))
    count += sum(conv(w, 3, 1) for w in widths)
    assert sum(p.numel() for p in net.parameters()) == count


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (0, (0, 4, 1.0)), (599_999, (0, 4, 1.0)), (600_000, (1, 8, 0.0)),
        (900_000, (1, 8, 0.5)), (1_199_999, (1, 8, 0.999998)), (1_200_000, (1, 8, 1.0)),
        (1_800_000, (2, 16, 0.0)), (5_400_016, (5, 128, 0.000027)), (6_000_000, (5, 128, 1.0)),
        (10**9, (5, 128, 1.0)),
    ],
)  # fmt: skip
def test_growth_follows_the_authors_schedule(seen, expected):
    """Their lod, with 600,000 pictures for each phase, counted from above."""
    training = Training(stable_images=600_000, fade_images=600_000, grow_from=4)
    found = growth(training, 128, seen)
    assert found == expected
    phase, into = divmod(seen, 1_200_000)
    lod = max(0.0, 5 - phase - max(0, into - 600_000) / 600_000)
    assert found.level - (1 - found.alpha) == pytest.approx(5 - lod, abs=2e-6)
