"""CycleGAN's round, against the paper's rules and hand computation with networks that leave all."""

import pytest
import torch
from torch import nn

from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import Kind, Pictures, domains
from gan_lab.games import Now, Player, apply, game_of, rehearse
from gan_lab.networks import Verdict
from gan_lab.training import checkpoints
from gan_lab.training.trainer import Trainer, config_of

ALL = frozenset({"D_a", "D_b", "G_ab", "G_ba"})
SMALL = {
    "objective.game": "unpaired",
    "data.pairs": "unpaired",
    "objective.loss": "least-squares",
    "objective.pool": 6,
    "objective.share_fakes": True,
    "networks.g.family": "translate",
    "networks.g.width": 4,
    "networks.g.blocks": 1,
    "networks.g.norm": "instance",
    "networks.d.family": "patch",
    "networks.d.width": 4,
    "networks.d.blocks": 2,
    "training.batch": 4,
    "training.grid": 3,
    "training.checkpoint_seconds": 0.0,
    "training.threads": 1,
}


class Leave(nn.Module):
    """G that leaves pictures as they are, plus what it has learned to add: nothing."""

    def __init__(self):
        super().__init__()
        self.more = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.more


class Bright(nn.Module):
    """D whose score is a picture's mean."""

    def __init__(self):
        super().__init__()
        self.more = nn.Parameter(torch.zeros(1))

    def judge(self, x, labels=None):
        score = x.mean((1, 2, 3)) + self.more
        return Verdict(score, [score], None)


def two_kinds(a=10, b=7, seed=0):
    chance = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (a + b, 3, 16, 16), generator=chance, dtype=torch.uint8)
    images[a:] //= 2  # the second kind is darker
    labels = torch.tensor([0] * a + [1] * b)
    return Pictures("two", images, labels, ("plain", "striped"))


def make(changes=None, pictures=None):
    config = put(RunConfig(), {**SMALL, **(changes or {})})
    return Trainer(config, pictures or two_kinds(), two_kinds(5, 4, seed=1))


def bare(changes=None):
    """A trainer whose players are the simplest there are."""
    t = make(changes)
    for name in ALL:
        t.game.players[name] = (
            Player("g", Leave(), Leave()) if name[0] == "G" else Player("d", Bright())
        )
    return t


def drawn(t):
    """The pair that the next round will draw."""
    before = t.batches.state_dict()
    pair = t.batches.draw_pair()
    t.batches.load_state_dict(before)
    return pair


def weights(t):
    """All weights of each player in one row."""
    return {
        name: torch.cat([w.detach().flatten() for w in player.network.parameters()])
        for name, player in t.game.players.items()
    }


def moves(t, movers=ALL):
    return list(t.game.round(t.batches, Now(0, 0), movers))


def test_both_generators_move_at_once_and_first_then_each_judge():
    assert [m.players for m in moves(make())] == [("G_ab", "G_ba"), ("D_a",), ("D_b",)]
    more = make({"optim.d.steps": 2, "optim.g.steps": 2})
    assert [len(m.players) for m in moves(more)] == [2, 2, 1, 1, 1, 1]


@pytest.mark.parametrize("movers", [{"D_a"}, {"D_b"}, {"G_ba"}, {"D_a", "D_b"}, {"G_ab", "G_ba"}])
def test_only_those_who_take_part_move(movers):
    t = make()
    before = weights(t)
    for move in t.game.round(t.batches, Now(0, 0), frozenset(movers)):
        t._descend(move, {})
    after = weights(t)
    assert {name for name in ALL if not torch.equal(before[name], after[name])} == movers
    assert t.seen == (4 if movers & {"D_a", "D_b"} else 0)
    networks = [p.network for p in t.game.players.values()]
    assert all(w.requires_grad for network in networks for w in network.parameters())


def test_a_batch_of_both_kinds_counts_once():
    t = make({"optim.d.steps": 2})
    assert [m.images for m in moves(t)] == [0, 4, 0, 4, 0]
    t.round()
    assert t.seen == 8 and t.drawn == 2


def test_generators_that_leave_all_come_back_exactly():
    t = bare()
    first = moves(t)[0]
    assert first.readings["cycle"] == 0 and first.readings["identity"] == 0


def test_losses_are_those_of_the_paper():
    t = bare({"objective.adversarial": 2.0})
    a, b = drawn(t)
    g, d_a, d_b = moves(t)
    says_a, says_b = a.mean((1, 2, 3)), b.mean((1, 2, 3))
    # with nothing changed, fake B is A and fake A is B; the house's least squares has a half
    verdicts = (says_a - 1).square().mean() + (says_b - 1).square().mean()
    torch.testing.assert_close(g.loss, verdicts)
    torch.testing.assert_close(g.readings["loss/G"], verdicts.detach() / 2)
    for move, real, fake in ((d_a, says_a, says_b), (d_b, says_b, says_a)):
        whole = (real - 1).square().mean() / 2 + fake.square().mean() / 2
        torch.testing.assert_close(move.loss, whole / 2)
    assert d_a.readings["D_a(a)"] == pytest.approx(says_a.clamp(0, 1).mean().item())
    assert d_b.readings["D_b(G_ab(a))"] == pytest.approx(says_a.clamp(0, 1).mean().item())


@pytest.mark.parametrize(("cycle", "identity"), [(10.0, 5.0), (3.0, 0.0), (0.0, 7.0)])
def test_ways_back_and_identity_are_weighed(cycle, identity):
    """G_ab adds ½ and G_ba nothing: one way back is ½ off on both sides, identity in G_ab alone."""
    t = bare({
        "objective.cycle": cycle, "objective.identity": identity, "objective.adversarial": 0.0,
    })  # fmt: skip
    t.game.players["G_ab"].network.more.data.fill_(0.5)
    g = moves(t)[0]
    assert g.loss.item() == pytest.approx(cycle * (0.5 + 0.5) + identity * 0.5)
    assert ("cycle" in g.readings, "identity" in g.readings) == (cycle > 0, identity > 0)


def test_readings_are_those_the_game_names_and_have_no_graph():
    t = make()
    read = {}
    for move in moves(t):
        read |= move.readings
    assert set(read) <= set(t.game.readings) and len(read) == 9
    assert not any(value.requires_grad for value in read.values())
    shown = {c.column for f in t.game.figures(t.config) for c in f.curves}
    assert shown == set(read)


def test_judges_are_shown_fakes_of_the_past():
    t = bare({"objective.pool": 4, "training.batch": 4})
    seen = []
    judge = t.game.players["D_b"].network
    plain = judge.judge
    judge.judge = lambda x, labels=None: (seen.append(x.detach().clone()), plain(x))[1]
    fakes = []
    for _ in range(12):
        fakes.append(drawn(t)[0])
        list(t.game.round(t.batches, Now(0, 0), ALL))
    shown = torch.cat(seen[2::3])  # G's verdict, D's real ones, D's fakes
    assert torch.equal(shown[:4], fakes[0]), "while there is room"
    older = [not any(torch.equal(x, y) for y in fakes[i // 4]) for i, x in enumerate(shown)]
    assert 0.2 < sum(older[4:]) / len(older[4:]) < 0.8


def test_without_shared_fakes_judges_get_a_pair_of_their_own():
    t = make({"objective.share_fakes": False, "objective.pool": 0})
    moves(t)
    # 10 of A: two batches of four, one for each side
    assert t.batches.state_dict()["position"] == 8


def test_a_run_saved_and_loaded_goes_on_bit_for_bit(differences, tmp_path):
    changes = {"networks.g.dropout": 0.2, "objective.instance_noise": 0.1}
    straight, first = make(changes), make(changes)
    for t, rounds in ((straight, 7), (first, 4)):
        for _ in range(rounds):
            t.round()
    checkpoints.save(first.state_dict(), tmp_path / "half.pt")
    state = checkpoints.load(tmp_path / "half.pt")
    second = Trainer(config_of(state), two_kinds(), two_kinds(5, 4, seed=1))
    second.round()  # what it did before must not matter
    second.load_state_dict(state)
    for _ in range(3):
        second.round()
    assert differences(straight.state_dict(), second.state_dict()) == []


def test_previews_are_rows_of_there_and_back_and_move_nothing(snapshot, differences):
    t = make()
    t.round()
    before = snapshot(t)
    previews = t.preview()
    assert differences(before, t.state_dict()) == []
    assert list(previews) == ["A to B", "B to A"]
    for preview, heads in zip(
        previews.values(),
        (("plain", "as striped", "and back"), ("striped", "as plain", "and back")),
        strict=True,
    ):
        assert preview.heads == heads and preview.columns == 3
        assert preview.images.shape == (9, 3, 16, 16) and preview.images.dtype == torch.uint8
    assert torch.equal(previews["A to B"].images[::3], t.controls["a"])


def test_controls_are_pictures_that_nobody_is_trained_on():
    t = make({"training.grid": 16})
    a, b = domains(two_kinds(5, 4, seed=1), "unpaired")
    assert (len(t.controls["a"]), len(t.controls["b"])) == (5, 4)
    assert {x.sum().item() for x in t.controls["a"]} == {x.sum().item() for x in a}
    assert {x.sum().item() for x in t.controls["b"]} == {x.sum().item() for x in b}


def test_pictures_go_either_way():
    t = make()
    for name in ("G_ab", "G_ba"):
        t.game.players[name] = Player("g", Leave(), Leave())
    shown = {name: t.game.players[name].shown for name in ("G_ab", "G_ba")}
    shown["G_ba"].more.data.fill_(1.0)
    images = two_kinds().images
    assert torch.equal(apply(t.config, shown, images), images)
    back = game_of(t.config).apply(t.config, shown, images, back=True)
    assert (back.int() - images.int()).clamp(max=128).min() >= 0 and (back > images).any()
    assert torch.equal(game_of(t.config).given(t.config, two_kinds()), images[:10])


@pytest.mark.parametrize("pairs", ["none", "classes", "edges", "grey"])
def test_other_pairs_are_refused_in_plain_words(pairs):
    config = put(RunConfig(), {**SMALL, "data.pairs": pairs})
    with pytest.raises(ConfigError, match=f"data.pairs is {pairs}, but .* needs unpaired$"):
        rehearse(config, Kind(3, 16, ("a", "b")))


def test_networks_that_do_not_keep_the_shape_are_refused():
    config = put(RunConfig(), SMALL)
    rehearse(config, Kind(3, 16, ("a", "b")))
    with pytest.raises(ConfigError) as caught:
        rehearse(put(config, {"networks.g.family": "dcgan"}), Kind(3, 16, ("a", "b")))
    assert "\n" not in str(caught.value)


def test_pictures_of_another_shape_are_refused_in_one_line():
    t = make()
    shown = {name: t.game.players[name].shown for name in ("G_ab", "G_ba")}
    with pytest.raises(ConfigError, match="1×16×16"):
        apply(t.config, shown, two_kinds().images[:, :1])


def test_the_first_rounds_can_be_of_judges_alone():
    t = make({"training.d_pretrain": 1})
    before = weights(t)
    t.round()
    after = weights(t)
    assert {name for name in ALL if not torch.equal(before[name], after[name])} == {"D_a", "D_b"}


def test_a_critic_is_clipped_on_both_sides():
    t = make({"objective.loss": "wasserstein", "regularisation.weight_clip": 0.005})
    t.round()
    for name in ("D_a", "D_b"):
        assert all(w.abs().max() <= 0.005 + 1e-9 for w in t.game.players[name].network.parameters())
    assert max(w.abs().max() for w in t.game.players["G_ab"].network.parameters()) > 0.01


def test_each_d_has_its_own_column_and_curve_of_what_is_switched_on(trainer):
    t = trainer({"regularisation.r1": 1.0, "objective.ada": True}, "cyclegan-small")
    with torch.no_grad():  # a D that says the same to everything is flat
        for parameter in t.game.players["D_b"].network.parameters():
            parameter.zero_()
    t.round()
    row = dict(zip(t.history.columns, t.flush()[0], strict=True))
    assert row["r1/D_a"] > 0 and row["r1/D_b"] == 0
    assert "r1" not in row and {"augment share/D_a", "augment share/D_b"} <= row.keys()
    drawn = [curve for figure in t.game.figures(t.config) for curve in figure.curves]
    assert {c.column for c in drawn} <= row.keys()
    assert [(c.name, c.dash) for c in drawn if c.column.startswith("r1/")] == [
        ("D_a at real", ""), ("D_b at real", "dash"),
    ]  # fmt: skip
