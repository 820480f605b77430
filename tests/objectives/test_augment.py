"""Differentiable augmentation, and the share that follows D."""

import pytest
import torch

from gan_lab.config import Objective
from gan_lab.objectives import Adaptive, augmented

POLICIES = ("translation", "cutout", "colour", "geometry", "all")


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(count=6, channels=3, side=8, **more):
    return torch.rand((count, channels, side, side), generator=chance(9), **more) * 2 - 1


def test_every_choice_of_the_schema_is_known():
    assert {*POLICIES, "none"} == set(Objective.model_fields["augment"].annotation.__args__)


@pytest.mark.parametrize(("policy", "share"), [("none", 1.0), ("all", 0.0), ("all", 0)])
def test_nothing_to_do_gives_the_very_pictures_and_draws_nothing(policy, share):
    x, generator = pictures(), chance()
    before = generator.get_state()
    assert augmented(x, policy, share, generator) is x
    assert torch.equal(before, generator.get_state())


@pytest.mark.parametrize("policy", POLICIES)
def test_shape_and_kind_of_number_stay_and_pictures_change(policy):
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        x = pictures().to(dtype)
        changed = augmented(x, policy, 1.0, chance())
        assert changed.shape == x.shape and changed.dtype == dtype
        assert not torch.equal(changed, x)


@pytest.mark.parametrize("policy", POLICIES)
def test_gradients_flow_as_finite_differences_say(policy):
    x = pictures(3, dtype=torch.float64, side=9).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: augmented(x, policy, 0.7, chance()), (x,), fast_mode=True
    )


@pytest.mark.parametrize(("side", "most"), [(4, 1), (8, 1), (28, 4), (32, 4), (33, 4), (36, 5)])
def test_translation_moves_by_an_eighth_at_most_and_fills_with_zeros(side, most):
    """The limits are those of the authors' code: int(side * 0.125 + 0.5)."""
    dot = torch.zeros(4000, 1, side, side)
    dot[:, :, side // 2, side // 2] = 1
    places = augmented(dot, "translation", 1.0, chance()).flatten(1)
    assert (places.sum(1) == 1).all(), "nothing is lost or doubled in the middle"
    rows, columns = places.argmax(1) // side - side // 2, places.argmax(1) % side - side // 2
    for moved in (rows, columns):
        assert sorted(moved.unique().tolist()) == list(range(-most, most + 1))
    filled = augmented(torch.ones_like(dot), "translation", 1.0, chance())
    kept = (side - rows.abs()) * (side - columns.abs())
    assert torch.equal(filled.sum((1, 2, 3)), kept.float())


@pytest.mark.parametrize("side", [8, 9, 10, 28])
def test_cutout_is_one_square_of_half_the_side(side):
    x = torch.ones(4000, 2, side, side)
    gone = augmented(x, "cutout", 1.0, chance()) == 0
    assert torch.equal(gone[:, 0], gone[:, 1]), "all channels alike"
    heights, widths = gone[:, 0].any(2).sum(1), gone[:, 0].any(1).sum(1)
    assert torch.equal(gone[:, 0].sum((1, 2)), heights * widths), "a rectangle"
    half = (side + 1) // 2
    for sizes in (heights, widths):
        assert sizes.max() == half and sizes.min() == (half + 1) // 2
    assert gone.any(0).all(), "it reaches every pixel"


def test_share_of_the_pictures_that_are_changed():
    x = torch.ones(10_000, 1, 8, 8)
    for share in (0.5, torch.tensor(0.5)):
        changed = augmented(x, "cutout", share, chance())
        touched = (changed != x).flatten(1).any(1).float().mean().item()
        assert touched == pytest.approx(0.5, abs=0.02)  # 4 standard deviations
    assert torch.equal(augmented(x, "all", torch.tensor(0.0), chance()), x)


def test_changes_are_chosen_each_for_itself():
    x = torch.zeros(10_000, 1, 16, 16)
    x[:] = 1
    changed = augmented(x, "geometry", 0.5, chance())
    assert (changed == x).flatten(1).all(1).float().mean() < 0.3  # a quarter, and shifts by 0


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_changes_whatever_the_range_of_pixels(policy):
    """Pixels from 0 to 1 are changed like those from -1 to 1, where zeros do not come in."""
    x = pictures(200)
    a = augmented(x, policy, 1.0, chance())
    b = augmented((x + 1) / 2, policy, 1.0, chance(), half=0.5)
    same = (a - (2 * b - 1)).abs() < 1e-5
    assert same.all() if policy == "colour" else torch.equal(~same, (a == 0) & (b == 0))


def test_both_sides_are_changed_alike():
    """The same draws make the same changes, whatever is on the pictures."""
    a, b = torch.ones(50, 1, 8, 8), pictures(50, 1) + 2
    changed = [augmented(x, "geometry", 0.6, chance(4)) == 0 for x in (a, b)]
    assert torch.equal(*changed)


def test_grey_pictures_stay_grey():
    grey = pictures(5, 1).expand(5, 3, 8, 8)
    changed = augmented(grey, "colour", 1.0, chance())
    torch.testing.assert_close(changed[:, :1].expand_as(changed), changed)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_images_of_a_pair_share_the_draws_and_nothing_else(policy):
    a, b = pictures(40), pictures(40).flip(0)
    both = augmented(torch.cat([a, b], 1), policy, 0.7, chance(), images=2)
    each = [augmented(x, policy, 0.7, chance()) for x in (a, b)]
    torch.testing.assert_close(both, torch.cat(each, 1))


def test_a_black_and_a_white_image_of_a_pair_keep_their_colours():
    """Their common grey would be in between, and both would move towards it or away from it."""
    pair = torch.cat([-torch.ones(500, 3, 8, 8), torch.ones(500, 3, 8, 8)], 1)
    changed = augmented(pair, "colour", 1.0, chance(), images=2)
    moved = changed - pair
    assert moved.abs().max() <= 0.5 + 1e-6, "only brightness moves what has one colour"
    torch.testing.assert_close(moved[:, :3], moved[:, 3:])


def follow(adaptive, scores, moves, **changes):
    objective = Objective(ada=True, ada_images=3200, **changes)
    for _ in range(moves):
        adaptive.update(torch.tensor(scores), 64, objective)
    return adaptive.share


def test_share_grows_while_d_overfits_and_falls_when_it_does_not():
    adaptive = Adaptive()
    sure, unsure = [2.0, 0.1, 9.0, 4.0], [2.0, -0.1, 9.0, -4.0]
    assert follow(adaptive, sure, 3) == 0, "nothing before the fourth move"
    assert follow(adaptive, sure, 1) == pytest.approx(0.08)  # 4·64 / 3200
    assert follow(adaptive, sure, 8) == pytest.approx(0.24)
    assert follow(adaptive, unsure, 4) == pytest.approx(0.16)
    assert follow(adaptive, unsure, 4, ada_target=0.0) == pytest.approx(0.16), "just right"


def test_share_stays_within_0_and_1():
    adaptive = Adaptive()
    assert follow(adaptive, [1.0], 400) == 1
    assert follow(adaptive, [-1.0], 400) == 0


def test_four_moves_are_judged_together():
    adaptive = Adaptive()
    for signs in ([1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, -1.0]):  # r = ¾ > 0.6
        follow(adaptive, signs, 1)
    assert adaptive.share > 0


def test_state_goes_on_exactly():
    a, b = Adaptive(), Adaptive()
    follow(a, [[[[1.0, -1.0], [1.0, 3.0]]]], 6)
    b.load_state_dict(a.state_dict())
    for each in (a, b):
        follow(each, [[1.0], [5.0]], 7)
    assert a.share == b.share > 0
    assert a.state_dict() == b.state_dict()
