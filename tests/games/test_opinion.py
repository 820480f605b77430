"""What D thinks: with a D whose every score is known, and in all games."""

import copy
import math

import pytest
import torch
from torch import nn

from gan_lab.config import RunConfig, put
from gan_lab.data import Batch, domains, to_range
from gan_lab.games import GAMES, Player, Verdicts
from gan_lab.games.opinion import HEADS, of_scores, told, verdicts
from gan_lab.metrics.verdicts import Tally, tally
from gan_lab.networks import Verdict
from gan_lab.presets import presets

ONE_OF_EACH = {p.config.objective.game: name for name, p in presets().items()}
DRAW = torch.Generator().manual_seed(0)
NAMES = ("non-saturating", "minimax", "probabilities", "least-squares", "hinge", "wasserstein",
         "relativistic", "relativistic-average")  # fmt: skip


class Brightness(nn.Module):
    """A D that likes bright pictures: its score is linear in the mean of the pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def judge(self, x, labels=None):
        self.asked.append(len(x))
        assert not self.training, "it is asked at rest"
        return Verdict(4.0 * x.flatten(1).mean(1, keepdim=True), [])


def flat(*levels: float) -> torch.Tensor:
    """Pictures of one brightness each, from -1 to 1."""
    return torch.tensor(levels)[:, None, None, None].expand(-1, 1, 4, 4)


def asked(real, fake, changes=None, network=None) -> Verdicts:
    config = put(RunConfig(), {"objective.loss": "non-saturating", **(changes or {})})
    return verdicts(config, Player("d", network or Brightness().train()), Batch(real), Batch(fake))


def counted(found: Verdicts) -> Tally:
    return tally(found.real, found.fake, found.threshold, found.scale.bounds)


# -- a D whose scores are known ----------------------------------------------------------------


def test_a_linear_d_tells_what_it_must():
    real, fake = flat(0.5, 0.25, -0.1, 1.0), flat(-0.5, -0.25, 0.3)
    found = asked(real, fake)
    expected = [1 / (1 + math.exp(-4 * level)) for level in (0.5, 0.25, -0.1, 1.0)]
    assert found.real.tolist() == pytest.approx(expected)
    counts = counted(found)
    assert (counts.told_real, counts.told_fake) == (3, 2)
    bins = [0] * 20
    for p in expected:
        bins[min(19, int(20 * p))] += 1
    assert list(counts.real) == bins


def test_portraits_are_the_extremes_with_their_scores():
    real, fake = flat(0.5, -0.75, 0.25), flat(-0.5, 0.0, 0.9, -1.0)
    found = asked(real, fake)
    assert found.portraits is not None
    shown = found.portraits.preview
    assert shown.heads == HEADS
    levels = ((torch.tensor([0.9, -1.0, -0.75]) + 1) * 127.5).round().byte()
    assert torch.equal(shown.images[:, 0, 0, 0], levels)
    scores = [found.fake.max(), found.fake.min(), found.real.min()]
    assert found.portraits.scores.tolist() == pytest.approx([float(s) for s in scores])


def test_smoothed_labels_move_the_threshold_of_losses_that_have_labels():
    smooth = {"objective.smooth_real": 0.2, "objective.smooth_fake": 0.1}
    for loss in ("non-saturating", "least-squares"):
        found = asked(flat(0.5), flat(-0.5), smooth | {"objective.loss": loss})
        assert found.threshold == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("loss", "bounds", "threshold"),
    [
        ("non-saturating", (0, 1), 0.5),
        ("minimax", (0, 1), 0.5),
        ("probabilities", (0, 1), 0.5),
        ("least-squares", None, 0.5),
        ("hinge", None, 0.0),
        ("wasserstein", None, -1.0),  # half way between means of 1 and -3
        ("relativistic", (0, 1), 0.5),
        ("relativistic-average", (0, 1), 0.5),
    ],
)
def test_what_the_numbers_are_and_where_the_line_is(loss, bounds, threshold):
    config = put(RunConfig(), {"objective.loss": loss})
    found = of_scores(config, torch.tensor([[0.0], [2.0]]), torch.tensor([[-2.0], [-4.0]]))
    assert found.scale.bounds == bounds and found.threshold == pytest.approx(threshold)
    assert found.scale.axis and found.scale.meaning.endswith(".")


def test_verdicts_on_the_scale_of_each_loss_by_hand():
    real, fake = torch.tensor([[0.0], [2.0]]), torch.tensor([[-1.0], [1.0], [-3.0]])
    s = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731
    expected = {
        "non-saturating": ([s(0), s(2)], [s(-1), s(1), s(-3)]),
        "least-squares": ([0, 2], [-1, 1, -3]),
        "hinge": ([0, 2], [-1, 1, -3]),
        "wasserstein": ([0, 2], [-1, 1, -3]),
        "relativistic": (
            [sum(s(r - f) for f in (-1, 1, -3)) / 3 for r in (0, 2)],
            [(s(f - 0) + s(f - 2)) / 2 for f in (-1, 1, -3)],
        ),
        "relativistic-average": ([s(0 + 1), s(2 + 1)], [s(-1 - 1), s(1 - 1), s(-3 - 1)]),
    }
    for loss, (of_real, of_fake) in expected.items():
        found = of_scores(put(RunConfig(), {"objective.loss": loss}), real, fake)
        assert found.real.tolist() == pytest.approx(of_real), loss
        assert found.fake.tolist() == pytest.approx(of_fake), loss


@pytest.mark.parametrize("loss", NAMES)
def test_the_more_real_a_score_the_higher_the_verdict(loss):
    config = put(RunConfig(), {"objective.loss": loss})
    real, fake = torch.randn(20, 1, generator=DRAW), torch.randn(30, 1, generator=DRAW)
    found = of_scores(config, real, fake)
    assert torch.equal(found.real.argsort(), real.flatten().argsort())
    assert torch.equal(found.fake.argsort(), fake.flatten().argsort())


def test_each_patch_is_an_opinion_and_a_picture_is_worth_their_mean():
    real, fake = torch.randn(3, 1, 2, 5, generator=DRAW), torch.randn(4, 1, 2, 5, generator=DRAW)
    found = of_scores(put(RunConfig(), {"objective.loss": "non-saturating"}), real, fake)
    assert found.names == ("real patches", "fake patches")
    assert found.real.shape == (30,) and found.fake.shape == (40,)
    assert torch.allclose(found.each_real, torch.sigmoid(real).mean((1, 2, 3)))


def test_a_d_that_compares_is_asked_in_batches_of_the_run():
    network = Brightness().train()
    changes = {"training.batch": 5, "networks.d.minibatch": "discrimination"}
    found = asked(flat(*[0.1 * i for i in range(7)]), flat(*[0.0] * 12), changes, network)
    assert network.asked == [5] * 5
    assert found.real.shape == (7,) and found.fake.shape == (12,)
    assert found.real[6] == pytest.approx(1 / (1 + math.exp(-2.4)))


def test_words_for_every_moment():
    def words(real: list[float], fake: list[float]) -> str:
        found = of_scores(
            put(RunConfig(), {"objective.loss": "least-squares"}),
            torch.tensor(real)[:, None], torch.tensor(fake)[:, None],
        )  # fmt: skip
        return told(found, counted(found))

    assert words([1.0] * 20, [0.0] * 20) == (
        "D catches 20 of 20 fakes and recognises 20 of 20 real pictures. It is far ahead: hardly"
        " anything fools it yet."
    )
    both = [0.1 * i for i in range(10)]
    assert "can hardly tell" in words(both, both)
    assert "nearly the same score" in words([0.501] * 20, [0.499] * 20)
    assert "nearly the same score" in words([40.0] * 20, [40.1] * 20)
    assert "nearly the same score" not in words([0.51] * 20, [0.49] * 20)
    assert "G is ahead" in words([2.0] * 20, [1.0] * 18 + [0.0] * 2)
    assert "takes most of the real pictures for fakes" in words([0.2] * 18 + [1.0] * 2, [-2.0] * 20)
    assert "wrong more often" in words([0.1] * 12 + [1.0] * 8, [0.9] * 12 + [-0.5] * 8)
    assert "Where the two hills overlap" in words([1.0] * 15 + [0.2] * 5, [0.0] * 16 + [0.9] * 4)


# -- in every game -----------------------------------------------------------------------------


def test_there_is_a_run_of_every_game():
    assert set(ONE_OF_EACH) == set(GAMES)


@pytest.mark.parametrize("name", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_every_d_of_every_game_has_an_opinion_and_looking_moves_nothing(trainer, differences, name):
    t = trainer({"networks.d.dropout": 0.2} if name != ONE_OF_EACH["progressive"] else {}, name)
    for _ in range(3):
        t.round()
    before = copy.deepcopy(t.state_dict())
    modes = [m.training for p in t.game.players.values() for m in p.network.modules()]
    views, found, _ = t.look()
    assert differences(before, t.state_dict()) == []
    assert modes == [m.training for p in t.game.players.values() for m in p.network.modules()]
    assert list(found) == [n for n, p in t.game.players.items() if p.role == "d"]
    for one in found.values():
        assert one.real.isfinite().all() and one.fake.isfinite().all()
        assert (one.portraits is None) == t.game.plays_points
        for view, scores in one.scores.items():
            assert len(scores) == len(views[view].images) and not scores.isnan().all()
    again = t.look().verdicts
    assert all(
        torch.equal(a.real, b.real) for a, b in zip(found.values(), again.values(), strict=True)
    )


@pytest.mark.parametrize("name", ["cgan", "cgan-projection", "acgan"])
def test_where_there_are_classes_d_is_told_them(trainer, name):
    t = trainer({"training.grid": 3}, name)
    t.round()
    found = t.look().verdicts["D"]
    d, output = t.game.players["D"].network.eval(), t.config.networks.g.output
    x, labels = to_range(t.controls["real"], output), t.controls["real labels"]
    if name == "cgan":
        planes = nn.functional.one_hot(labels, 10).float()[:, :, None, None]
        x = torch.cat([x, planes.expand(-1, -1, *x.shape[2:])], 1)
    with torch.no_grad():
        scores = d(x, labels)
    config = t.config
    assert torch.allclose(found.real, of_scores(config, scores, scores).real, atol=1e-5)


def test_paired_d_judges_beside_what_was_given(trainer):
    t = trainer({"training.grid": 3}, ONE_OF_EACH["paired"])
    t.round()
    found = t.look().verdicts["D"]
    g, d, output = t.game.players["G"].shown, t.game.players["D"].network.eval(), "tanh"
    assert t.config.networks.g.output == output and g is not None
    given, true = (to_range(t.controls[name], output) for name in ("given", "true"))
    with torch.no_grad():
        of_true, of_made = d(torch.cat([given, true], 1)), d(torch.cat([given, g(given)], 1))
    expected = of_scores(t.config, of_true, of_made)
    tiles = found.scores["comparison"].view(3, 3)
    assert tiles[:, 0].isnan().all()
    assert torch.allclose(tiles[:, 1], expected.each_fake, atol=1e-5)
    assert torch.allclose(tiles[:, 2], expected.each_real, atol=1e-5)


def test_each_d_of_two_knows_its_own_kind(trainer):
    t = trainer({"training.grid": 3}, ONE_OF_EACH["unpaired"])
    t.round()
    found = t.look().verdicts
    output = t.config.networks.g.output
    nets = {n: (p.shown or p.network).eval() for n, p in t.game.players.items()}
    a, b = (to_range(t.controls[k], output) for k in "ab")
    with torch.no_grad():
        expected = {
            "D_a": of_scores(t.config, nets["D_a"](a), nets["D_a"](nets["G_ba"](b))),
            "D_b": of_scores(t.config, nets["D_b"](b), nets["D_b"](nets["G_ab"](a))),
        }
    for judge, own, other in (("D_a", "A to B", "B to A"), ("D_b", "B to A", "A to B")):
        known, made = (found[judge].scores[view].view(3, 3) for view in (own, other))
        assert torch.allclose(known[:, 0], expected[judge].each_real, atol=1e-5)
        assert torch.allclose(made[:, 1], expected[judge].each_fake, atol=1e-5)
        assert known[:, 1:].isnan().all() and made[:, [0, 2]].isnan().all()


def test_growing_players_are_asked_at_their_present_level(trainer):
    t = trainer({"training.grid": 2}, ONE_OF_EACH["progressive"])
    while t.game.players["D"].network.body.growth.alpha in (0.0, 1.0):
        t.round()
    d, g = t.game.players["D"].network.eval(), t.game.players["G"].shown
    assert 0 < d.body.growth.alpha < 1
    found = t.look().verdicts["D"]
    from gan_lab.networks.growth import faded

    real = faded(to_range(t.controls["real"], t.config.networks.g.output), d.body.growth)
    with torch.no_grad():
        x = g(t.controls["z"])
        expected = of_scores(
            t.config, torch.cat([d(part) for part in real.split(t.config.training.batch)]), d(x)
        )
    assert torch.allclose(found.fake, expected.fake, atol=1e-5)
    assert torch.allclose(found.real, expected.real, atol=1e-5)


def test_points_are_judged_where_they_are_drawn(trainer):
    t = trainer({"networks.labels": "none"}, ONE_OF_EACH["plane"])
    t.round()
    views, found, _ = t.look()
    (sheet,) = views.values()
    d = t.game.players["D"].network.eval()
    with torch.no_grad():
        scores = [d((x / sheet.reach)[:, :, None, None]) for x in (sheet.real, sheet.fake)]
    assert torch.allclose(found["D"].real, of_scores(t.config, *scores).real, atol=1e-5)
    assert found["D"].names == ("real points", "fakes")


# -- the probe ---------------------------------------------------------------------------------


def test_what_people_saw_before_is_what_they_see(trainer, small):
    """Choosing real pictures for D comes behind all other draws."""
    from gan_lab.objectives import draw_z
    from gan_lab.randomness import Streams

    t = trainer()
    z = draw_z(t.config.latent, 4, Streams(t.config.training.seed, t.device)["preview"])
    assert torch.equal(t.controls["z"], z)
    t = trainer({}, ONE_OF_EACH["paired"])
    stream = Streams(t.config.training.seed, t.device)["preview"]
    order = torch.randperm(len(t.pictures), generator=stream)
    a, _ = domains(t.pictures, t.config.data.pairs)
    assert torch.equal(t.controls["given"], a[order[: t.config.training.grid]])


@pytest.mark.parametrize("name", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_a_checkpoint_of_before_goes_on(trainer, differences, name):
    """Its controls lack the pictures that D is asked about."""
    old, straight = trainer(name=name), trainer(name=name)
    old.round()
    straight.round()
    state = copy.deepcopy(old.state_dict())
    for key in ("real", "real labels", "more", "more a", "more b"):
        if not old.game.plays_points:
            state["controls"].pop(key, None)
    fresh = trainer(name=name)
    fresh.load_state_dict(state)
    fresh.round()
    straight.round()
    assert differences(straight.state_dict(), fresh.state_dict()) == []
    assert fresh.look().verdicts
