"""A round in slow motion: the same round to the bit, and what it tells is what trained."""

import itertools

import numpy as np
import pytest
import torch

from gan_lab.data import plane_of, to_pixels
from gan_lab.games import GAMES
from gan_lab.games.phases import PICTURES, spoken
from gan_lab.presets import presets
from gan_lab.training.trainer import Trainer

FAMILIES = {"networks.g.family": "dcgan", "networks.d.family": "dcgan"}
CHANGES = {
    "dropout": {"networks.g.dropout": 0.3, "networks.d.dropout": 0.3},
    "batch norm": {**FAMILIES, "networks.g.norm": "batch", "networks.d.norm": "batch"},
    "spectral norm": {"networks.d.spectral_norm": True},
    "shared fakes": {"objective.share_fakes": True, "optim.d.steps": 2},
    "own fakes": {"objective.share_fakes": False, "optim.g.steps": 2},
    "penalties": {"regularisation.gp": 1.0, "regularisation.r1": 0.5, "regularisation.r2": 0.5},
    "noise": {"objective.instance_noise": 0.2, "objective.augment": "all", "objective.ada": True,
              "objective.label_noise": 0.1, "objective.label_flip": 0.1},
    "features": {"objective.features": 1.0},
    "relativistic": {"objective.loss": "relativistic-average"},
    "joined": {"objective.joined_batch": True},
    "clipping": {"optim.g.clip_norm": 0.01, "optim.d.clip_value": 1e-3, "optim.d.momentum": 0.5,
                 "optim.d.name": "sgd"},
}  # fmt: skip
CLASSES = ("concat", "projection", "auxiliary")
EXPERIMENTS = [
    *(pytest.param(name, {}, id=name) for name in presets()),
    *(pytest.param("quick", changes, id=f"quick-{what}") for what, changes in CHANGES.items()),
    *(pytest.param("quick", {"networks.labels": one}, id=f"quick-{one}") for one in CLASSES),
    *(
        pytest.param(name, {"objective.share_fakes": share}, id=f"{name}-{share}")
        for name in ("srgan-small", "pix2pix-small", "cyclegan-small")
        for share in (False, True)
    ),
]


@pytest.fixture
def slow(trainer):
    """A small experiment after two rounds, and the phases of a third in slow motion."""

    def make(changes=None, name=None):
        t: Trainer = trainer(changes, name)
        for _ in range(2):
            t.round()
        t.flush()
        return t, t.slow_round()

    return make


def numbers_of(phases):
    return [number for phase in phases for number in phase.numbers]


@pytest.mark.parametrize(("name", "changes"), EXPERIMENTS)
def test_a_slow_round_trains_what_a_fast_one_trains(trainer, differences, name, changes):
    fast, slow = trainer(changes, name), trainer(changes, name)
    for _ in range(4):
        fast.round()
        assert slow.slow_round(), "there is something to tell"
    assert differences(fast.state_dict(), slow.state_dict()) == []
    np.testing.assert_array_equal(fast.flush(), slow.flush())
    fast.round()
    slow.round()
    assert differences(fast.state_dict(), slow.state_dict()) == []


@pytest.mark.parametrize(("name", "changes"), EXPERIMENTS)
def test_the_numbers_told_are_the_readings(slow, name, changes):
    t, phases = slow(changes, name)
    row = dict(zip(t.history.columns, t.flush()[0], strict=True))
    told = numbers_of(phases)
    movers = {who for phase in phases for who in phase.move.partition(": ")[2].split(" and ")}
    for column, value in row.items():
        kind, _, who = column.partition("/")
        if np.isnan(value) or (kind == "lr" and who not in movers):
            continue
        wanted = {"grad": "gradient's norm", "lr": "learning rate"}.get(kind) or spoken(column)
        values = [n.value for n in told if n.name in (wanted, f"{who}: {wanted}")]
        assert any(np.float32(one) == value for one in values), (column, value, values)


@pytest.mark.parametrize(("name", "changes"), EXPERIMENTS)
def test_who_acts_stands_in_the_scene(slow, name, changes):
    t, phases = slow(changes, name)
    scene = t.game.scene(t.config)
    ids = {one.id for one in (*scene.boxes, *scene.arrows)}
    assert {name for phase in phases for name in phase.acting} <= ids


@pytest.mark.parametrize(
    ("how", "told"), [("concat", True), ("projection", True), ("auxiliary", False)]
)
def test_who_is_told_a_class_is_seen(slow, how, told):
    _, phases = slow({"networks.labels": how})
    generates = next(phase for phase in phases if phase.title == "G generates")
    assert "class>G" in generates.acting
    judges = [phase for phase in phases if phase.title.startswith("D judges")]
    assert {"class>D" in phase.acting for phase in judges} == {told}


@pytest.mark.parametrize("game", list(GAMES))
def test_every_game_tells_of_all_its_players(slow, small, game):
    name = next(n for n, one in presets().items() if one.config.objective.game == game)
    t, phases = slow(name=name)
    names = set(t.game.players)
    moves = [list(same) for _, same in itertools.groupby(phases, key=lambda phase: phase.move)]
    assert {who for phases in moves for who in phases[-1].acting} == names
    for number, told in enumerate(moves, 1):
        players = told[-1].acting
        assert told[0].move == f"Move {number} of {len(moves)}: {' and '.join(players)}"
        assert told[-1].title.removesuffix("s") == f"{' and '.join(players)} move"
        assert told[-2].title.endswith("loss and gradient")
        assert len(told) > 2, "something led to it"
    for phase in phases:
        assert phase.title and phase.words.endswith(".") and "  " not in phase.words
        assert phase.acting
        for exhibit in phase.exhibits:
            assert exhibit.items.device.type == "cpu"
            assert exhibit.opinions is None or len(exhibit.opinions) == len(exhibit.items)


def test_a_round_in_ten_phases(slow):
    _, phases = slow({"objective.share_fakes": False})
    assert [phase.title for phase in phases] == [
        "Draw noise", "G generates", "D judges what is real", "D judges fakes",
        "D's loss and gradient", "D moves", "G generates again", "D judges for G",
        "G's loss and gradient", "G moves",
    ]  # fmt: skip
    assert [phase.acting for phase in phases] == [
        ("z",), ("z", "z>G", "G", "G>fake", "fake"), ("real", "real>D", "D"),
        ("fake", "fake>D", "D"), ("D",), ("D",), ("z", "z>G", "G", "G>fake", "fake"),
        ("fake", "fake>D", "D"), ("D", "D>G", "G"), ("G",),
    ]  # fmt: skip


def test_what_is_shown_is_what_trained(trainer, monkeypatch):
    """D is listened to while it trains: what it is shown, and what it says."""
    t = trainer({"training.batch": 24, "objective.share_fakes": False})
    heard = []
    d = t.game.players["D"].network
    judge = d.judge

    def listened(x, labels=None):
        verdict = judge(x, labels)
        heard.append((x.detach().clone(), verdict.score.detach().clone()))
        return verdict

    monkeypatch.setattr(d, "judge", listened)
    phases = t.slow_round()
    assert len(heard) == 3, "no forward but those that train"
    judged = [p.exhibits[0] for p in phases if p.title.startswith("D judges")]
    for exhibit, (x, score) in zip(judged, heard, strict=True):
        assert torch.equal(exhibit.items, to_pixels(x[:PICTURES], "tanh"))
        assert torch.equal(exhibit.opinions, torch.sigmoid(score[:PICTURES, 0]))
    fresh = trainer({"training.batch": 24, "objective.share_fakes": False})
    assert torch.equal(judged[0].items, to_pixels(fresh.batches.draw().x[:PICTURES], "tanh"))
    # the means are of the whole batch
    means = [phase.numbers[1].value for phase in phases if phase.title.startswith("D judges")]
    assert means == [float(score.mean()) for _, score in heard]


def test_the_step_told_is_the_step_made(trainer):
    t = trainer()
    t.round()
    players = t.game.players
    before = {n: [w.detach().clone() for w in p.network.parameters()] for n, p in players.items()}
    phases = t.slow_round()
    for name, weights in before.items():
        now = [w.detach() for w in players[name].network.parameters()]
        moved = torch.cat([(a - b).flatten() for a, b in zip(now, weights, strict=True)]).norm()
        length = torch.cat([w.flatten() for w in weights]).norm()
        told = next(p for p in phases if p.title == f"{name} moves").numbers
        values = {number.name: number.value for number in told}
        assert values["length of the step ‖Δw‖"] == pytest.approx(float(moved), rel=1e-5)
        assert values["length of all weights ‖w‖"] == pytest.approx(float(length), rel=1e-5)
        assert values["the step beside them"] == pytest.approx(
            float(100 * moved / length), rel=1e-4
        )


@pytest.mark.parametrize("share", [False, True])
def test_what_g_is_asked_is_minus_the_gradient_of_its_loss(trainer, share):
    """With plain SGD on a wish of its own: the pixels that D's answer makes lighter."""
    t = trainer({"objective.share_fakes": share})
    phases = t.slow_round()
    asked = next(p for p in phases if p.title == "G's loss and gradient").exhibits[1].items
    fakes = [p.exhibits[-1].items for p in phases if "G>fake" in p.acting][-1]
    # D after its move is D after the round: G's move does not touch it
    x = (fakes.float() / 127.5 - 1.0).requires_grad_()
    d = t.game.players["D"].network
    loss = torch.nn.functional.softplus(-d(x)).mean()
    (slope,) = torch.autograd.grad(loss, x)
    lighter, darker = asked > 140, asked < 115
    assert lighter.any() and darker.any()
    assert (slope[lighter] < 0).float().mean() > 0.98
    assert (slope[darker] > 0).float().mean() > 0.98


def test_clipping_and_all_that_is_made_small_are_told(slow):
    changes = {"optim.d.clip_norm": 0.01, "regularisation.r1": 5.0}
    t, phases = slow(changes)
    told = {n.name: n.value for p in phases if p.title.startswith("D's loss") for n in p.numbers}
    assert told["after clipping"] == pytest.approx(0.01, rel=1e-3)
    assert told["gradient's norm"] > 0.01
    row = dict(zip(t.history.columns, t.flush()[0], strict=True))
    whole = row["loss/D"] + 5.0 / 2 * row["r1"]
    assert told["all that is made small"] == pytest.approx(whole, rel=1e-4)


def test_noise_on_what_d_sees_is_shown_and_said(slow):
    _, clear = slow({"objective.share_fakes": False})
    _, noisy = slow({"objective.share_fakes": False, "objective.instance_noise": 0.5})
    for title in ("D judges what is real", "D judges fakes", "D judges for G"):
        one, other = (next(p for p in ps if p.title == title) for ps in (clear, noisy))
        assert "under noise" in other.words and "under noise" not in one.words
    made, judged = noisy[1].exhibits[0].items, noisy[3].exhibits[0].items
    assert not torch.equal(made, judged)


def test_points_are_told_as_points(slow):
    t, phases = slow(name="plane-ring")
    scale = plane_of(t.config.data.name).reach
    exhibits = [exhibit for phase in phases for exhibit in phase.exhibits if exhibit.name != "z"]
    assert all(one.items.shape[1:] == (2,) and one.reach == scale for one in exhibits)
    pushed = next(one for one in exhibits if one.pushes is not None)
    assert pushed.pushes.shape == pushed.items.shape and pushed.pushes.abs().sum() > 0


def test_only_slow_motion_keeps_gradients_of_pictures(trainer):
    t = trainer()
    kept = []
    whole = t.game.round

    def listened(*arguments):
        for move in whole(*arguments):
            kept.extend(asked.made for asked in move.account.asked)
            yield move
            assert all(x.grad_fn is None or not x.retains_grad for x in kept)

    t.game.round = listened
    t.round()
    assert kept
