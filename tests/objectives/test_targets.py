"""Labels: smoothed, flipped, noisy."""

import pytest
import torch

from gan_lab.config import Objective
from gan_lab.objectives import targets

SCORES = torch.zeros(20_000, 1)


def made(**changes):
    generator = torch.Generator().manual_seed(3)
    return targets(Objective(**changes), SCORES, SCORES[:10_000], generator)


def test_plain_labels_are_one_and_zero_and_draw_nothing():
    generator = torch.Generator().manual_seed(3)
    before = generator.get_state()
    real, fake = targets(Objective(), SCORES, SCORES[:7], generator)
    assert real.shape == (20_000, 1) and (real == 1).all()
    assert fake.shape == (7, 1) and (fake == 0).all()
    assert torch.equal(before, generator.get_state())


@pytest.mark.parametrize(
    ("name", "real", "fake"), [("smooth_real", 0.9, 0.0), ("smooth_fake", 1.0, 0.1)]
)
def test_smoothing_touches_only_the_side_it_names(name, real, fake):
    labels = made(**{name: 0.1})
    assert labels.real.unique().tolist() == pytest.approx([real])
    assert labels.fake.unique().tolist() == pytest.approx([fake])


def test_a_share_of_labels_is_flipped_to_the_other_side_s():
    labels = made(label_flip=0.2, smooth_real=0.1, smooth_fake=0.05)
    for side, own, other in ((labels.real, 0.9, 0.05), (labels.fake, 0.05, 0.9)):
        assert sorted(side.unique().tolist()) == pytest.approx(sorted([own, other]))
        share = (side - other).abs().lt(1e-6).float().mean().item()
        # 4 standard deviations of a share of .2 in 10,000 are .016
        assert share == pytest.approx(0.2, abs=0.016)


def test_noise_moves_each_label_by_up_to_its_strength():
    labels = made(label_noise=0.3)
    moved = labels.real - 1
    assert moved.abs().max() <= 0.3 and moved.abs().max() > 0.29
    assert moved.mean().abs() < 0.01
    # an even spread over ±.3 has the standard deviation .3/√3
    assert moved.std().item() == pytest.approx(0.3 / 3**0.5, rel=0.03)


def test_all_patches_of_a_picture_have_one_label():
    scores = torch.zeros(5000, 1, 3, 3)
    labels = targets(
        Objective(label_flip=0.3, label_noise=0.1), scores, scores, torch.Generator().manual_seed(3)
    )
    for side, own in ((labels.real, 1.0), (labels.fake, 0.0)):
        assert side.shape == scores.shape
        assert torch.equal(side, side[..., :1, :1].expand_as(side))
        flipped = (side[:, 0, 0, 0] - own).abs().gt(0.5).float().mean().item()
        assert flipped == pytest.approx(0.3, abs=0.03)  # 4 standard deviations
        assert side[:, 0, 0, 0].unique().numel() > 4000, "each picture has noise of its own"


def test_the_same_state_gives_the_same_labels():
    a, b = (made(label_flip=0.3, label_noise=0.1) for _ in range(2))
    assert torch.equal(a.real, b.real) and torch.equal(a.fake, b.fake)


def test_labels_carry_no_gradient():
    scores = torch.zeros(3, 1, requires_grad=True)
    for side in targets(Objective(label_noise=0.1), scores, scores, torch.Generator()):
        assert not side.requires_grad
