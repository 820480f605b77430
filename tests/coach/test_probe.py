"""A look at players whose faults are known because they were planted."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gan_lab.coach.faults import at_the_ends, fine_patterns, memories
from gan_lab.coach.probe import Probe, probe
from gan_lab.coach.reals import Reals
from gan_lab.config import Data, RunConfig, put
from gan_lab.data import Kind, Pictures, load, to_range
from gan_lab.games import game_of
from gan_lab.networks import Critic
from gan_lab.presets import preset
from gan_lab.training.trainer import Trainer

SMALL_GAMES = (
    "plane-ring", "pix2pix-small", "srgan-small", "cyclegan-small", "progressive-small", "acgan",
    "cgan-projection", "cgan", "minibatch-discrimination", "wgan-clip", "ragan", "vanilla",
)  # fmt: skip


class Fixed(nn.Module):
    """A G that gives the same pictures whatever z is, one for each place in the batch."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        self.images = images

    def forward(self, z: Tensor) -> Tensor:
        return self.images[torch.arange(len(z)) % len(self.images)] + 0.0 * z.sum()


class Knowing(nn.Module):
    """A D that likes some pictures and nothing else."""

    def __init__(self, known: Tensor) -> None:
        super().__init__()
        self.known = known.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        far = torch.cdist(x.flatten(1), self.known).amin(1, keepdim=True)
        return 3.0 - 6.0 * (far > 0.5).float() - 1e-3 * far


@pytest.fixture(scope="module")
def sides() -> tuple[Pictures, Pictures]:
    """Digits of 16 px, 400 of them held out."""
    every = load(Data(name="digits", size=16))
    aside = torch.arange(len(every)) % 3 == 0
    return every.chosen(~aside), every.chosen(aside)


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return put(RunConfig(), {"data.name": "digits", "data.size": 16})


def _d(body: nn.Module, config: RunConfig) -> Critic:
    return Critic(body, config.networks.d)


@pytest.fixture
def seen(config: RunConfig, sides: tuple[Pictures, Pictures]) -> Callable[..., Probe]:
    def look(images: Tensor, body: nn.Module | None = None) -> Probe:
        """What is seen of a G that makes these pictures (uint8)."""
        g = Fixed(to_range(images, "tanh"))
        judges = {} if body is None else {"D": _d(body, config)}
        return probe(config, sides[0].kind, 1, {"G": g}, judges, Reals(config, *sides))

    return look


def test_real_pictures_that_nobody_was_trained_on_have_no_faults(
    seen: Callable[..., Probe], sides: tuple[Pictures, Pictures]
) -> None:
    found = seen(sides[1].images.flip(0))
    assert found.spread == pytest.approx(1.0, abs=0.1)
    assert found.twins is not None and found.twins < 0.1
    assert found.copies is not None and found.copies < 0.05
    assert found.checkers is not None and found.checkers < 1.5
    assert found.blank == pytest.approx(0.0, abs=0.05)
    assert found.right_train is None and found.dead is None


def test_one_picture_for_every_z_has_no_spread(
    seen: Callable[..., Probe], sides: tuple[Pictures, Pictures]
) -> None:
    found = seen(sides[1].images[:1])
    assert found.spread == pytest.approx(0.0, abs=1e-3)
    assert found.twins == 1.0


def test_a_checkerboard_that_is_added_is_seen(
    seen: Callable[..., Probe], sides: tuple[Pictures, Pictures]
) -> None:
    images = sides[1].images.float()
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    for pattern in ((rows + columns) % 2, columns % 2, ((columns // 2) % 2)):
        marked = (images * 0.7 + 20.0 + 30.0 * pattern).round().clamp(0, 255).byte()
        plain = (images * 0.7 + 35.0).round().clamp(0, 255).byte()
        with_it, without = seen(marked).checkers, seen(plain).checkers
        assert with_it is not None and without is not None
        assert with_it > 4.0 * without


def test_noise_is_no_pattern() -> None:
    noise = torch.randint(256, (256, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    found = fine_patterns(noise.byte())
    assert found is not None and float(found.min()) > 0.7 and float(found.max()) < 1.4
    assert fine_patterns(noise[..., :8, :8].byte()) is None


def test_pictures_at_the_ends_of_the_range_are_blank(
    seen: Callable[..., Probe], sides: tuple[Pictures, Pictures]
) -> None:
    found = seen(torch.zeros_like(sides[1].images))
    assert found.blank is not None and found.blank_real is not None
    assert found.blank + found.blank_real == pytest.approx(1.0)
    assert found.blank_real == pytest.approx(at_the_ends(sides[0].images), abs=0.05)


def test_copies_of_training_pictures_are_seen(
    seen: Callable[..., Probe], sides: tuple[Pictures, Pictures]
) -> None:
    half = torch.cat([sides[0].images[:64], sides[1].images[:64]])
    assert seen(sides[0].images[:128]).copies == 1.0
    assert seen(half).copies == pytest.approx(0.5, abs=0.05)


def test_a_picture_is_not_its_own_memory() -> None:
    flat = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    assert memories(flat, flat, itself=True)[0].tolist() == [1.0, 1.0, 2.0, 4.0]
    assert memories(flat, flat)[0].tolist() == [0.0] * 4


def test_a_d_that_knows_its_pictures_by_heart_is_right_of_them_alone(
    seen: Callable[..., Probe], sides: tuple[Pictures, Pictures]
) -> None:
    knowing = Knowing(to_range(sides[0].images, "tanh"))
    found = seen(sides[1].images[200:] // 2, knowing)
    assert (found.right_train, found.right_fake) == (1.0, 1.0)
    assert found.right_held_out is not None and found.right_held_out < 0.05


def test_the_slope_is_that_of_gs_loss(
    seen: Callable[..., Probe], sides: tuple[Pictures, Pictures]
) -> None:
    body = nn.Sequential(nn.Flatten(), nn.Linear(256, 1))
    linear = body[1]
    assert isinstance(linear, nn.Linear)
    nn.init.zeros_(linear.bias)
    found = seen(torch.full_like(sides[1].images[:1], 128), body)  # hardly other than 0
    # softplus(-w·x) at w·x = 0 has the slope -w/2
    assert found.slope == pytest.approx(float(linear.weight.detach().norm()) / 2.0, rel=0.05)


def test_units_that_never_fire_are_counted(sides: tuple[Pictures, Pictures]) -> None:
    config = put(
        preset("vanilla").config,
        {"data.name": "digits", "data.size": 16, "networks.g.hidden": (10, 30),
         "networks.g.activation": "relu", "networks.g.batch_norm": "nowhere"},
    )  # fmt: skip
    game = game_of(config)
    kind = sides[0].kind
    g, d = game.generators(config, kind)["G"].eval(), game.discriminators(config, kind)["D"].eval()
    layers = [m for m in g.modules() if isinstance(m, nn.Linear)]
    with torch.no_grad():
        for layer in layers:
            layer.weight *= 0.01  # so that the constants decide alone
        layers[0].bias[:] = 5.0
        layers[1].bias[:] = 5.0
        layers[1].bias[:10] = -1e4
    found = probe(config, kind, 3, {"G": g}, {"D": d}, Reals(config, *sides))
    assert found.dead is not None
    assert found.dead["G"] == pytest.approx(10 / 40)
    assert found.dead["D"] == 0.0  # leaky: always something


@pytest.mark.parametrize("name", SMALL_GAMES)
def test_every_game_can_be_looked_at_and_nothing_changes(
    name: str, small: Callable[..., RunConfig]
) -> None:
    config = small(name=name)
    train, aside = load(config.data), load(config.data, train=False)
    trainer = Trainer(config, train, aside)
    trainer.round()
    players = trainer.game.players
    shown = {n: copy.deepcopy(p.shown).eval() for n, p in players.items() if p.shown is not None}
    raw = {n: copy.deepcopy(p.network).eval() for n, p in players.items() if p.role == "g"}
    judges = {n: copy.deepcopy(p.network).eval() for n, p in players.items() if p.role == "d"}
    every = {"shown": shown, "raw": raw, "judges": judges}
    before = {k: {n: copy.deepcopy(m.state_dict()) for n, m in v.items()} for k, v in every.items()}
    process = torch.get_rng_state()
    reals = Reals(config, train, aside)
    look = [probe(config, train.kind, 1, shown, judges, reals, raw) for _ in range(2)]
    assert look[0] == look[1]
    assert torch.equal(process, torch.get_rng_state())
    for part, networks in every.items():
        for n, network in networks.items():
            assert not any(m._forward_hooks for m in network.modules())
            for key, value in network.state_dict().items():
                assert torch.equal(value, before[part][n][key])
    found = look[0]
    assert found.spread is not None and math.isfinite(found.spread)
    if game_of(config).from_noise:
        assert found.right_train is not None and found.slope is not None
    assert (found.copies is None) == (train.kind.points or not game_of(config).from_noise)


@pytest.mark.parametrize("name", ["plane-ring", "pix2pix-small", "cgan"])
def test_networks_that_fell_apart_give_nothing(name: str, small: Callable[..., RunConfig]) -> None:
    config = small(name=name)
    train, aside = load(config.data), load(config.data, train=False)
    game = game_of(config)
    g, d = game.generators(config, train.kind), game.discriminators(config, train.kind)
    for network in (*g.values(), *d.values()):
        network.eval()
        with torch.no_grad():
            for weight in network.parameters():
                weight.fill_(torch.nan)
    found = probe(config, train.kind, 9, g, d, Reals(config, train, aside))
    numbers = dataclasses.asdict(found)
    assert {k for k, v in numbers.items() if v is not None} == {"step", "n"}


def test_a_set_without_pictures_aside_gives_no_number_for_them(config: RunConfig) -> None:
    few = load(Data(name="digits", size=16)).chosen(torch.arange(1438) < 40)
    reals = Reals(config, few, few)
    assert reals.held_out is None and reals.count == 40
    game, kind = game_of(config), Kind(1, 16, few.classes)
    g, d = game.generators(config, kind), game.discriminators(config, kind)
    found = probe(config, kind, 1, g, d, reals)
    assert found.right_held_out is None and found.right_train is not None
    assert found.copies is not None
