"""Layers of our own: values that can be worked out by hand."""

import math

import pytest
import torch

from gan_lab.networks.layers import (
    Attention,
    Crop,
    MinibatchDiscrimination,
    MinibatchStddev,
    PixelNorm,
)


def test_pixel_norm_by_hand():
    x = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1)
    expected = x / math.sqrt(12.5)  # mean square of 9 and 16
    torch.testing.assert_close(PixelNorm()(x), expected)
    y = PixelNorm()(torch.randn(5, 7, 3, 3))
    torch.testing.assert_close(y.square().mean(1), torch.ones(5, 3, 3))
    assert PixelNorm()(torch.zeros(2, 3)).isfinite().all()


def test_attention_begins_as_nothing_and_learns_to_look():
    layer = Attention(16)
    x = torch.randn(2, 16, 5, 4)
    y = layer(x)
    assert torch.equal(y, x)
    y.square().sum().backward()
    assert layer.gamma.grad.abs() > 0 and layer.query.weight.grad.abs().sum() == 0


def test_attention_by_hand():
    """Keys of zero: every place sees the mean of all places."""
    layer = Attention(8)
    with torch.no_grad():
        layer.key.weight.zero_()
        layer.gamma.fill_(2.0)
    x = torch.randn(3, 8, 4, 4)
    seen = layer.out(layer.value(x.mean((2, 3), keepdim=True)))
    torch.testing.assert_close(layer(x), x + 2.0 * seen.expand_as(x))


def test_attention_looks_from_queries_at_keys():
    """One place whose key fits all queries is what all places see."""
    layer = Attention(8)
    with torch.no_grad():
        for conv in (layer.query, layer.key, layer.value):
            conv.weight.zero_()[0, 0] = 1.0
        layer.out.weight.zero_()[1, 0] = 1.0
        layer.gamma.fill_(1.0)
    x = torch.zeros(1, 8, 3, 3)
    x[:, 0] = 10.0
    x[0, 0, 1, 2] = 30.0
    torch.testing.assert_close(layer(x)[0, 1], torch.full((3, 3), 30.0))


def test_minibatch_discrimination_by_hand():
    layer = MinibatchDiscrimination(2, 1, 2)
    with torch.no_grad():
        layer.matrix.weight.copy_(torch.eye(2))
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    close = [math.exp(-1) + math.exp(-3), math.exp(-1) + math.exp(-2), math.exp(-2) + math.exp(-3)]
    torch.testing.assert_close(layer(x), torch.cat([x, torch.tensor(close)[:, None]], 1))


def test_minibatch_discrimination_tells_copies_from_different_samples():
    layer = MinibatchDiscrimination(10, 6, 5)
    same, different = torch.randn(1, 10).repeat(8, 1), 5 * torch.randn(8, 10)
    torch.testing.assert_close(layer(same)[:, 10:], torch.full((8, 6), 7.0))
    assert layer(different)[:, 10:].max() < 2.0
    assert torch.equal(layer(same[:1])[:, 10:], torch.zeros(1, 6)), "none but itself"


def test_minibatch_stddev_by_hand():
    x = torch.zeros(4, 2, 1, 2)
    x[1] = 2.0  # one of four: a standard deviation of √3/2
    y = MinibatchStddev()(x)
    assert y.shape == (4, 3, 1, 2)
    torch.testing.assert_close(y[:, 2], torch.full((4, 1, 2), math.sqrt(0.75)))
    assert torch.equal(y[:, :2], x)


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (6, 3), (5, 1), (2, 2), (1, 1)])
def test_groups_are_of_four_or_what_divides_the_batch(batch, group):
    x = torch.randn(batch, 3, 2, 2)
    y = MinibatchStddev()(x)[:, 3, 0, 0]
    members = [torch.arange(start, batch, batch // group) for start in range(batch // group)]
    for index in members:
        spread = x[index].std(0, unbiased=False).mean() if group > 1 else torch.tensor(1e-4)
        torch.testing.assert_close(y[index], spread.expand(group))


def test_a_layer_for_batches_can_be_differentiated_twice():
    """As gradient penalties do."""
    for layer in (MinibatchDiscrimination(3, 2, 2), MinibatchStddev()):
        x = torch.randn(4, 3, requires_grad=True)
        (slope,) = torch.autograd.grad(layer(x)[:, 3:].sum(), x, create_graph=True)
        slope.square().sum().backward()
        assert x.grad.isfinite().all() and x.grad.abs().sum() > 0


def test_crop_takes_the_middle():
    x = torch.arange(30.0).view(1, 1, 5, 6)
    assert torch.equal(Crop(3)(x), x[..., 1:4, 1:4])
