"""Planted copies are found; unseen pictures, noise and plain pictures are not taken for copies."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan_lab.config import Data
from gan_lab.data import load
from gan_lab.latent.memorised import Yardstick, distances, judge, yardstick
from gan_lab.latent.neighbours import (
    FEATURES,
    all_of,
    edges,
    look,
    nearest,
    pixels,
    shifts,
    unique,
)


@pytest.fixture(scope="module")
def train() -> Tensor:
    return unique(load(Data(name="digits")).images).images


@pytest.fixture(scope="module")
def held_out() -> Tensor:
    return load(Data(name="digits"), train=False).images


@pytest.fixture(scope="module")
def shapes() -> Tensor:
    return load(Data(name="shapes", size=32)).images[:1500]


@pytest.fixture(scope="module", params=list(FEATURES))
def stick(request: pytest.FixtureRequest, train: Tensor, held_out: Tensor) -> tuple:
    feature = FEATURES[request.param]
    return feature, all_of(yardstick(train, held_out, feature))


def noisy(images: Tensor, sigma: float) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    noise = sigma * torch.randn(images.shape, generator=generator)
    return (images.float() + noise).round().clamp(0, 255).byte()


@pytest.mark.parametrize("feature", FEATURES.values())
def test_the_nearest_are_those_of_a_plain_search(train: Tensor, held_out: Tensor, feature) -> None:
    found = all_of(nearest(train, held_out[:20], feature, 5))
    a, b = feature(held_out[:20]).double(), feature(train).double()
    plain = (a[:, None] - b).square().sum(2).sqrt().sort(1)
    assert torch.allclose(found.distance.double(), plain.values[:, :5], atol=1e-6)
    assert torch.equal(found.places[:, 0], plain.indices[:, 0])


def test_pixel_distance_is_a_share_of_the_range() -> None:
    black, white = torch.zeros(1, 1, 8, 8).byte(), torch.full((1, 1, 8, 8), 255).byte()
    found = all_of(nearest(white, black, pixels, 3))
    assert found.distance.tolist() == [[1.0]] and found.places.tolist() == [[0]]


@pytest.mark.parametrize("feature", FEATURES.values())
@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_planted_training_picture_is_found_shifted_and_with_noise(
    train: Tensor, feature, place: int
) -> None:
    found = 0
    for index in range(40):
        # of its nine shifts one, with noise over it: one side of the picture is lost
        planted = noisy(shifts(train[index : index + 1])[place : place + 1], 8.0)
        result = all_of(look(train, planted, feature, 3))
        found += int(result.places[0, 0]) == index
        assert result.distance[0].diff().min() >= 0 and len(set(result.places[0].tolist())) == 3
    assert found >= 36  # of 40; by chance none


@pytest.mark.parametrize("feature", FEATURES.values())
def test_shifts_of_larger_coloured_pictures_are_found(shapes: Tensor, feature) -> None:
    found = [
        int(all_of(look(shapes, noisy(shifts(shapes[i : i + 1])[:1], 12.0), feature, 1)).places)
        for i in range(20)
    ]
    assert sum(a == b for a, b in zip(found, range(20), strict=True)) >= 18


def test_copies_among_real_pictures_count_once(train: Tensor) -> None:
    twice = torch.cat([train[:50], train[:50]])
    once = unique(twice)
    assert torch.equal(once.images, train[:50])
    assert once.places.tolist() == list(range(50))


def test_a_picture_that_is_skipped_is_not_its_own_neighbour(train: Tensor) -> None:
    some = torch.arange(10)
    found = all_of(nearest(train, train[:10], pixels, 4, skip=some))
    assert not (found.places == some[:, None]).any() and (found.distance > 0).all()


def test_unseen_pictures_are_new(train: Tensor, held_out: Tensor, stick) -> None:
    feature, ruler = stick
    half = len(held_out) // 2
    # one half measures, the other is measured
    ruler = all_of(yardstick(train, held_out[:half], feature))
    finding = judge(all_of(distances(train, held_out[half:], feature)), ruler)
    assert finding.verdict == "new", finding
    assert "As new as unseen real pictures" in finding.sentence


@pytest.mark.parametrize("feature", FEATURES.values())
def test_real_pictures_are_never_called_copies_however_they_are_divided(train, feature) -> None:
    """Sets have pictures that are nearly copies of others; so have samples that are as good."""
    for seed in range(12):
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
        ours, theirs, rest = train[order[:350]], train[order[350:700]], train[order[700:]]
        ruler = all_of(yardstick(rest, ours, feature))
        finding = judge(all_of(distances(rest, theirs, feature)), ruler)
        assert finding.verdict != "memorised", finding


@pytest.mark.parametrize("sigma", [0.0, 6.0])
def test_samples_that_hold_copies_are_memorised(train, held_out, stick, sigma) -> None:
    feature, ruler = stick
    mixed = torch.cat([held_out[:180], noisy(train[:120], sigma)])
    finding = judge(all_of(distances(train, mixed, feature)), ruler)
    assert finding.verdict == "memorised", finding
    assert finding.near + finding.copied >= 60


def test_noise_is_no_copy_and_not_said_to_be_as_good(train, stick) -> None:
    feature, ruler = stick
    noise = torch.randint(0, 256, (300, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    finding = judge(all_of(distances(train, noise.byte(), feature)), ruler)
    assert finding.verdict == "unclear" and finding.copied == 0, finding


def test_plain_pictures_are_no_copies(train, held_out) -> None:
    ruler = all_of(yardstick(train, held_out, pixels))
    # means of neighbours: near to several training pictures, to none in particular
    near = all_of(nearest(train, held_out[:300], pixels, 8)).places
    plain = train[near.flatten()].view(-1, 8, 1, 8, 8).float().mean(1).byte()
    finding = judge(all_of(distances(train, plain, pixels)), ruler)
    assert finding.verdict == "unclear" and "single" in finding.sentence, finding


def test_too_few_say_nothing(train, held_out, stick) -> None:
    feature, ruler = stick
    finding = judge(all_of(distances(train, train[:20], feature)), ruler)
    assert finding.verdict == "unclear" and "20 samples" in finding.sentence


def test_without_pictures_held_out_the_training_pictures_measure_each_other(train) -> None:
    ruler: Yardstick = all_of(yardstick(train, None, edges, count=400))
    assert not ruler.held_out and len(ruler.distances) == 400
    assert ruler.distances.nearest.min() > 0


def test_held_out_pictures_that_are_training_pictures_too_do_not_measure(train, held_out) -> None:
    mixed = torch.cat([held_out[:100], train[:30]])
    ruler = all_of(yardstick(train, mixed, pixels))
    assert ruler.copies == 30 and len(ruler.distances) == 100
    assert ruler.distances.nearest.min() > 0
