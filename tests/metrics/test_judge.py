"""A judge learns real digits, is kept by what it has learned, and costs nobody else anything."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan_lab.config import Data
from gan_lab.data import DataError, Pictures, load
from gan_lab.metrics import judge as rooms
from gan_lab.metrics.classifier import Classifier, Stopped, steps_for, taught
from gan_lab.metrics.judge import SHIPPED, cached, judge_of, kept_judge, key_of


@pytest.fixture(scope="module")
def sets():
    """Three classes of digits: quick to learn, and none that is shipped."""
    return (
        load(Data(name="digits:0,1,2")),
        load(Data(name="digits:0,1,2"), train=False),
    )


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("gan_lab.metrics.classifier.LEAST", 6000)


def test_it_tells_digits_apart_and_says_so(sets, quick):
    train, held_out = sets
    judge = judge_of(train, held_out)
    right = (judge.classes(held_out.images) == held_out.labels).double().mean()
    assert judge.accuracy == pytest.approx(float(right)) and judge.accuracy > 0.95
    assert judge.held_out == len(held_out)
    assert judge.name == f"classifier of digits, 64 features, {judge.accuracy * 100:.1f} % right"
    features = judge.features(held_out.images)
    assert features.shape == (len(held_out), 64) and features.dtype == torch.float32
    shares = judge.probabilities(held_out.images)
    assert torch.allclose(shares.sum(1), torch.ones(len(held_out)))
    assert torch.equal(shares.argmax(1), judge.classes_of(features))


def test_it_is_found_again_and_never_trained_by_looking(sets, quick, monkeypatch):
    train, held_out = sets
    assert kept_judge(train) is None
    first = judge_of(train, held_out)
    monkeypatch.setattr(rooms, "taught", lambda *_, **__: pytest.fail("trained again"))
    for again in (judge_of(train, held_out), kept_judge(train)):
        assert again.accuracy == first.accuracy
        assert torch.equal(again.features(held_out.images), first.features(held_out.images))


def test_other_pictures_or_labels_are_another_judges(sets):
    train, _ = sets
    pixels = train.images.clone()
    pixels[0, 0, 0, 0] += 1
    others = [replace(train, images=pixels), replace(train, labels=train.labels.flip(0))]
    assert len({key_of(one) for one in (train, *others)}) == 3
    assert key_of(replace(train, name="else")) == key_of(train)


@pytest.mark.parametrize("damage", ["cut", "empty", "not finite", "of another"])
def test_a_damaged_file_is_trained_anew(sets, quick, damage):
    train, held_out = sets
    judge = judge_of(train, held_out)
    path = cached(judge.key)
    if damage in ("cut", "empty"):
        path.write_bytes(path.read_bytes()[: 3000 if damage == "cut" else 0])
    else:
        state = torch.load(path, weights_only=True)
        if damage == "not finite":
            state["weights"]["head.bias"][0] = float("nan")
        else:
            state["key"] = "0" * 32
        torch.save(state, path)
    assert kept_judge(train) is None
    again = judge_of(train, held_out)
    assert torch.equal(again.network.head.weight, judge.network.head.weight)
    assert kept_judge(train) is not None
    assert not list(path.parent.glob("*.writing"))


def test_a_folder_that_takes_nothing_costs_only_the_cache(sets, quick, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "file"))
    train, held_out = sets
    assert judge_of(train, held_out).accuracy > 0.9
    assert kept_judge(train) is None


def test_a_file_that_would_run_code_is_refused(sets):
    import pickle

    train, _ = sets
    path = cached(key_of(train))
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps({"key": Path}))
    assert kept_judge(train) is None


def test_it_draws_from_nobody_else(sets, quick):
    train, _ = sets
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    one = taught(train.images, train.labels, 3)
    with torch.no_grad():
        torch.rand(5)
        state = torch.random.get_rng_state()
        two = taught(train.images, train.labels, 3)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert all(map(torch.equal, one.state_dict().values(), two.state_dict().values()))
    other = taught(train.images, train.labels, 3, seed=1)
    assert not torch.equal(one.head.weight, other.head.weight)
    torch.random.set_rng_state(before)


def test_it_can_be_followed_and_stopped(sets, quick):
    train, held_out = sets
    heard = []
    judge_of(train, held_out, progress=heard.append)
    assert len(heard) == steps_for(len(train)) and heard == sorted(heard) and heard[-1] == 1.0
    with pytest.raises(Stopped):
        judge_of(held_out, train, progress=heard.append, stop=lambda: True)
    assert kept_judge(held_out) is None


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (17, 3), (28, 1), (64, 3), (128, 3)])
def test_it_looks_at_any_size(size, channels):
    images = torch.zeros(3, channels, size, size, dtype=torch.uint8)
    assert Classifier(channels, size, 7).features(images).shape == (3, 64)


def test_small_sets_are_seen_often_but_not_for_ever():
    assert steps_for(60_000) == 1406  # three times
    assert steps_for(1438) == 41 * 1438 // 128
    assert steps_for(2) == 100


def test_what_cannot_be_judged_is_said_in_words(sets, quick):
    train, held_out = sets
    with pytest.raises(ValueError, match="classes"):
        judge_of(replace(train, labels=None, classes=()), held_out)
    with pytest.raises(ValueError, match="one class"):
        judge_of(load(Data(name="digits:3")), held_out)
    with pytest.raises(ValueError, match="no pictures with classes"):
        judge_of(load(Data(name="ring")), held_out)
    with pytest.raises(ValueError, match="8 px"):
        judge_of(
            Pictures("tiny", train.images[:, :, :4, :4], train.labels, train.classes), held_out
        )
    with pytest.raises(ValueError, match="held-out"):
        judge_of(train, replace(held_out, labels=None))
    assert kept_judge(load(Data(name="ring"))) is None
    judge = judge_of(train, held_out)
    with pytest.raises(ValueError, match="1×8×8"):
        judge.features(train.images.repeat(1, 3, 1, 1))


@pytest.mark.parametrize(("name", "least"), [("digits", 0.97), ("mnist", 0.985), ("fashion", 0.89)])
def test_the_shipped_ones_are_as_right_as_they_say(name, least):
    assert (SHIPPED / f"{name}.pt").stat().st_size < 700_000
    try:
        train, held_out = load(Data(name=name)), load(Data(name=name), train=False)
    except DataError as missing:
        pytest.skip(str(missing))
    judge = kept_judge(train)
    assert judge is not None and judge.accuracy >= least
    right = float((judge.classes(held_out.images) == held_out.labels).double().mean())
    assert right == pytest.approx(judge.accuracy, abs=3 / len(held_out))
