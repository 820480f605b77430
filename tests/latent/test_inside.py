"""Looking into G: activations, channels off and up, which of them matter."""

import pytest
import torch
from torch import nn

from gan_lab.config import ConfigError, LayerSpec, RunConfig, put
from gan_lab.data import Kind, load
from gan_lab.games import game_of
from gan_lab.latent import Model, inside
from gan_lab.latent.inside import Turned
from gan_lab.networks import Staged, generator
from gan_lab.presets import presets
from gan_lab.randomness import seeded
from gan_lab.training.trainer import Trainer

COLUMNS = (
    LayerSpec(kind="linear", channels=2 * 4 * 4),
    LayerSpec(kind="reshape", side=4),
    LayerSpec(kind="conv", channels=2, kernel=1, groups=2, activation="relu"),
    LayerSpec(kind="conv", channels=1, kernel=1),
)
"""Channels 0 and 1 from end to end; the last layer adds them up."""


@pytest.fixture
def halves() -> Model:
    """A G whose channel 0 draws the left half of the picture alone, and channel 1 the right."""
    config = put(
        RunConfig(),
        {"latent.dim": 3, "networks.g.family": "layers", "networks.g.layers": COLUMNS,
         "networks.g.output": "linear"},
    )  # fmt: skip
    with seeded(0):
        g = generator(config.networks.g, (3,), 1, 4)
    linear, conv, last = g[0][0], g[2][0], g[3][0]
    with torch.no_grad():
        drawn = torch.zeros(2, 4, 4)
        drawn[0, :, :2] = drawn[1, :, 2:] = 1.0
        linear.weight.copy_(drawn.flatten()[:, None] * torch.tensor([[0.1, 0.2, 0.3]]))
        linear.bias.zero_()
        for part in (conv, last):
            part.weight.fill_(1.0)
            part.bias.zero_()
    return Model(g.eval().requires_grad_(False), config, Kind(1, 4, ()), 0)


Z = torch.tensor([[1.0, 1.0, 1.0]])  # 0.6 all over


def test_a_channel_that_is_switched_off_takes_with_it_exactly_what_it_feeds(halves):
    before = halves.raw(Z)
    after = inside.altered(halves, Z, turned=[Turned(3, 0, 0.0)])
    assert torch.equal(after[..., 2:], before[..., 2:]), "the other half is the same to the bit"
    assert torch.count_nonzero(after[..., :2]) == 0
    assert before[..., :2].allclose(torch.tensor(0.6))


def test_a_louder_channel_is_seen_where_it_draws(halves):
    louder = inside.altered(halves, Z, turned=[Turned(3, 1, 3.0)])
    assert louder[..., 2:].allclose(torch.tensor(1.8)) and louder[..., :2].allclose(
        torch.tensor(0.6)
    )


def test_turns_of_one_channel_multiply_and_of_two_add_up(halves):
    twice = inside.altered(halves, Z, turned=[Turned(3, 0, 2.0), Turned(3, 0, 0.5)])
    assert torch.equal(twice, halves.raw(Z))
    both = inside.altered(halves, Z, turned=[Turned(2, 0, 0.0), Turned(3, 1, 0.0)])
    assert torch.count_nonzero(both) == 0


def test_what_matters_is_what_the_picture_loses(halves):
    # half of the pixels fall from .6 to 0, where the whole range is from -1 to 1
    found = inside.importance(halves, Z, 3)
    assert found.allclose(torch.tensor([0.15, 0.15]))
    assert inside.importance(halves, Z, 3, channels=[1]).tolist() == found[1:].tolist()
    left_off = inside.importance(halves, Z, 3, turned=[Turned(3, 0, 0.0)])
    assert left_off.tolist() == pytest.approx([0.0, 0.15]), "what is off already loses nothing"
    units = inside.importance(halves, Z, 1)
    assert units.count_nonzero() == 16, "each of the other units draws nothing"


def test_activations_are_what_each_stage_gives(halves):
    found = inside.activations(halves, Z)
    assert [tuple(x.shape[1:]) for x in found] == [s.shape for s in inside.stages(halves)]
    assert torch.equal(found[-1], halves.raw(Z))
    assert found[2][0, 0].flatten().tolist() == pytest.approx([0.6, 0.6, 0, 0] * 4)
    off = inside.activations(halves, Z, turned=[Turned(3, 0, 0.0)])
    assert torch.equal(off[1], found[1]) and torch.count_nonzero(off[2][0, 0]) == 0


@pytest.mark.parametrize(
    ("turned", "words"),
    [
        (Turned(0, 0, 1.0), "choose 1 to 4"),
        (Turned(5, 0, 1.0), "choose 1 to 4"),
        (Turned(3, 2, 1.0), "choose 0 to 1"),
        (Turned(3, -1, 1.0), "choose 0 to 1"),
        (Turned(3, 0, 4.1), "0 to 4"),
        (Turned(3, 0, float("nan")), "0 to 4"),
    ],
)
def test_what_is_not_there_cannot_be_turned(halves, turned, words):
    with pytest.raises(ConfigError, match=words):
        inside.altered(halves, Z, turned=[turned])


def test_a_network_without_stages_is_refused_in_words(halves):
    model = Model(nn.Linear(3, 3), halves.config, halves.kind, 0)
    with pytest.raises(ConfigError, match="no stages"):
        inside.stages(model)


# -- every network ------------------------------------------------------------------------------


FROM_NOISE = [name for name, one in presets().items() if game_of(one.config).from_noise]


def _model(trainer: Trainer) -> Model:
    return Model(trainer.shown()["G"], trainer.config, trainer.pictures.kind, trainer.steps)


@pytest.mark.parametrize("name", FROM_NOISE)
def test_every_preset_can_be_looked_into(small, name):
    config = small(None, name)
    trainer = Trainer(config, load(config.data))
    trainer.round()
    _looked_into(_model(trainer))


@pytest.mark.parametrize("family", ["dcgan", "dense", "residual"])
@pytest.mark.parametrize("labels", ["none", "concat"])
def test_every_family_can_be_looked_into(trainer, family, labels):
    t = trainer({"networks.g.family": family, "networks.labels": labels})
    t.round()
    _looked_into(_model(t))


@pytest.mark.parametrize("seen", [0, 30, 45, 80])
def test_a_network_that_grows_can_be_looked_into_at_every_level(trainer, seen):
    t = trainer(name="progressive-small")
    while t.seen < seen:
        t.round()
    _looked_into(_model(t))


@torch.no_grad()
def _looked_into(model: Model) -> None:
    assert isinstance(model.network, Staged)
    z = model.draw(3)
    labels = torch.tensor([0, 1, 2]) if model.classes else None
    raw, stages = model.raw(z, labels), inside.stages(model)
    found = inside.activations(model, z, labels)
    assert torch.equal(found[-1], raw), "to the bit"
    assert [tuple(x.shape[1:]) for x in found] == [stage.shape for stage in stages]
    assert [stage.number for stage in stages] == list(range(1, len(stages) + 1))
    assert all(stage.name for stage in stages)
    every = [Turned(s.number, c, 1.0) for s in stages for c in range(s.shape[0])]
    assert torch.equal(inside.altered(model, z, labels, every), raw), "1 changes nothing"
    hidden = stages[len(stages) // 2]
    one = None if labels is None else labels[:1]
    ranked = inside.importance(model, z[:1], hidden.number, one)
    assert ranked.shape == hidden.shape[:1]
    # the walk that splits into many agrees with one channel after the other
    each = [
        inside.difference(
            model, raw[:1], inside.altered(model, z[:1], one, [Turned(hidden.number, c, 0.0)])
        )
        for c in range(hidden.shape[0])
    ]
    assert ranked.allclose(torch.cat(each), atol=1e-5)
    assert torch.equal(model.raw(z, labels), raw), "the network is as it was"
