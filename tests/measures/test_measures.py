"""Measures say what is planted, beside the floor that real pictures come to."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
import torch
from torch import Tensor

from gan_lab.config import Data, RunConfig, put
from gan_lab.config.training import Training
from gan_lab.data import load, plane_of
from gan_lab.games import Onlooker
from gan_lab.latent import Model
from gan_lab.measures import (
    MEASURES,
    Material,
    Reference,
    Value,
    best_of,
    live_names,
    suitable,
    take,
)
from gan_lab.measures.material import Source
from gan_lab.metrics import inception
from gan_lab.metrics.judge import judge_of
from gan_lab.networks import Verdict
from gan_lab.presets import preset


def reference_of(name: str, preset_name: str = "quick") -> Reference:
    config = put(preset(preset_name).config, {"data.name": name})
    return Reference(config, load(config.data), load(config.data, train=False))


@pytest.fixture(scope="module")
def ring() -> Reference:
    return reference_of("ring", "plane-ring")


@pytest.fixture(scope="module")
def digits() -> Reference:
    return reference_of("digits")


def test_modes_that_are_left_out_are_missed(ring: Reference) -> None:
    generator = torch.Generator().manual_seed(0)
    half = plane_of("ring").only([0, 1, 2, 3]).draw(2500, generator)[0].float()
    every = plane_of("ring").draw(2500, generator)[0].float()
    some, all_ = (take(Material(ring, x), ["modes", "near", "js", "kl"]) for x in (half, every))
    assert some["modes"].number == 4 and some["modes"].floor == all_["modes"].number == 8
    assert some["near"].number == pytest.approx(all_["near"].number, abs=0.02)
    assert all_["js"].floor is not None
    assert some["js"].number > 0.1 > 5 * all_["js"].number
    assert all_["js"].number == pytest.approx(all_["js"].floor, abs=0.005)
    assert some["kl"].number > 10 * all_["kl"].number
    assert all_["kl"].n == 2500


def test_copies_of_training_pictures_are_memorised(digits: Reference) -> None:
    copied = Material(digits, digits.train.images[:300])
    fresh = Material(digits, digits.spare[:300])
    found, unseen = (take(one, ["memorised"])["memorised"] for one in (copied, fresh))
    assert found.number > 0.9
    assert found.floor is not None and found.floor < 0.1
    assert unseen.number < 0.1


@pytest.mark.parametrize(("learned", "gap"), [(1.0, 1.0), (0.5, 0.5), (0.0, 0.0)])
def test_the_gap_of_a_d_that_knows_its_pictures(
    digits: Reference, learned: float, gap: float
) -> None:
    """It calls real whatever is among a share of the training pictures that it is shown."""
    shown = digits.real[: round(359 * learned)]
    known = {one.numpy().tobytes() for one in shown}

    def look(labels: Tensor | None):
        def score(x: Tensor) -> Verdict:
            pictures = ((x + 1.0) * 127.5).round().byte()
            there = [one.numpy().tobytes() in known for one in pictures]
            return Verdict(torch.tensor(there).float()[:, None] * 2 - 1, [])

        return score

    onlooker = Onlooker(look, lambda images: images.float() / 127.5 - 1.0, (), 1)
    model = Model(Blank(), digits.config, digits.kind, 0)
    source = Source(model, torch.zeros(359, digits.config.latent.dim), onlooker)
    value = take(Material(digits, digits.spare[:359], source=source), ["d-gap"])["d-gap"]
    assert value.number == pytest.approx(gap, abs=0.03)
    assert value.n == 359


class Blank(torch.nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return -torch.ones(len(z), 1, 8, 8)


def test_right_answers_are_perfect() -> None:
    reference = reference_of("shapes", "srgan-small")
    right = reference.spare[:50]
    values = take(Material(reference, right, answers=right), ["psnr", "ssim"])
    assert values["psnr"].number == 100.0
    assert values["ssim"].number == pytest.approx(1.0)
    noise = torch.randint(-9, 10, right.shape, generator=torch.Generator().manual_seed(1))
    off = (right.int() + noise).clamp(0, 255).byte()
    worse = take(Material(reference, off, answers=right), ["psnr", "ssim"])
    assert 25 < worse["psnr"].number < 50 and worse["ssim"].number < 1.0


def test_the_choice_of_the_best_names_measures() -> None:
    choices = set(get_args(get_type_hints(Training)["best_by"])) - {"auto", "none"}
    assert choices <= set(MEASURES)


@pytest.mark.parametrize(
    ("preset_name", "data", "judge", "best"),
    [
        ("plane-ring", "ring", False, ("js", "less")),
        ("quick", "digits", True, ("frechet-classifier", "less")),
        ("quick", "digits", False, ("swd", "less")),
        ("pix2pix-small", "", False, ("psnr", "more")),
        ("cyclegan-small", "", False, ("swd", "less")),
    ],
)
def test_the_best_state_is_kept_by_what_says_most(preset_name, data, judge, best) -> None:
    config = preset(preset_name).config
    if data:
        config = put(config, {"data.name": data})
    kind = load(config.data).kind
    assert best_of(config, kind, judge) == best
    assert best[0] in live_names(config, kind, judge)
    assert best_of(put(config, {"training.best_by": "none"}), kind, judge) is None


def test_a_choice_that_does_not_suit_the_data_counts_as_auto() -> None:
    config = put(RunConfig(data=Data(name="digits")), {"training.best_by": "js"})
    assert best_of(config, load(config.data).kind, have_judge=False) == ("swd", "less")
    config = put(config, {"training.best_by": "coverage-pixels"})
    assert best_of(config, load(config.data).kind, have_judge=False) == ("coverage-pixels", "more")


def test_every_measure_has_words() -> None:
    for name, one in MEASURES.items():
        assert one.name == name
        assert one.meaning.endswith(".") and one.meaning.count(". ") <= 1, name
        assert "{" not in one.title(RunConfig())


def test_pictures_of_some_classes_only_are_found_out(digits: Reference) -> None:
    """Real pictures, but of two classes: believable, with little of the variety."""
    judged = Reference(
        digits.config, digits.train, load(digits.config.data, train=False),
        judge_of(digits.train, load(digits.config.data, train=False)),
    )  # fmt: skip
    assert judged.spare_labels is not None
    few = judged.spare[judged.spare_labels < 2]
    names = live_names(digits.config, digits.kind, have_judge=True)
    assert "coverage-pixels" not in names and "coverage-classifier" in names
    values = take(Material(judged, few), [*names, "kernel-classifier"])
    floors = {name: value.floor or 0.0 for name, value in values.items()}
    assert values["modes"].number < 5 < floors["modes"]
    assert values["classes-kl"].number > 1 > 3 * floors["classes-kl"]
    assert values["coverage-classifier"].number < 0.6 < floors["coverage-classifier"]
    assert values["recall-classifier"].number < floors["recall-classifier"]
    assert values["precision-classifier"].number > 0.8
    for name in ("swd", "frechet-classifier"):
        assert values[name].number > 1.3 * floors[name]
    assert values["kernel-classifier"].number > 10 * abs(floors["kernel-classifier"])


def test_one_picture_again_and_again_is_alike(digits: Reference) -> None:
    one = Material(digits, digits.spare[:1].expand(100, -1, -1, -1).contiguous())
    value = take(one, ["ms-ssim"])["ms-ssim"]
    assert value.number == pytest.approx(1.0) and value.floor is not None and value.floor < 0.6


def test_what_fakes_teach(digits: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_lab.metrics.classifier.LEAST", 30_000)
    told = put(digits.config, {"networks.labels": "concat"})
    reference = Reference(told, digits.train, digits.held_out or digits.train)
    n = 300
    images, labels = digits.train.images[:n], digits.train.labels
    assert labels is not None
    right = take(Material(reference, images, labels[:n]), ["gan-train", "gan-test"])
    wrong = take(Material(reference, images, (labels[:n] + 1) % 10), ["gan-train", "gan-test"])
    for name in ("gan-train", "gan-test"):
        floor = right[name].floor
        assert floor is not None and floor > 0.8 and right[name].n == n
        assert right[name].number > floor - 0.05
        assert wrong[name].number < 0.2
    # one picture a class, again and again
    first = torch.stack([images[labels[:n] == k][0] for k in labels[:n].tolist()])
    dull = take(Material(reference, first, labels[:n]), ["gan-train", "gan-test"])
    assert dull["gan-test"].number > dull["gan-train"].number + 0.1


def test_fakes_of_no_class_teach_nothing(digits: Reference) -> None:
    assert "gan-train" not in suitable(digits.config, digits.kind, have_judge=True)
    assert take(Material(digits, digits.train.images[:100]), ["gan-train", "gan-test"]) == {}


def test_inception_is_measured_where_it_is(
    digits: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "frechet-inception" not in suitable(digits.config, digits.kind, have_judge=True)
    monkeypatch.setattr(inception, "why_not", lambda: None)
    monkeypatch.setattr(inception, "features", lambda x: x.float().flatten(1)[:, :20] / 255)
    assert "frechet-inception" in suitable(digits.config, digits.kind, have_judge=True)
    half = Material(digits, digits.train.images[:200] // 2)
    found = take(half, ["frechet-inception", "kernel-inception"])
    assert set(found) == {"frechet-inception", "kernel-inception"}
    for value in found.values():
        assert value.floor is not None and value.number > value.floor
    assert not any(name.endswith("-inception") for name in
                   live_names(digits.config, digits.kind, have_judge=True))  # fmt: skip


def test_a_floor_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        Value(1.0, 10, float("nan"))


def test_where_nothing_is_held_out_copies_have_no_floor(digits: Reference) -> None:
    alone = Reference(digits.config, digits.train, digits.train)
    assert alone.held_out is None
    found = take(Material(alone, digits.train.images[:200]), ["memorised"])
    assert "memorised" not in found or found["memorised"].floor is None


def test_a_title_names_own_pictures_and_not_where_they_lie():
    config = put(preset("quick").config, {"data.name": "/srv/sent/ada/birds"})
    titles = [measure.title(config) for measure in MEASURES.values()]
    assert "Fréchet distance, classifier of birds (64 features)" in titles
    assert not any("/srv" in title for title in titles)
