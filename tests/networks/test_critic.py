"""D's verdict: the score, what its layers saw, and classes."""

import pytest
import torch
from torch import nn

from gan_lab import networks
from gan_lab.config import DiscriminatorNetwork, LayerSpec
from gan_lab.networks import Head
from gan_lab.randomness import seeded

FAMILIES = ["dcgan", "dense", "residual", "patch"]


def d_of(family="dcgan", head=None, **fields):
    fields = {"width": 4, "max_width": 8, "hidden": (6, 5), "blocks": 2, **fields}
    config = DiscriminatorNetwork(family=family, init="framework", **fields)
    with seeded(1):
        return networks.discriminator(config, 1, 16, head=head)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_head_the_score_is_the_body_s(family):
    d = d_of(family).eval()
    x = torch.randn(3, 1, 16, 16)
    verdict = d.judge(x)
    assert torch.equal(verdict.score, d(x)) and torch.equal(d(x), d.body(x))
    assert torch.equal(d(x, torch.tensor([0, 1, 2])), d(x)), "labels do not count"
    assert verdict.classes is None
    shape = (3, 1, 2, 2) if family == "patch" else (3, 1)
    assert d(x).shape == shape


def test_features_are_what_comes_out_of_the_bends():
    d = d_of("dcgan", slope=0.1)
    found = []
    for module in d.modules():
        if isinstance(module, nn.LeakyReLU):
            module.register_forward_hook(lambda _m, _i, out: found.append(out))
    verdict = d.judge(torch.randn(3, 1, 16, 16))
    assert len(found) == 2 and len(verdict.features) == 2
    for a, b in zip(found, verdict.features, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_projection_head_adds_how_well_class_and_picture_fit(family):
    """score = linear(φ) + <embed(y), φ> (Miyato & Koyama 2018, eq. 3)."""
    d = d_of(family, Head(3, "projection")).eval()
    x, labels = torch.randn(4, 1, 16, 16), torch.tensor([0, 2, 1, 2])
    *_, phi, score = d.body.outputs(x)
    phi = phi.mean((2, 3)) if phi.ndim == 4 else phi
    fits = torch.stack([d.embed.weight[y] @ v for y, v in zip(labels, phi, strict=True)])
    torch.testing.assert_close(d(x, labels), score + fits.view(-1, *[1] * (score.ndim - 1)))
    assert not torch.allclose(d(x, labels), d(x, labels.flip(0)))
    with pytest.raises(ValueError, match="needs labels"):
        d(x)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_auxiliary_head_names_classes_and_leaves_the_score_alone(family):
    plain, d = d_of(family).eval(), d_of(family, Head(3, "auxiliary")).eval()
    x = torch.randn(4, 1, 16, 16)
    verdict = d.judge(x)
    assert verdict.classes.shape == (4, 3)
    assert torch.equal(verdict.score, plain(x)), "the same first weights as without a head"
    verdict.classes.sum().backward()
    assert d.name.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("kind", ["projection", "auxiliary"])
def test_heads_are_spectrally_normalised_too(kind):
    d = d_of("dense", Head(5, kind), spectral_norm=True)
    for _ in range(100):
        d(torch.randn(3, 1, 16, 16), torch.tensor([0, 1, 2]))
    head = d.embed if kind == "projection" else d.name
    d.eval()
    assert torch.linalg.svd(head.weight.detach()).S[0].item() == pytest.approx(1, abs=0.01)


def test_an_own_list_may_have_layers_behind_its_score():
    layers = (
        LayerSpec(kind="flatten"),
        LayerSpec(kind="linear", channels=4, activation="relu"),
        LayerSpec(kind="linear"),
        LayerSpec(kind="none", activation="tanh"),
    )
    d = d_of("layers", Head(3, "auxiliary"), layers=layers)
    verdict = d.judge(torch.randn(2, 1, 16, 16))
    assert verdict.score.abs().max() <= 1 and len(verdict.features) == 1
    assert d.name.in_features == 4
