"""Losses against the formulas of the textbooks, in probabilities and double precision, and against
PyTorch's own criteria."""

import pytest
import torch
import torch.nn.functional as F
from torch import sigmoid

from gan_lab.config import Objective
from gan_lab.objectives import LOSSES, Targets, targets

# fixed logits, so that a value here is a value for ever
REAL = torch.tensor([1.7, -0.4, 0.0, 3.1, -2.2, 0.6], dtype=torch.float64).view(6, 1)
FAKE = torch.tensor([-1.1, 0.9, -3.0, 0.2, 1.5, -0.7], dtype=torch.float64).view(6, 1)
PLAIN = Targets(torch.ones_like(REAL), torch.zeros_like(FAKE))


def log(p):
    return p.log().mean()


def bce(p, t):
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean()


TEXTBOOK = {
    # Goodfellow et al. 2014, eq. 1
    "minimax": (
        lambda r, f: -log(sigmoid(r)) - log(1 - sigmoid(f)),
        lambda r, f: log(1 - sigmoid(f)),
    ),
    "non-saturating": (
        lambda r, f: -log(sigmoid(r)) - log(1 - sigmoid(f)),
        lambda r, f: -log(sigmoid(f)),
    ),
    # Mao et al. 2017, eq. 9
    "least-squares": (
        lambda r, f: F.mse_loss(r, torch.ones_like(r)) / 2 + F.mse_loss(f, torch.zeros_like(f)) / 2,
        lambda r, f: F.mse_loss(f, torch.ones_like(f)) / 2,
    ),
    # Lim & Ye 2017; Zhang et al. 2019, eq. 4
    "hinge": (
        lambda r, f: -torch.minimum(r - 1, r * 0).mean() - torch.minimum(-f - 1, f * 0).mean(),
        lambda r, f: -f.mean(),
    ),
    # Arjovsky et al. 2017, algorithm 1
    "wasserstein": (lambda r, f: -(r.mean() - f.mean()), lambda r, f: -f.mean()),
    # Jolicoeur-Martineau 2019, RSGAN and RaSGAN
    "relativistic": (
        lambda r, f: -log(sigmoid(r - f)),
        lambda r, f: -log(sigmoid(f - r)),
    ),
    "relativistic-average": (
        lambda r, f: -log(sigmoid(r - f.mean())) - log(1 - sigmoid(f - r.mean())),
        lambda r, f: -log(sigmoid(f - r.mean())) - log(1 - sigmoid(r - f.mean())),
    ),
    "probabilities": (
        lambda r, f: -log(sigmoid(r)) - log(1 - sigmoid(f)),
        lambda r, f: -log(sigmoid(f)),
    ),
}


@pytest.mark.parametrize("shape", [(6, 1), (2, 1, 1, 3)], ids=["scores", "patches"])
@pytest.mark.parametrize("name", TEXTBOOK)
def test_values_and_gradients_of_the_textbook(name, shape):
    assert set(TEXTBOOK) == set(LOSSES)
    real, fake = (side.reshape(shape).clone().requires_grad_() for side in (REAL, FAKE))
    labels = Targets(torch.ones_like(real), torch.zeros_like(fake))
    loss, (d, g) = LOSSES[name], TEXTBOOK[name]
    exact = {"rtol": 1e-5, "atol": 1e-6} if name == "probabilities" else {}  # it is float32
    for ours, book, wanted in (
        (loss.d(real, fake, labels), d(real, fake), (real, fake)),
        (loss.g(real, fake), g(real, fake), (fake,)),
    ):
        torch.testing.assert_close(ours.double(), book, **exact)
        torch.testing.assert_close(
            torch.autograd.grad(ours, wanted), torch.autograd.grad(book, wanted), **exact
        )


# relativistic, pair by pair: differences 2.8, -1.3, 3, 2.9, -3.7, 1.3
def test_a_value_by_a_pocket_calculator():
    logs = (0.0590, 1.5410, 0.0486, 0.0536, 3.7244, 0.2410)  # ln(1 + e^-difference)
    value = LOSSES["relativistic"].d(REAL, FAKE, PLAIN).item()
    assert value == pytest.approx(sum(logs) / 6, abs=1e-4)


def test_relativistic_losses_against_pytorch_s_cross_entropy_with_logits():
    one, zero = torch.ones_like(REAL), torch.zeros_like(REAL)
    with_logits = F.binary_cross_entropy_with_logits
    pairs, average = LOSSES["relativistic"], LOSSES["relativistic-average"]
    torch.testing.assert_close(pairs.d(REAL, FAKE, PLAIN), with_logits(REAL - FAKE, one))
    torch.testing.assert_close(pairs.g(REAL, FAKE), with_logits(REAL - FAKE, zero))
    above, below = REAL - FAKE.mean(), FAKE - REAL.mean()
    torch.testing.assert_close(
        average.d(REAL, FAKE, PLAIN), with_logits(above, one) + with_logits(below, zero)
    )
    torch.testing.assert_close(
        average.g(REAL, FAKE), with_logits(above, zero) + with_logits(below, one)
    )


SPREAD = torch.tensor([-200.0, -95.0, -60, -29, -20, -3, 0, 0.5, 3, 12, 16, 16.9, 17.5, 30, 200])


@pytest.mark.parametrize("label", [0.0, 0.1, 0.9, 1.0])
def test_probabilities_are_pytorch_s_bceloss_to_the_last_rounded_bit(label):
    """Also where it saturates: logarithms end at -100, gradients at 0."""
    ours, theirs = (SPREAD.clone().requires_grad_() for _ in range(2))
    t = torch.full_like(SPREAD, label)
    loss = LOSSES["probabilities"]
    for flip in (False, True):  # on either side of D
        scores = (torch.zeros(1), ours) if flip else (ours, torch.zeros(1))
        labels = Targets(t[:1], t) if flip else Targets(t, t[:1])
        value = loss.d(*scores, labels)
        known = F.binary_cross_entropy(sigmoid(theirs), t)
        guess = F.binary_cross_entropy(torch.tensor([0.5]), t[:1])
        torch.testing.assert_close(value, known + guess)
        torch.testing.assert_close(
            torch.autograd.grad(value, ours), torch.autograd.grad(known, theirs)
        )


def test_probabilities_for_g_are_pytorch_s_bceloss():
    ours, theirs = (SPREAD.clone().requires_grad_() for _ in range(2))
    value = LOSSES["probabilities"].g(None, ours)
    known = F.binary_cross_entropy(sigmoid(theirs), torch.ones_like(theirs))
    torch.testing.assert_close(value, known)
    (ours_grad,) = torch.autograd.grad(value, ours)
    (theirs_grad,) = torch.autograd.grad(known, theirs)
    torch.testing.assert_close(ours_grad, theirs_grad)
    assert (ours_grad[[0, -1]] == 0).all()


@pytest.mark.parametrize("name", ["non-saturating", "minimax", "least-squares", "probabilities"])
@pytest.mark.parametrize("side", ["real", "fake"])
def test_smoothing_touches_only_the_side_it_names(name, side):
    """D's gradient on the other side is the same to the last bit, G's loss altogether."""
    grads = {}
    for strength in (0.0, 0.1):
        objective = Objective(loss=name, **{f"smooth_{side}": strength})
        real, fake = (s.clone().requires_grad_() for s in (REAL, FAKE))
        labels = targets(objective, real, fake, torch.Generator())
        LOSSES[name].d(real, fake, labels).backward()
        grads[strength] = {"real": real.grad, "fake": fake.grad}
    other = "fake" if side == "real" else "real"
    assert torch.equal(grads[0.0][other], grads[0.1][other])
    # the derivative of all four by the label is minus the score's, and a label moves by .1
    moved = grads[0.1][side] - grads[0.0][side]
    sign = 1 if side == "real" else -1
    torch.testing.assert_close(moved, torch.full_like(moved, sign * 0.1 / 6), rtol=1e-4, atol=1e-6)
