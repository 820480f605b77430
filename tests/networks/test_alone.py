"""Which networks cannot learn from one picture at a time, as PyTorch itself has it."""

import pytest
import torch

from gan_lab.config import DiscriminatorNetwork, LayerSpec
from gan_lab.networks import build, discriminator, why_not_alone

NORM, COMPARES = "normalised over the batch", "compares the pictures of a batch"


def layers(*specs):
    return build([LayerSpec(**s) for s in specs], (3, 4, 4), None, DiscriminatorNetwork())


@pytest.mark.parametrize(
    ("specs", "fits"),
    [
        ([{"channels": 2, "norm": "batch"}], True),  # 16 values a channel
        ([{"channels": 2, "stride": 2, "norm": "batch"}], True),  # 4
        ([{"channels": 2, "kernel": 4, "padding": "valid", "norm": "batch"}], False),  # 1
        ([{"channels": 2, "kernel": 4, "padding": "valid", "norm": "pixel"}], True),
        ([{"channels": 2, "norm": "instance"}], True),
        ([{"kind": "flatten"}, {"kind": "linear", "channels": 5, "norm": "batch"}], False),
        ([{"kind": "flatten"}, {"kind": "linear", "channels": 5, "norm": "pixel"}], True),
        ([{"kind": "max", "stride": 4, "norm": "batch"}], False),
    ],
)
def test_batch_norm_of_a_single_value_is_what_pytorch_refuses(specs, fits):
    network, one = layers(*specs), torch.rand(1, 3, 4, 4)
    why = why_not_alone(network)
    if fits:
        assert why == "" and network(one).isfinite().all()
    else:
        assert NORM in why
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            network(one)
        assert network(torch.rand(2, 3, 4, 4)).isfinite().all()


@pytest.mark.parametrize(
    "specs",
    [
        [{"kind": "stddev"}],
        [{"kind": "flatten"}, {"kind": "minibatch", "channels": 3, "kernel": 2}],
    ],
)
def test_what_compares_has_nothing_to_say_of_one_picture(specs):
    network = layers(*specs)
    assert COMPARES in why_not_alone(network)
    added, other = network(torch.rand(1, 3, 4, 4)), network(torch.rand(1, 3, 4, 4))
    new = -1 if specs[0]["kind"] == "stddev" else slice(-3, None)
    assert torch.equal(added[:, new], other[:, new]), "the same whatever the picture"


@pytest.mark.parametrize("family", ["dcgan", "progressive", "residual", "dense"])
@pytest.mark.parametrize("minibatch", ["none", "stddev", "discrimination"])
def test_families_say_it_of_their_own_layers(family, minibatch):
    config = DiscriminatorNetwork(
        family=family, minibatch=minibatch, width=4, max_width=8, blocks=1, batch_norm="nowhere"
    )
    with torch.device("meta"):
        network = discriminator(config, 3, 16)
    kinds = {type(m).__name__ for m in network.modules()}
    has = bool(kinds & {"MinibatchStddev", "MinibatchDiscrimination"})
    assert (COMPARES in why_not_alone(network)) == has
    assert has or minibatch == "none" or family == "dense"
