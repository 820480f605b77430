"""Losses at logits worked out by hand, in the probability form, and their gradients."""

import math

import pytest
import torch

from gan_lab.config import LOSSES_WITH_TARGETS, Objective
from gan_lab.objectives import LOSSES, Targets, resting

LN2, LN3 = math.log(2), math.log(3)
PLAIN = Targets(torch.tensor(1.0), torch.tensor(0.0))


def test_every_choice_of_the_schema_is_a_loss():
    assert set(LOSSES) == set(Objective.model_fields["loss"].annotation.__args__)
    assert {n for n, loss in LOSSES.items() if loss.has_targets} == set(LOSSES_WITH_TARGETS)


# D(x) = (0, ln 3): σ = ½, ¾.  D(G(z)) = (0, -ln 3): σ = ½, ¼.
REAL = torch.tensor([0.0, LN3])
FAKE = torch.tensor([0.0, -LN3])


@pytest.mark.parametrize(
    ("name", "d", "g"),
    [
        # D: -mean(ln ½, ln ¾) - mean(ln ½, ln ¾) = ln 2 + ln 4/3; G: -mean(ln ½, ln ¼) = 1½ ln 2
        ("non-saturating", LN2 + math.log(4 / 3), 1.5 * LN2),
        # G: mean ln(1 - σ) = mean(ln ½, ln ¾)
        ("minimax", LN2 + math.log(4 / 3), 0.5 * (math.log(1 / 2) + math.log(3 / 4))),
        # D: ½ mean(1, (ln 3 - 1)²) + ½ mean(0, ln² 3); G: ½ mean(1, (1 + ln 3)²)
        (
            "least-squares",
            0.25 * (1 + (LN3 - 1) ** 2 + LN3**2),
            0.25 * (1 + (1 + LN3) ** 2),
        ),
        # ln 3 > 1, so its hinges are closed: D: mean(1, 0) + mean(1, 0); G: -mean(0, -ln 3)
        ("hinge", 1.0, LN3 / 2),
        ("wasserstein", -LN3, LN3 / 2),
        # differences are (0, 2 ln 3), and sp(-2 ln 3) = ln(1 + 1/9), sp(2 ln 3) = ln(1 + 9)
        ("relativistic", (LN2 + math.log(10 / 9)) / 2, (LN2 + math.log(10)) / 2),
        # each side against the other's mean, ∓½ ln 3: ½ ln 3 and 1½ ln 3 apart, twice
        (
            "relativistic-average",
            math.log(1 + 3**-0.5) + math.log(1 + 3**-1.5),
            math.log(1 + 3**0.5) + math.log(1 + 3**1.5),
        ),
        ("probabilities", LN2 + math.log(4 / 3), 1.5 * LN2),
    ],
)
def test_values_at_logits_worked_out_by_hand(name, d, g):
    loss = LOSSES[name]
    assert loss.d(REAL, FAKE, PLAIN).item() == pytest.approx(d, rel=1e-6)
    assert loss.g(REAL, FAKE).item() == pytest.approx(g, rel=1e-6)


@pytest.mark.parametrize("name", ["non-saturating", "minimax", "probabilities"])
def test_cross_entropy_with_labels_by_hand(name):
    # labels .9 and .2 at σ(0) = ½ and σ(-ln 3) = ¼
    labels = Targets(torch.tensor([0.9]), torch.tensor([0.2]))
    value = LOSSES[name].d(torch.tensor([0.0]), torch.tensor([-LN3]), labels)
    expected = LN2 - (0.2 * math.log(1 / 4) + 0.8 * math.log(3 / 4))
    assert value.item() == pytest.approx(expected, rel=1e-6)


def test_least_squares_with_labels_by_hand():
    labels = Targets(torch.tensor([0.9]), torch.tensor([0.2]))
    value = LOSSES["least-squares"].d(torch.tensor([0.5]), torch.tensor([1.2]), labels)
    assert value.item() == pytest.approx(0.5 * 0.4**2 + 0.5 * 1.0**2, rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_finite_with_finite_gradients_at_huge_logits(name, size):
    real = torch.full((3, 1), size, requires_grad=True)
    fake = torch.full((3, 1), -size, requires_grad=True)
    d = LOSSES[name].d(real, fake, PLAIN)
    g = LOSSES[name].g(real, fake)
    (d + g).backward()
    for value in (d, g, real.grad, fake.grad):
        assert torch.isfinite(value).all()


def test_cross_entropy_is_exact_where_probabilities_round_to_one():
    # -ln σ(-10⁴) = 10⁴, where σ itself is 0 in any float
    assert LOSSES["non-saturating"].g(None, torch.tensor([-1e4])).item() == 1e4


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"probabilities"}))  # that one rounds
@pytest.mark.parametrize("shape", [(4, 1), (2, 1, 3, 3)], ids=["scores", "patches"])
def test_gradients_equal_finite_differences(name, shape):
    torch.manual_seed(0)
    # steps of 1e-6 do not reach the hinges' kinks at ±1 from these values
    real, fake = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for _ in range(2))
    labels = Targets(torch.rand(shape).double(), torch.rand(shape).double())
    loss = LOSSES[name]
    assert torch.autograd.gradcheck(lambda r, f: loss.d(r, f, labels), (real, fake))
    assert torch.autograd.gradcheck(lambda f: loss.g(real, f), (fake,))


@pytest.mark.parametrize(
    ("name", "g"),
    [
        ("non-saturating", lambda p: -torch.log(p).mean()),
        ("minimax", lambda p: torch.log(1 - p).mean()),
    ],
)
def test_cross_entropy_equals_the_paper_s_form_in_probabilities(name, g):
    torch.manual_seed(1)
    scores = [torch.randn(50, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    labels = Targets(torch.rand(50).double(), torch.rand(50).double())
    p, q = (torch.sigmoid(s) for s in scores)
    d_real = -(labels.real * torch.log(p) + (1 - labels.real) * torch.log(1 - p)).mean()
    d_fake = -(labels.fake * torch.log(q) + (1 - labels.fake) * torch.log(1 - q)).mean()
    d_paper = d_real + d_fake
    loss = LOSSES[name]
    d_ours = loss.d(*scores, labels)
    g_ours, g_paper = loss.g(None, scores[1]), g(q)
    torch.testing.assert_close(d_ours, d_paper)
    torch.testing.assert_close(g_ours, g_paper)
    for ours, paper, wanted in ((d_ours, d_paper, scores), (g_ours, g_paper, scores[1:])):
        torch.testing.assert_close(
            torch.autograd.grad(ours, wanted, retain_graph=True),
            torch.autograd.grad(paper, wanted, retain_graph=True),
        )


def test_minimax_vanishes_where_the_other_form_pushes():
    """Goodfellow et al. 2014, §3: early on D rejects fakes, and log(1 - D) saturates."""
    pushes = {}
    for name in ("minimax", "non-saturating"):
        fake = torch.tensor([-20.0], requires_grad=True)
        LOSSES[name].g(None, fake).backward()
        pushes[name] = fake.grad.abs().item()
    assert pushes["minimax"] < 1e-8
    assert pushes["non-saturating"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", LOSSES)
def test_descending_moves_each_score_where_its_player_wants_it(name):
    real, fake = (torch.full((2,), 0.3, requires_grad=True) for _ in range(2))
    for_d = torch.autograd.grad(LOSSES[name].d(real, fake, PLAIN), (real, fake))
    for_g = torch.autograd.grad(LOSSES[name].g(real, fake), fake)[0]
    assert (for_d[0] < 0).all() and (for_d[1] > 0).all(), "D raises real, lowers fake"
    assert (for_g < 0).all(), "G raises fake"


@pytest.mark.parametrize("name", LOSSES)
def test_opinions_are_within_0_and_1_and_grow_with_the_score(name):
    scores = torch.tensor([-1e4, -1.0, 0.25, 0.75, 2.0, 1e4])
    loss = LOSSES[name]
    for said in (
        loss.opinions(scores, torch.zeros(6))[0], loss.opinions(torch.zeros(6), scores)[1],
    ):  # fmt: skip
        assert said[0] == 0 and said[-1] == 1
        assert (said.diff() >= 0).all() and said[2] < said[3]


@pytest.mark.parametrize("name", LOSSES)
def test_patches_count_like_pictures(name):
    """Scores N×1×h×w give the loss of as many scores in a row, and opinions of their shape."""
    real, fake = torch.randn(2, 3, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    loss = LOSSES[name]
    torch.testing.assert_close(
        loss.d(real, fake, PLAIN), loss.d(real.reshape(12, 1), fake.reshape(12, 1), PLAIN)
    )
    torch.testing.assert_close(loss.g(real, fake), loss.g(real.reshape(12, 1), fake.reshape(12, 1)))
    assert [said.shape for said in loss.opinions(real, fake)] == [real.shape, fake.shape]


def test_a_relativistic_loss_only_hears_differences():
    real, fake = torch.randn(2, 9, 1, generator=torch.Generator().manual_seed(0))
    loss = LOSSES["relativistic"]
    torch.testing.assert_close(
        loss.d(real + 7, fake + 7, PLAIN), loss.d(real, fake, PLAIN), rtol=1e-5, atol=1e-6
    )
    # what D wants of (real, fake) is what G wants with the two exchanged
    assert torch.equal(loss.g(fake, real), loss.d(real, fake, PLAIN))
    first, second = loss.opinions(real, fake)
    torch.testing.assert_close(first + second, torch.ones(9, 1))


def test_both_means_of_the_average_carry_gradients_to_d():
    """A shift of all scores changes nothing, so all gradients together are nothing."""
    scores = torch.randn(2, 9, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    real, fake = scores.requires_grad_().unbind()
    LOSSES["relativistic-average"].d(real, fake, PLAIN).backward()
    assert scores.grad.sum().item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", [n for n, loss in LOSSES.items() if loss.needs_real_for_g])
def test_g_learns_through_fakes_alone_and_needs_real_ones(name):
    real, fake = (torch.ones(3, 1, requires_grad=True) for _ in range(2))
    LOSSES[name].g(real, fake).backward()
    assert real.grad is None and (fake.grad < 0).all()
    with pytest.raises(ValueError, match="real"):
        LOSSES[name].g(None, fake)


def test_probabilities_that_have_rounded_teach_nothing():
    loss, exact = LOSSES["probabilities"], LOSSES["non-saturating"]
    fake = torch.tensor([20.0], requires_grad=True)  # sigmoid = 1 - 2·10⁻⁹, in float32 1
    for rule, value, gradient in ((loss, 100.0, 0.0), (exact, 20.0, 1.0)):
        side = rule.d(torch.tensor([20.0]), fake, PLAIN)
        assert side.item() == pytest.approx(value)
        assert torch.autograd.grad(side, fake)[0].item() == gradient
    fake = torch.tensor([-120.0], requires_grad=True)  # sigmoid = 0
    for rule, value, gradient in ((loss, 100.0, 0.0), (exact, 120.0, -1.0)):
        side = rule.g(None, fake)
        assert side.item() == value
        assert torch.autograd.grad(side, fake)[0].item() == gradient


def test_probabilities_take_labels_beyond_0_and_1_and_pass_on_what_is_not_finite():
    loss = LOSSES["probabilities"]
    beyond = Targets(torch.tensor([1.3]), torch.tensor([-0.2]))
    score = torch.tensor([0.0])
    assert loss.d(score, score, beyond).item() == pytest.approx(2 * LN2)
    assert loss.g(None, torch.tensor([math.nan])).isnan()


@pytest.mark.parametrize("name", LOSSES)
def test_the_meaning_names_the_values_at_rest(name):
    meaning = LOSSES[name].meaning
    assert meaning.endswith(".") and len(meaning) < 300
    rest = resting(Objective(loss=name))
    for value in (rest.d, rest.g):
        assert f"{value:.2f}" in meaning or f"{value:g}" in meaning
