"""The game in which pictures grow: when, what the players see, what is forgotten, what resumes."""

import pytest
import torch

from gan_lab.config import ConfigError, Training
from gan_lab.data import Kind
from gan_lab.games import Now, game_of, rehearse
from gan_lab.games.progressive import described, growth
from gan_lab.networks.growth import Growth, averaged, doubled
from gan_lab.training import checkpoints
from gan_lab.training.trainer import Trainer, config_of

BOTH = frozenset({"D", "G"})
GROWING = {
    "objective.game": "progressive",
    "objective.loss": "wasserstein",
    "networks.g.family": "progressive",
    "networks.d.family": "progressive",
    "networks.g.norm": "pixel",
    "networks.d.batch_norm": "nowhere",
    "networks.d.minibatch": "stddev",
    "networks.g.init": "equalised",
    "networks.d.init": "equalised",
    "regularisation.weight_clip": 0.0,
    "regularisation.gp": 10.0,
    "regularisation.drift": 0.001,
    # digits have 8×8 pixels: two levels; batches of 8
    "training.grow_from": 4,
    "training.stable_images": 16,
    "training.fade_images": 32,
}


@pytest.fixture
def grower(trainer):
    return lambda changes=None: trainer({**GROWING, **(changes or {})})


def play(t, rounds):
    for _ in range(rounds):
        t.round()
    return t


@pytest.mark.parametrize(
    ("stable", "fade", "expected"),
    [
        (10, 10, [(0, 1.0), (0, 1.0), (1, 0.0), (1, 0.5), (1, 1.0), (1, 1.0), (2, 0.0), (2, 0.5)]),
        (0, 10, [(1, 0.0), (1, 0.5), (2, 0.0), (2, 0.5), (2, 1.0), (2, 1.0)]),
        (10, 0, [(0, 1.0), (0, 1.0), (1, 1.0), (1, 1.0), (2, 1.0), (2, 1.0)]),
        (0, 0, [(2, 1.0), (2, 1.0)]),
    ],
)
def test_growth_at_every_fifth_picture(stable, fade, expected):
    training = Training(stable_images=stable, fade_images=fade, grow_from=7)
    found = [growth(training, 28, seen) for seen in range(0, 5 * len(expected), 5)]
    assert [(level, alpha) for level, _, alpha in found] == expected
    assert all(side == 7 * 2**level for level, side, _ in found)


def test_growth_in_words():
    assert described(Growth(1, 16, 0.37)) == "16×16 px, fading in: 37 %"
    assert described(Growth(1, 16, 1.0)) == "16×16 px"


def test_both_players_and_the_copy_that_is_shown_grow_with_the_pictures_seen(grower):
    t = grower()
    g, d = t.game.players["G"], t.game.players["D"]
    for steps, expected in (
        (0, (0, 4, 1.0)),
        (2, (1, 8, 0.0)),
        (5, (1, 8, 0.75)),
        (9, (1, 8, 1.0)),
    ):
        next(t.game.round(t.batches, Now(steps, 8 * steps), BOTH))
        assert g.network.growth == g.shown.growth == d.network.body.growth == expected


def test_d_sees_real_pictures_and_fakes_at_the_level_s_side_and_blended(grower):
    t = grower()
    seen = []
    t.game.players["D"].network.body.register_forward_pre_hook(lambda m, x: seen.append(x[0]))
    body = t.game.players["D"].network.body
    outputs = body.outputs
    body.outputs = lambda x: seen.append(x.detach()) or outputs(x)
    again = grower()  # the same seed: the same first batch
    x = again.batches.draw().x
    next(t.game.round(t.batches, Now(3, 24), BOTH))  # a quarter has faded in
    real = seen[0]
    torch.testing.assert_close(real, 0.75 * doubled(averaged(x, 4)) + 0.25 * x)
    assert all(s.shape[-1] == 8 for s in seen)
    seen.clear()
    next(t.game.round(t.batches, Now(0, 0), BOTH))
    assert all(s.shape[-1] == 4 for s in seen)


def test_level_and_alpha_are_readings_and_have_their_plot(grower):
    t = play(grower(), 6)
    rows = t.flush()
    index = {name: i for i, name in enumerate(t.history.columns)}
    assert rows[:, index["grow/side"]].tolist() == [4, 4, 8, 8, 8, 8]
    assert rows[:, index["grow/alpha"]].tolist() == [1, 1, 0, 0.25, 0.5, 0.75]
    plotted = {c.column for f in t.game.figures(t.config) for c in f.curves}
    assert {"grow/side", "grow/alpha"} <= plotted <= set(t.game.readings)


def test_the_preview_keeps_its_size_and_says_how_far_it_is(grower):
    t = grower()
    first = t.preview()["samples"]
    later = play(t, 4).preview()["samples"]
    assert first.images.shape == later.images.shape == (4, 1, 8, 8)
    assert torch.equal(first.images, doubled(first.images[..., ::2, ::2].float()).byte())
    assert first.caption == "4×4 px. The same random numbers every time."
    assert later.caption.startswith("8×8 px, fading in: 25 %. ")


def forgotten(t, steps, movers=BOTH):
    moves = t.game.round(t.batches, Now(steps, 8 * steps), movers)
    return [name for move in moves for name in move.forget]


def test_optimisers_forget_once_when_a_level_enters(grower):
    t = grower({"optim.d.steps": 2})
    assert [forgotten(t, step) for step in range(5)] == [[], [], ["D", "G"], [], []]


def test_a_player_who_was_not_asked_forgets_when_it_moves_again(grower):
    t = grower()
    assert forgotten(t, 2, frozenset({"D"})) == ["D"]
    assert forgotten(t, 3) == ["G"]


def test_they_may_be_told_to_remember(grower):
    t = grower({"training.grow_reset": False})
    assert [forgotten(t, step) for step in range(4)] == [[]] * 4


def test_an_optimiser_s_memory_begins_anew_at_the_level(grower):
    t = play(grower(), 3)
    steps = {float(s["step"]) for s in t._optimisers["D"].state.values()}
    assert steps == {1.0}


def test_starting_without_a_stay_forgets_nothing(grower):
    t = grower({"training.stable_images": 0, "training.fade_images": 0})
    assert forgotten(t, 0) == []
    assert t.preview()["samples"].caption.startswith("8×8 px. ")


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
@pytest.mark.parametrize("changes", [{}, {"objective.share_fakes": True, "optim.d.steps": 2}])
def test_resumed_at_a_level_s_door_or_in_its_fade_it_goes_on_bit_for_bit(
    grower, digits, differences, tmp_path, cut, changes
):
    straight = play(grower(changes), 7)
    checkpoints.save(play(grower(changes), cut).state_dict(), tmp_path / "cut.pt")
    state = checkpoints.load(tmp_path / "cut.pt")
    second = play(Trainer(config_of(state), digits), 6)  # what it did before must not matter
    second.load_state_dict(state)
    play(second, 7 - cut)
    assert differences(straight.state_dict(), second.state_dict()) == []


def test_a_generator_opened_from_a_checkpoint_draws_the_same_pictures(grower):
    t = play(grower(), 4)
    opened = game_of(t.config).generators(t.config, t.pictures.kind)["G"].eval()
    opened.load_state_dict(t.state_dict()["players"]["G"]["shown"])
    z = t.controls["z"]
    torch.testing.assert_close(opened(z), t.shown()["G"](z))  # another layout in the memory
    assert opened.growth == Growth(1, 8, 0.25)
    assert opened(z).shape == (4, 1, 8, 8)


def test_watching_does_not_move_the_run(grower, differences):
    quiet, watched = grower(), grower()
    for _ in range(5):
        quiet.round()
        watched.preview()
        watched.round()
        watched.shown()
    assert differences(quiet.state_dict(), watched.state_dict()) == []


@pytest.mark.parametrize("labels", ["concat", "projection", "auxiliary"])
def test_classes_can_be_grown_too(grower, labels):
    t = play(grower({"networks.labels": labels}), 4)
    assert torch.isfinite(torch.from_numpy(t.flush())[:, : len(t.game.readings)]).any()
    assert t.preview()["samples"].images.shape == (4, 1, 8, 8)
    d = t.game.players["D"].network
    assert (d.embed is not None, d.name is not None) == (
        labels == "projection", labels == "auxiliary",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "size", "words"),
    [
        (
            {"training.grow_from": 5},
            28,
            "training.grow_from = 5 does not lead to pictures of 28×28",
        ),
        ({"networks.g.family": "dcgan"}, 8, "networks.g.family must be progressive"),
        ({"networks.d.family": "dcgan"}, 8, "networks.d.family must be progressive"),
    ],
)
def test_what_cannot_grow_is_refused_before_a_run(small, changes, size, words):
    config = small({**GROWING, **changes})
    with pytest.raises(ConfigError, match=words) as caught:
        rehearse(config, Kind(1, size, ()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("size", "start"), [(28, 7), (32, 4), (8, 8)])
def test_what_can_grow_passes_the_rehearsal(small, size, start):
    rehearse(small({**GROWING, "training.grow_from": start}), Kind(3, size, ()))


def test_grown_networks_play_the_plain_game_too(trainer):
    t = trainer({**GROWING, "objective.game": "generation"})
    play(t, 2)
    assert t.preview()["samples"].images.shape == (4, 1, 8, 8)
