"""A probe made of what the page shows: variety, twins, pixels, D's shares, how far fakes move."""

from __future__ import annotations

import pytest
import torch

from gan_lab.coach.preview_probe import MOST, PreviewProbes
from gan_lab.data import Data, load
from gan_lab.games import Seen
from gan_lab.games.opinion import of_scores
from gan_lab.presets import preset

CONFIG = preset("quick").config


@pytest.fixture(scope="module")
def pictures():
    return load(Data(name="digits", size=16))


@pytest.fixture
def probes(pictures):
    return PreviewProbes(CONFIG, pictures)


def seen(fakes: torch.Tensor, real: float = 2.0, fake: float = -2.0) -> Seen:
    scores = torch.full((32, 1), real), torch.full((len(fakes), 1), fake)
    return Seen({}, {"D": of_scores(CONFIG, *scores)}, fakes)


def test_real_images_in_the_place_of_fakes_are_varied(probes, pictures) -> None:
    found = probes.take(700, seen(pictures.images[200:264]))
    assert (found.step, found.n) == (700, MOST)
    assert 0.9 < found.spread < 1.1
    assert found.twins < 0.3 and abs(found.blank) < 0.1
    assert (found.right_train, found.right_fake) == (1.0, 1.0)
    assert found.right_held_out is found.dead is found.copies is None


def test_one_image_over_and_over_is_a_collapse(probes, pictures) -> None:
    found = probes.take(700, seen(pictures.images[:1].repeat(64, 1, 1, 1), fake=2.0))
    assert found.spread == pytest.approx(0.0, abs=1e-6) and found.twins == 1.0
    assert found.right_fake == 0.0


def test_large_images_are_compared_when_they_are_small(pictures) -> None:
    large = torch.nn.functional.interpolate(pictures.images.float(), (128, 128)).to(torch.uint8)
    probes = PreviewProbes(CONFIG, pictures)
    assert probes._flat(large[:64]).shape == (64, 16 * 16)
    assert len(probes._flat(large[:300])) == MOST


def test_how_far_fakes_have_moved(probes, pictures) -> None:
    assert probes.small is None and probes.change_since(torch.zeros(1)) is None
    probes.take(10, seen(pictures.images[:64]))
    then = probes.small
    assert probes.change_since(then) == 0.0 and probes.change_since(None) is None
    probes.take(90, seen(pictures.images[64:128]))
    assert 0.7 < probes.change_since(then) < 1.3
    assert probes.change_since(then[:5]) is None


def test_scores_that_are_no_numbers_say_nothing(probes, pictures) -> None:
    assert probes.take(9, seen(pictures.images[:64], fake=torch.nan)) is None
    assert probes.take(9, Seen({}, {})) is None


@pytest.mark.parametrize(
    "name", ["quick", "cgan", "plane-ring", "pix2pix-small", "cyclegan-small", "srgan-small"]
)
def test_every_game_says_what_its_fakes_are(name: str, trainer) -> None:
    run = trainer({}, name)
    run.round()
    before = run.state_dict()["streams"]
    preview = run.look()
    found = PreviewProbes(run.config, run.pictures).take(1, preview)
    assert preview.fakes is not None and found is not None
    assert found.spread is not None and (found.blank is None) == run.pictures.kind.points
    assert str(before) == str(run.state_dict()["streams"])
    from_noise = name in ("quick", "cgan", "plane-ring")
    assert (found.right_fake is not None) == (found.twins is not None) == from_noise
