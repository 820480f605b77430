"""The distance to eyes trained on something else, and VGG19's own layout."""

import pytest
import torch
import torch.nn.functional as F
from torchvision.models import vgg19
from torchvision.models.vgg import cfgs, make_layers
from torchvision.transforms.functional import normalize

from gan_lab.networks.vgg import VGG19, bare, features
from gan_lab.objectives import perceptual

TINY = (4, "max", 6, 5)


def test_the_layout_is_that_of_torchvision_layer_by_layer():
    with torch.device("meta"):
        theirs = vgg19(weights=None).features
    ours = bare(VGG19)
    assert {n: p.shape for n, p in ours.state_dict().items()} == {
        n: p.shape for n, p in theirs.state_dict().items()
    }
    # conv5_4 is the last of the sixteen; behind it theirs has a bend and a halving
    assert [type(m) for m in ours] == [type(m) for m in theirs][:-2]


def weights(layout=TINY, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return {n: torch.randn(p.shape, generator=chance) for n, p in bare(layout).state_dict().items()}


def by_hand(table, x):
    """TINY's features of pictures from 0 to 1, by functions alone."""
    x = normalize(x, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    x = F.relu(F.conv2d(x, table["0.weight"], table["0.bias"], padding=1))
    x = F.max_pool2d(x, 2)
    x = F.relu(F.conv2d(x, table["3.weight"], table["3.bias"], padding=1))
    return F.conv2d(x, table["5.weight"], table["5.bias"], padding=1)  # and no bend


@pytest.mark.parametrize("squared", [True, False])
@pytest.mark.parametrize("low", [0.0, -1.0])
@pytest.mark.parametrize("side", [(16, 16), (17, 23)])
def test_the_distance_is_the_mean_over_features_before_the_bend(squared, low, side):
    table, chance = weights(), torch.Generator().manual_seed(1)
    made, true = torch.rand(2, 3, 3, *side, generator=chance)
    gap = by_hand(table, made) - by_hand(table, true)
    expected = gap.square().mean() if squared else gap.abs().mean()
    found = perceptual(
        features(TINY, table), low + (1 - low) * made, low + (1 - low) * true,
        low=low, squared=squared,
    )  # fmt: skip
    torch.testing.assert_close(found, expected)


def test_the_real_vgg19_is_torchvision_s_forward_cut_before_its_last_bend():
    theirs = make_layers(cfgs["E"]).eval()  # what vgg19 calls its features, without the classifier
    x = torch.rand(1, 3, 33, 20)
    assert torch.equal(features(VGG19, theirs.state_dict())(x), theirs[:35](x))


def test_grey_pictures_are_seen_as_three_equal_colours_and_tiny_ones_enlarged():
    eyes, chance = features(TINY, weights()), torch.Generator().manual_seed(2)
    made, true = torch.rand(2, 2, 1, 16, 16, generator=chance)
    grey = perceptual(eyes, made, true, low=0.0, squared=True)
    both = (made.repeat(1, 3, 1, 1), true.repeat(1, 3, 1, 1))
    assert torch.equal(grey, perceptual(eyes, *both, low=0.0, squared=True))
    shapes = []
    perceptual(lambda x: shapes.append(x.shape) or x, made[..., :5], true[..., :5], low=0.0,
               squared=True)  # fmt: skip
    assert set(shapes) == {(2, 3, 16, 16)}


def test_only_what_was_made_gets_a_gradient_and_the_same_picture_is_at_no_distance():
    eyes = features(TINY, weights())
    made = torch.rand(2, 3, 16, 16, requires_grad=True)
    true = torch.rand(2, 3, 16, 16, requires_grad=True)
    perceptual(eyes, made, true, low=0.0, squared=False).backward()
    assert made.grad is not None and made.grad.abs().sum() > 0 and true.grad is None
    assert all(p.grad is None and not p.requires_grad for p in eyes.parameters())
    assert perceptual(eyes, true, true, low=0.0, squared=True) == 0.0


def test_building_draws_nothing_from_the_global_generator():
    table, before = weights(), torch.get_rng_state()
    features(TINY, table)
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_of_another_network_are_refused():
    with pytest.raises(ValueError, match="another network"):
        features(TINY, weights((4, "max", 6)))
    with pytest.raises(ValueError, match="another network"):
        features(TINY, weights((4, "max", 6, 7)))
