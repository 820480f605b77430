"""Known answers: what was planted in a generator is found, by each way that there is."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from gan_lab.config import Data, put
from gan_lab.data import Kind, load
from gan_lab.latent.attributes import along, predictions, sampled
from gan_lab.latent.directions import DirectionError, towards
from gan_lab.latent.entrance import early, first_matrix
from gan_lab.latent.learned import from_attributes, from_groups, from_values
from gan_lab.latent.measures import (
    Attribute,
    Known,
    Learning,
    auc,
    known_faces,
    learning_of,
    measure_of,
    r_squared,
)
from gan_lab.latent.pca import principal
from gan_lab.latent.sefa import factorised
from gan_lab.networks import generator
from gan_lab.presets import preset
from tests.latent.planted import DIM, Drawn, linear, model, unit


def cos(a, b):
    return float(F.cosine_similarity(a, b, dim=0))


@pytest.mark.parametrize("find", [principal, factorised])
@pytest.mark.parametrize("noise", ["gaussian", "uniform"])
def test_the_planted_direction_comes_first(find, noise):
    planted = unit(5)
    found = find(model(linear(planted), noise=noise))
    assert abs(cos(found[0].vector, planted)) >= 0.99
    assert abs(cos(found[1].vector, planted)) < 0.2
    assert all(one.vector.norm() == pytest.approx(1, abs=1e-5) for one in found)
    assert found[0].name.endswith(" 1") and found[0].step == 7


@pytest.mark.parametrize("find", [principal, factorised])
def test_of_a_model_that_is_told_a_class_only_z_counts(find):
    network = linear(unit(5), classes=3)
    network[0].weight.data[:, DIM:] *= 500  # classes differ more than anything else
    m = model(network, classes=("a", "b", "c"))
    assert abs(cos(find(m)[0].vector, unit(5))) >= 0.99


def test_pca_knows_how_much_it_explains():
    outputs = torch.linalg.qr(torch.randn(64, 2, generator=torch.Generator().manual_seed(0)))[0]
    layer = nn.Linear(DIM, 64, bias=False)
    layer.weight.data = outputs @ torch.diag(torch.tensor([3.0, 1.0])) @ torch.eye(DIM)[:2]
    found = principal(model(layer), samples=4000)
    assert len(found) == 2  # nothing else ever changes
    assert found[0].note.startswith(("89", "90", "91"))
    assert abs(found[0].vector[0]) > 0.99 and abs(found[1].vector[1]) > 0.99


def test_the_same_model_gives_the_same_directions():
    m = model(linear(unit(5)))
    for find in (principal, factorised):
        for a, b in zip(find(m), find(m), strict=True):
            assert torch.equal(a.vector, b.vector)


FAMILIES = {
    "dense": {"networks.g.family": "dense"},
    "dcgan": {},
    "residual": {"networks.g.family": "residual", "networks.g.init": "fixup"},
    "progressive": {"networks.g.family": "progressive", "networks.g.init": "equalised"},
}


@pytest.mark.parametrize("name", ["dcgan", "dense", "residual", "progressive"])
def test_the_first_layer_of_every_family_is_found(small, name):
    config = small(FAMILIES[name])
    torch.manual_seed(0)
    network = generator(config.networks.g, (DIM,), 1, 8).eval()
    m = model(network)
    first = next(one for one in network.modules() if isinstance(one, nn.Linear))
    assert torch.allclose(first_matrix(m), first.weight.T, atol=1e-6)
    for find in (principal, factorised):
        assert len(find(m, 5)) == 5


@pytest.mark.parametrize("name", ["dcgan-tutorial", "tutorial-mnist", "r3gan", "stacked-mnist"])
def test_presets_have_directions(small, name):
    config = preset(name).config
    torch.manual_seed(0)
    network = generator(config.networks.g, (DIM,), 1, config.data.size or 28).eval()
    m = model(network, size=config.data.size or 28)
    assert len(factorised(m, 3)) == len(principal(m, 3, samples=100)) == 3


def test_a_first_layer_that_is_a_transposed_convolution():
    torch.manual_seed(0)
    layer = nn.ConvTranspose2d(DIM, 4, 4, bias=True)
    network = nn.Sequential(nn.Unflatten(1, (DIM, 1, 1)), layer, nn.ReLU(), nn.Conv2d(4, 1, 1))
    assert torch.allclose(first_matrix(model(network)), layer.weight.flatten(1), atol=1e-6)
    assert len(early(network)) == 3


def test_activations_are_taken_behind_the_first_bend_that_is_not_the_last():
    network = nn.Sequential(nn.Linear(DIM, 4), nn.Tanh())
    assert len(early(network)) == 1
    assert len(early(nn.Sequential(*network, nn.Linear(4, 4)))) == 2


# -- learned -----------------------------------------------------------------------------------


def test_groups_find_a_planted_direction_although_labels_are_noisy():
    m, planted = model(linear(unit(5))), unit(6)
    z = m.draw(2000, 1)
    noise = torch.randn(2000, generator=torch.Generator().manual_seed(2))
    yes = z @ planted + 0.5 * noise > 0
    found = from_groups(m, z[yes], z[~yes])
    assert cos(found.vector, planted) >= 0.99
    assert "left out" in found.note


def test_twenty_clicks_a_group_are_far_better_than_chance():
    """In 16 numbers a random direction has |cos| 0.2 on average."""
    m, planted = model(linear(unit(5))), unit(6)
    z = m.draw(300, 1)
    order = (z @ planted).argsort()
    found = from_groups(m, z[order[-20:]], z[order[:20]])
    assert cos(found.vector, planted) >= 0.9
    right, total = (int(found.note.split()[k]) for k in (6, 8))
    assert total == 40 and right >= 32


def test_groups_that_mean_nothing_say_so_when_pictures_are_left_out():
    m = model(linear(unit(5)))
    z = m.draw(400, 1)
    found = from_groups(m, z[:200], z[200:])
    assert 150 <= int(found.note.split()[6]) <= 250


@pytest.mark.parametrize(("these", "those"), [(2, 2), (5, 5), (2, 20), (20, 4)])
@pytest.mark.parametrize("noise", ["gaussian", "uniform"])
def test_few_clicks_that_mean_nothing_fit_as_often_as_not(these, those, noise):
    """Whatever the sizes of the groups: neither is the nearer one for its size alone."""
    m, count, right = model(linear(unit(5)), noise=noise), these + those, 0
    for seed in range(300):
        z = m.draw(count, seed)
        right += int(from_groups(m, z[:these], z[these:]).note.split()[6])
    assert right / (300 * count) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("n", "m"), [(1, 5), (5, 1), (0, 0)])
def test_a_group_needs_two_pictures(n, m):
    one = model(linear(unit(5)))
    with pytest.raises(DirectionError, match="at least 2"):
        from_groups(one, one.draw(n, 0), one.draw(m, 1))


def test_values_find_the_direction_along_which_they_rise():
    m, planted = model(linear(unit(5))), unit(6)
    z = m.draw(2000, 1)
    noise = torch.randn(2000, generator=torch.Generator().manual_seed(2))
    found = from_values(m, z, 3 * (z @ planted) + noise + 100, "value")
    assert cos(found.vector, planted) >= 0.99
    assert "90%" in found.note  # 9 parts of 10 are the planted direction's
    with pytest.raises(DirectionError, match="alike"):
        from_values(m, z, torch.ones(2000), "value")


def test_what_a_line_explains_is_told_of_pictures_that_it_has_not_learned_from():
    """Against leaving out one by one, by hand; in 64 numbers 100 pictures can learn any noise."""
    m = model(linear(unit(5, 64)), dim=64)
    z, generator = m.draw(100, 1), torch.Generator().manual_seed(2)
    noise = torch.randn(100, generator=generator)
    assert from_values(m, z, noise, "noise").note.startswith("a straight line explains 0%")

    values, missed = 2 * (z @ unit(6, 64)) + noise, []
    x = torch.cat([(z - z.mean(0)), torch.ones(100, 1)], 1).double()
    ridge = torch.diag(torch.tensor([1.0] * 64 + [0.0], dtype=torch.double))
    for i in range(100):
        rest = torch.arange(100) != i
        y = values[rest].double()
        slope = torch.linalg.solve(x[rest].T @ x[rest] + ridge, x[rest].T @ y)
        missed.append(float(values[i] - x[i] @ slope) ** 2)
    share = 1 - sum(missed) / 100 / float(values.var(correction=0))
    assert share > 0.3
    assert f"explains {share:.0%} of it" in from_values(m, z, values, "value").note


# -- attributes --------------------------------------------------------------------------------


def halves(images):
    """A measure by hand: brightness of the left half; whether the right one is bright."""
    means = images.float().mean((1, 2)) / 255
    left, right = means[:, :4].mean(1), means[:, 4:].mean(1)
    return torch.stack([left, (right > 0.5).float()], 1)


ATTRIBUTES = (Attribute("left", False, 1.0), Attribute("right", True, 1.0))


@pytest.fixture
def drawn():
    """Left follows z1, right z2."""
    return model(Drawn(lambda z: 0.3 * z[:, 0], lambda z: 0.3 * z[:, 1]))


def test_the_table_of_a_generator_that_is_known(drawn):
    axes = [towards(drawn, torch.eye(DIM)[k], f"z{k + 1}", "test") for k in range(3)]
    left, right, neither = predictions(axes, ATTRIBUTES, sampled(drawn, halves))
    assert left[0].correlation >= 0.99 and abs(left[1].correlation) < 0.1
    assert right[1].auc >= 0.999 and abs(right[0].correlation) < 0.1
    # of a normal number and its sign the correlation is √(2/π)
    assert right[1].correlation == pytest.approx((2 / torch.pi) ** 0.5, abs=0.02)
    assert abs(neither[0].correlation) < 0.1 and abs(neither[1].auc - 0.5) < 0.06
    assert left[0].auc != left[0].auc  # a number has none


def test_what_never_changes_is_not_predicted():
    m = model(Drawn(lambda z: 0 * z[:, 0], lambda z: 0 * z[:, 0] + 0.9))
    axis = towards(m, torch.eye(DIM)[0], "z1", "test")
    ((left, right),) = predictions([axis], ATTRIBUTES, sampled(m, halves, 100))
    assert left.correlation != left.correlation and right.auc != right.auc


def test_directions_from_labels_are_those_that_were_planted(drawn):
    seen = sampled(drawn, halves, 2000)
    left, right = from_attributes(drawn, seen.z, seen.values, ATTRIBUTES)
    assert abs(left.vector[0]) >= 0.99 and right.vector[1] >= 0.99
    blind = (Attribute("left", False, 0.2), ATTRIBUTES[1])
    assert [one.name for one in from_attributes(drawn, seen.z, seen.values, blind)] == ["right"]


def test_going_along_a_direction_changes_what_it_should(drawn):
    axis = towards(drawn, torch.eye(DIM)[0], "z1", "test")
    values = along(drawn, axis, halves, (-1, 0, 1))
    assert values[0, 0] < values[1, 0] < values[2, 0]
    assert values[0, 1] == values[2, 1]


def test_auc_counts_pairs_and_r_squared_variance():
    scores, flags = torch.tensor([0.1, 0.4, 0.4, 0.9]), torch.tensor([0.0, 0.0, 1.0, 1.0])
    assert auc(scores, flags) == pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert auc(scores, torch.ones(4)) != auc(scores, torch.ones(4))
    known = torch.tensor([1.0, 2.0, 3.0])
    assert r_squared(known, known) == 1
    assert r_squared(torch.full((3,), 2.0), known) == pytest.approx(0)


def test_digits_are_told_apart_by_a_measure_that_never_saw_the_held_out_ones():
    m = replace(model(linear(unit(5))), kind=Kind(1, 8, tuple("0123456789")))
    shares: list[float] = []
    measure = measure_of(m, shares.append)
    assert shares == sorted(shares) and shares[-1] == 1
    assert [a.name for a in measure.attributes] == list("0123456789")
    assert all(a.flag and a.skill > 0.95 and a.trusted for a in measure.attributes)
    held_out = load(m.config.data, train=False)
    told = measure(held_out.images).argmax(1)
    assert held_out.labels is not None
    assert (told == held_out.labels).float().mean() > 0.9
    assert measure_of(m) is measure  # learned once for all
    assert learning_of(m).measure is measure


def test_several_who_wait_for_a_measure_learn_it_together(monkeypatch):
    monkeypatch.setattr("gan_lab.latent.measures._STEPS", 96)
    known = Known(torch.zeros(4, 1, 8, 8, dtype=torch.uint8), torch.eye(4))
    learning = Learning(tuple("abcd"), known, known)
    shares: list[float] = []

    def wait() -> None:
        while learning.measure is None:
            shares.append(learning.advance())

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(shares) == 1 and len(set(shares)) == 12  # each part was learned once


def test_points_and_pictures_without_classes_are_refused_kindly(tmp_path):
    m = model(linear(unit(5)))
    with pytest.raises(DirectionError, match="points"):
        learning_of(replace(m, kind=Kind(2, 1, ("0", "1"))))
    for k in range(12):
        Image.fromarray(np.full((8, 8), 20 * k, np.uint8)).save(tmp_path / f"{k}.png")
    config = put(m.config, {"data.name": str(tmp_path), "data.size": 8})
    own = replace(m, config=config, real=load(config.data).digest)
    with pytest.raises(DirectionError, match="Nothing is known"):
        learning_of(own)


def test_drawn_faces_have_words_for_people_and_as_many_values():
    names, train, test = known_faces(Data(name="faces", size=8))
    assert len(names) == len(set(names)) == train.values.shape[1] == test.values.shape[1]
    assert {"smile", "glasses", "open mouth", "left to right"} <= set(names)
    assert len(train.images) == len(train.values) == 10_000 and len(test.images) == 1_000
    flags = test.values[:, names.index("glasses") :]
    assert set(flags.unique().tolist()) == {0.0, 1.0}
